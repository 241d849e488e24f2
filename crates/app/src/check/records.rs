//! What can only be told by looking at each record: its values, the twins for comparison, its terms.
//!
//! Terms and records are compared without holding either: each pair of record and term has a hash,
//! which the records add to and the terms take from one of many sums, chosen by the record. Sums that
//! are not zero in the end tell which records to look at more closely.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use db::{DbError, Row};
use domain::definition::{Kind, Resource};
use domain::text::fold;
use domain::{Record, Value};
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::{Checking, Faults, Finding, Verdict, finding};
use crate::failure::Failure;
use crate::store::{Schema, read_record, terms_of};

/// How many sums there are: half a MiB of them.
const SUMS: usize = 1 << 16;

/// How many of the sums that are not zero are looked into, and how many records at most.
const SUMS_LOOKED_INTO: usize = 4;
const RECORDS_LOOKED_INTO: usize = 10_000;

/// Checks every record of a resource, of all tenants.
pub(super) async fn check(
    checking: &mut Checking,
    resource: &'static Resource,
) -> Result<Vec<Finding>, Failure> {
    let (label, many) = (resource.segment(), resource.plural_noun());
    let about = [
        (format!("{label}-values"), format!("the values of the {many} can be read")),
        (
            format!("{label}-folded"),
            format!("what the {many} are compared by without regard to case fits their values"),
        ),
        (
            format!("{label}-terms"),
            format!("the {many} are found by the words and values that they have, and no others"),
        ),
    ];
    let verdicts = if let Some(why) = checking.skip {
        [(); 3].map(|()| Verdict::Skipped(why.to_owned()))
    } else {
        let mut pass = Pass::new(resource);
        match pass.run(checking).await {
            Ok(terms) => [
                checking.verdict(pass.values).await?,
                checking.verdict(pass.folded).await?,
                checking.verdict(terms).await?,
            ],
            Err(error) => {
                let verdict = super::unreadable(error)?;
                [verdict.clone(), verdict.clone(), verdict]
            }
        }
    };
    Ok(about
        .into_iter()
        .zip(verdicts)
        .map(|((name, about), verdict)| finding(name, about, verdict))
        .collect())
}

/// A look at all records of a resource.
struct Pass {
    resource: &'static Resource,
    /// Where the row has the twin of a field.
    twins: Vec<(usize, usize)>,
    tenant_column: usize,
    select: String,
    select_terms: String,
    values: Faults,
    folded: Faults,
    sums: Vec<u64>,
}

impl Pass {
    fn new(resource: &'static Resource) -> Self {
        let schema = Schema::new(resource);
        let tenant_column = resource.fields.len();
        let mut twins = Vec::new();
        let mut columns = format!("{}, tenant", schema.select_list);
        for position in 0..resource.fields.len() {
            if let Some(folded) = &schema.column(position).folded {
                twins.push((position, tenant_column + 1 + twins.len()));
                columns.push_str(&format!(", {folded}"));
            }
        }
        Self {
            resource,
            twins,
            tenant_column,
            select: format!("SELECT {columns} FROM {}", schema.table),
            select_terms: format!("SELECT tenant, term, id FROM {}", Schema::terms_table(resource)),
            values: Faults::default(),
            folded: Faults::default(),
            sums: vec![0; SUMS],
        }
    }

    /// Looks at everything; answers which records have other terms than they should.
    async fn run(&mut self, checking: &mut Checking) -> Result<Faults, DbError> {
        let select = self.select.clone();
        checking.snapshot.each(&select, &[], |row| self.look(row)).await?;
        let sums = &mut self.sums;
        let take = |row: &Row<'_>| {
            let id = row.uuid(2)?;
            let sum = &mut sums[place(id)];
            *sum = sum.wrapping_sub(hash(row.integer(0)?, id, row.text(1)?));
            Ok(())
        };
        checking.snapshot.each(&self.select_terms, &[], take).await?;
        let wrong: Vec<usize> = (0..SUMS).filter(|&sum| self.sums[sum] != 0).collect();
        if wrong.is_empty() {
            return Ok(Faults::default());
        }
        let looked_into: BTreeSet<usize> = wrong.iter().copied().take(SUMS_LOOKED_INTO).collect();
        let mut faults = self.look_closer(checking, &looked_into).await?;
        // Each of the other sums stands for at least one record.
        faults.count += u64::try_from(wrong.len() - looked_into.len()).unwrap_or(0);
        Ok(faults)
    }

    /// Looks at one record.
    fn look(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        let tenant = row.integer(self.tenant_column)?;
        let id = row.uuid(0)?;
        let record = match read_record(self.resource, row) {
            Ok(record) => record,
            Err(error) => {
                self.values.add(Some(tenant), || format!("id {}: {error}", id.hyphenated()));
                return Ok(());
            }
        };
        let unreadable =
            self.resource.fields.iter().zip(record.values()).find(|(field, value)| !fits(field.kind, value));
        if let Some((field, _)) = unreadable {
            self.values.add(Some(tenant), || format!("id {}: {}", id.hyphenated(), field.name));
        }
        for &(position, column) in &self.twins {
            let wanted = record.at(position).as_text().map(fold);
            if row.optional_text(column)? != wanted.as_deref() {
                let name = self.resource.fields.get(position).map_or("", |field| field.name);
                self.folded.add(Some(tenant), || format!("id {}: {name}", id.hyphenated()));
            }
        }
        let sum = &mut self.sums[place(id)];
        for term in terms_of(self.resource, &record) {
            *sum = sum.wrapping_add(hash(tenant, id, &term));
        }
        Ok(())
    }

    /// Compares the terms of the records behind some sums one by one.
    async fn look_closer(&self, checking: &mut Checking, sums: &BTreeSet<usize>) -> Result<Faults, DbError> {
        let mut wanted: BTreeMap<(i64, Uuid), BTreeSet<String>> = BTreeMap::new();
        let mut found = wanted.clone();
        let each = |row: &Row<'_>| {
            let id = row.uuid(0)?;
            if sums.contains(&place(id)) && wanted.len() < RECORDS_LOOKED_INTO {
                let record: Record = read_record(self.resource, row)?;
                wanted.insert((row.integer(self.tenant_column)?, id), terms_of(self.resource, &record));
            }
            Ok(())
        };
        checking.snapshot.each(&self.select, &[], each).await?;
        let each = |row: &Row<'_>| {
            let id = row.uuid(2)?;
            if sums.contains(&place(id)) && found.len() < RECORDS_LOOKED_INTO {
                found.entry((row.integer(0)?, id)).or_default().insert(row.text(1)?.to_owned());
            }
            Ok(())
        };
        checking.snapshot.each(&self.select_terms, &[], each).await?;
        let mut faults = Faults::default();
        let keys: BTreeSet<&(i64, Uuid)> = wanted.keys().chain(found.keys()).collect();
        let none = BTreeSet::new();
        for key @ (tenant, id) in keys {
            let (wanted, found) = (wanted.get(key).unwrap_or(&none), found.get(key).unwrap_or(&none));
            if wanted != found {
                let missing = wanted.difference(found).count();
                let foreign = found.difference(wanted).count();
                faults.add(Some(*tenant), || {
                    format!("id {}: {missing} terms missing, {foreign} too many", id.hyphenated())
                });
            }
        }
        Ok(faults)
    }
}

/// Whether a stored value is one of its kind, as far as the column's type does not say.
fn fits(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::Choice(words), Value::Text(word)) => words.contains(&word.as_str()),
        (kind, Value::Json(text)) if kind.is_json() => serde_json::from_str::<IgnoredAny>(text).is_ok(),
        _ => true,
    }
}

/// The sum that a record belongs to: ids end in random bits.
fn place(id: Uuid) -> usize {
    let bytes = id.as_bytes();
    usize::from(u16::from_be_bytes([bytes[14], bytes[15]]))
}

fn hash(tenant: i64, id: Uuid, term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (tenant, id, term).hash(&mut hasher);
    hasher.finish()
}
