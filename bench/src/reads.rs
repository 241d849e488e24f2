//! The reads that are measured: for each, many different requests to the product and the same questions
//! to the reference, the organisations in turn.

use std::path::Path;

use form_urlencoded::byte_serialize;
use jiff::ToSpan as _;
use jiff::civil::date;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::client::Client;
use crate::load::Request;
use crate::seed::{DATABASE, Seeded};
use crate::settings::Outcome;

/// One row of the table of reads.
pub(crate) struct Read {
    /// What is asked for.
    pub(crate) name: &'static str,
    /// The ratio to the reference that must be reached; none for rows that are only told.
    pub(crate) target: Option<f64>,
    pub(crate) pairs: Vec<Pair>,
}

/// The same question to both servers.
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) product: String,
    pub(crate) reference: String,
}

/// Different members asked for in each organisation.
const SAMPLES: i64 = 400;
/// A step through the members that visits them in no order that an index has.
const STRIDE: i64 = 7_919;

/// An organisation with some of its members.
pub(crate) struct Sample {
    pub(crate) key: String,
    /// The number of its production tenant.
    pub(crate) tenant: i64,
    /// Ids and e-mail addresses.
    pub(crate) members: Vec<(Uuid, String)>,
}

impl Sample {
    fn pair(&self, product: &str, reference: &str) -> Pair {
        let reference = format!("/{}/{reference}", self.tenant);
        Pair { key: self.key.clone(), product: format!("/api/members{product}"), reference }
    }
}

/// All rows.
pub(crate) fn all(data: &Path, seeded: &Seeded) -> Outcome<Vec<Read>> {
    let samples = samples(data, seeded, SAMPLES)?;
    let each = |count: i64, pair: &dyn Fn(&Sample, i64) -> Pair| {
        (0..count)
            .flat_map(|number| samples.iter().map(move |sample| pair(sample, number)))
            .collect::<Vec<_>>()
    };
    let member = |sample: &Sample, number: i64| {
        sample.members[usize::try_from(number).unwrap_or(0) % sample.members.len()].clone()
    };
    let email =
        |sample: &Sample, number| byte_serialize(member(sample, number).1.as_bytes()).collect::<String>();
    let days = |number: i64| {
        let first = date(2023, 1, 1).saturating_add((number * 17 % 690).days());
        (first, first.saturating_add(30.days()))
    };
    Ok(vec![
        Read {
            name: "GET one member",
            target: Some(0.7),
            pairs: each(SAMPLES, &|it, number| {
                let id = member(it, number).0;
                it.pair(&format!("/{id}"), &format!("members/{id}"))
            }),
        },
        Read {
            name: "filter by e-mail, `count=false`",
            target: Some(0.7),
            pairs: each(SAMPLES, &|it, number| {
                let email = email(it, number);
                it.pair(&format!("?email={email}&count=false"), &format!("by-email?email={email}"))
            }),
        },
        Read {
            name: "list of 25, newest first, `count=false`",
            target: Some(0.7),
            pairs: each(8, &|it, number| {
                let page = number + 1;
                it.pair(&format!("?itemsPerPage=25&page={page}&count=false"), &format!("newest?page={page}"))
            }),
        },
        Read {
            name: "date range with sort, `count=false`",
            target: Some(0.7),
            pairs: each(40, &|it, number| {
                let (first, last) = days(number);
                it.pair(
                    &format!(
                        "?createdAt%5Bafter%5D={first}&createdAt%5Bbefore%5D={last}&order%5BcreatedAt%5D=asc\
                         &itemsPerPage=25&count=false"
                    ),
                    &format!("created?after={first}&before={last}"),
                )
            }),
        },
        Read {
            name: "date range sorted by another field (`joinedAt`, by `lastName`), `count=false`",
            target: None,
            pairs: each(40, &|it, number| {
                let first = date(i16::try_from(2004 + number % 16).unwrap_or(2004), 7, 1);
                let last = first.saturating_add(2.years());
                it.pair(
                    &format!(
                        "?joinedAt%5Bafter%5D={first}&joinedAt%5Bbefore%5D={last}&order%5BlastName%5D=asc\
                         &itemsPerPage=25&count=false"
                    ),
                    &format!("joined?after={first}&before={last}"),
                )
            }),
        },
        Read {
            name: "filter by e-mail with its total (the default answer)",
            target: None,
            pairs: each(SAMPLES, &|it, number| {
                let email = email(it, number);
                it.pair(&format!("?email={email}"), &format!("by-email?email={email}&counted"))
            }),
        },
        Read {
            name: "list of 25 by status with its total (the default answer)",
            target: Some(4.0),
            pairs: each(4, &|it, number| {
                let page = number + 1;
                it.pair(
                    &format!("?status=active&itemsPerPage=25&page={page}"),
                    &format!("by-status?status=active&page={page}&counted"),
                )
            }),
        },
        Read {
            name: "page 300 of 25 with total",
            target: Some(3.0),
            pairs: each(5, &|it, number| {
                let page = 298 + number;
                it.pair(&format!("?itemsPerPage=25&page={page}"), &format!("newest?page={page}&counted"))
            }),
        },
    ])
}

/// Some members of each organisation.
pub(crate) fn samples(data: &Path, seeded: &Seeded, wanted: i64) -> Outcome<Vec<Sample>> {
    let connection = Connection::open_with_flags(data.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut count = connection.prepare("SELECT MAX(member_number) FROM members WHERE tenant = ?")?;
    let mut find =
        connection.prepare("SELECT id, email FROM members WHERE tenant = ? AND member_number = ?")?;
    let mut samples = Vec::new();
    for organisation in &seeded.organisations {
        let most: i64 = count.query_row([organisation.tenant], |row| row.get(0))?;
        let mut members = Vec::new();
        for number in 0..wanted {
            let parameters = (organisation.tenant, number * STRIDE % most + 1);
            let member = find.query_row(parameters, |row| {
                Ok((Uuid::from_slice(row.get_ref(0)?.as_blob()?).unwrap_or_default(), row.get(1)?))
            })?;
            members.push(member);
        }
        samples.push(Sample { key: organisation.key.clone(), tenant: organisation.tenant, members });
    }
    Ok(samples)
}

impl Read {
    /// Checks that both servers give the same bytes to every question, and makes the loads of both.
    pub(crate) fn compare(
        &self,
        product: &mut Client,
        reference: &mut Client,
    ) -> Outcome<(Vec<Request>, Vec<Request>)> {
        let mut loads = (Vec::new(), Vec::new());
        for pair in &self.pairs {
            let ours = product.body(&pair.product, Some(&pair.key))?;
            let theirs = reference.body(&pair.reference, None)?;
            if ours != theirs {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return Err(format!(
                    "{} and {} give different answers:\n{}\n{}",
                    pair.product,
                    pair.reference,
                    text(&ours),
                    text(&theirs)
                )
                .into());
            }
            loads.0.push(get(&pair.product, Some(&pair.key), ours.len()));
            loads.1.push(get(&pair.reference, None, ours.len()));
        }
        Ok(loads)
    }
}

/// A GET of a load.
pub(crate) fn get(path: &str, key: Option<&str>, length: usize) -> Request {
    Request { method: "GET", path: path.to_owned(), key: key.map(str::to_owned), body: String::new(), length }
}
