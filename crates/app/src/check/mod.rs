//! Whether what is stored is sound: the file itself, the schema, and what must hold between tables.
//!
//! Nothing is changed or repaired here. All of it looks at one state of the database, so that a server
//! may go on writing meanwhile, and needs little memory however much there is.

mod invariants;
mod records;
mod statements;

use db::{Db, DbError, Migration, Param, Snapshot};
use domain::Timestamp;

use crate::app::Options;
use crate::failure::Failure;
use crate::migrations::migrations;
use crate::tenant::PLATFORM;

/// How many things at fault are named for each check.
const NAMED: usize = 5;

/// What one check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The check's name: `changes-without-gaps`.
    pub name: String,
    /// What must hold, for people.
    pub about: String,
    /// Whether it does.
    pub verdict: Verdict,
}

/// Whether something holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It does.
    Fine,
    /// It does not.
    Wrong {
        /// How many things are at fault.
        count: u64,
        /// The first few of them.
        examples: Vec<String>,
    },
    /// It was not looked at; says why.
    Skipped(String),
}

/// Checks everything, and shows each finding as soon as it is made. An `Err` means that the database
/// could not be read at all.
pub async fn check(db: &Db, options: &Options, mut show: impl FnMut(Finding) + Send) -> Result<(), Failure> {
    let mut snapshot = db.snapshot().await?;
    let damage =
        of_engine(snapshot.damage().await, "PostgreSQL guards its own files; pg_amcheck looks into them")?;
    // Parts that cannot be read would be reported again and again, each time in other words.
    let sound = !matches!(damage, Verdict::Wrong { .. });
    show(finding("integrity", "the database file is sound", damage));
    let references = if sound {
        of_engine(snapshot.broken_references().await, "PostgreSQL watches over references itself")?
    } else {
        Verdict::Skipped(DAMAGED.to_owned())
    };
    show(finding("references", "each reference from row to row leads somewhere", references));
    let all: Vec<Migration> =
        migrations().into_iter().chain(options.more_migrations.iter().copied()).collect();
    let (schema, usable) = schema(&mut snapshot, &all).await?;
    show(finding("schema", "the schema is what this program's migrations make", schema));
    let mut checking = Checking { snapshot, now: options.clock.now(), skip: None };
    if !sound {
        checking.skip = Some(DAMAGED);
    } else if !usable {
        checking.skip = Some("the schema is another one");
    }
    for invariant in statements::all(options.registry) {
        show(checking.statement(&invariant).await?);
    }
    for resource in options.registry.iter() {
        for finding in records::check(&mut checking, resource).await? {
            show(finding);
        }
    }
    Ok(())
}

fn finding(name: impl Into<String>, about: impl Into<String>, verdict: Verdict) -> Finding {
    Finding { name: name.into(), about: about.into(), verdict }
}

const DAMAGED: &str = "the database file is damaged";

/// What an engine says of itself; one that does not is skipped for this reason.
fn of_engine(said: Result<Option<Vec<String>>, DbError>, skipped: &str) -> Result<Verdict, Failure> {
    Ok(match said {
        Ok(Some(found)) if found.is_empty() => Verdict::Fine,
        Ok(Some(found)) => wrong(found),
        Ok(None) => Verdict::Skipped(skipped.to_owned()),
        Err(DbError::Corrupt(text)) => wrong(vec![text]),
        Err(error) => return Err(error.into()),
    })
}

fn wrong(examples: Vec<String>) -> Verdict {
    Verdict::Wrong { count: u64::try_from(examples.len()).unwrap_or(u64::MAX), examples }
}

/// What cannot be read is wrong, unless the whole database is gone.
fn unreadable(error: DbError) -> Result<Verdict, Failure> {
    match error {
        DbError::Unavailable(_) => Err(error.into()),
        error => Ok(wrong(vec![error.to_string()])),
    }
}

/// What is to be said of the schema, and whether the tables are those that this program knows.
async fn schema(snapshot: &mut Snapshot, all: &[Migration]) -> Result<(Verdict, bool), Failure> {
    Ok(match snapshot.schema(all).await {
        Ok(state) if !state.pending.is_empty() => {
            let text = format!(
                "it is at version {}, and {} later migrations are missing: `memberpulse serve` brings it up to date",
                state.version,
                state.pending.len()
            );
            (wrong(vec![text]), false)
        }
        // Something is missing or added, but each statement will say by itself whether it can run.
        Ok(state) => match state.differences {
            Some(differences) if !differences.is_empty() => (wrong(differences), true),
            _ => (Verdict::Fine, true),
        },
        Err(DbError::Migration(text) | DbError::Corrupt(text)) => (wrong(vec![text]), false),
        Err(DbError::Other(_)) => (wrong(vec!["there is no schema of this program".to_owned()]), false),
        Err(error) => return Err(error.into()),
    })
}

/// A check that is under way.
struct Checking {
    snapshot: Snapshot,
    now: Timestamp,
    /// Why the rest cannot be looked at.
    skip: Option<&'static str>,
}

/// Things at fault: all are counted, the first few are kept.
#[derive(Default)]
struct Faults {
    count: u64,
    kept: Vec<Fault>,
}

/// Something at fault, perhaps within a tenant.
struct Fault {
    tenant: Option<i64>,
    text: String,
}

impl Faults {
    fn add(&mut self, tenant: Option<i64>, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.kept.len() < NAMED {
            self.kept.push(Fault { tenant, text: text() });
        }
    }
}

impl Checking {
    /// A moment this many seconds ago.
    fn ago(&self, seconds: i64) -> Param {
        Param::Integer(self.now.plus_seconds(-seconds).as_micros())
    }

    /// What is to be said of the things at fault. Tenants are named as people know them.
    async fn verdict(&mut self, faults: Faults) -> Result<Verdict, Failure> {
        if faults.count == 0 {
            return Ok(Verdict::Fine);
        }
        let mut examples = Vec::new();
        for Fault { tenant, text } in faults.kept {
            examples.push(match tenant {
                Some(tenant) => format!("{}: {text}", self.name_of(tenant).await?),
                None => text,
            });
        }
        Ok(Verdict::Wrong { count: faults.count, examples })
    }

    /// `acme/production`, or the number of a tenant that is not there.
    async fn name_of(&mut self, tenant: i64) -> Result<String, Failure> {
        if tenant == PLATFORM {
            return Ok("the platform".to_owned());
        }
        let read = |row: &db::Row<'_>| Ok(format!("{}/{}", row.text(0)?, row.text(1)?));
        let found = self.snapshot.all(statements::TENANT_NAME, &[Param::Integer(tenant)], read).await?;
        Ok(found.into_iter().next().unwrap_or_else(|| format!("tenant {tenant}")))
    }

    /// The same verdict for what cannot be read as for what is wrong.
    async fn judged(&mut self, read: Result<Faults, DbError>) -> Result<Verdict, Failure> {
        match read {
            Ok(faults) => self.verdict(faults).await,
            Err(error) => unreadable(error),
        }
    }
}
