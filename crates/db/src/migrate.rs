//! Migrations and the rules for applying them: append-only, in order, never changed once applied.
//! Decides what is to be done; the engines do it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::row::Row;
use crate::sql::expand_tokens;
use crate::{DbError, Engine};

/// One step of the schema. Once released it must never change.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place in the order; unique.
    pub version: u32,
    /// The file's name without its ending. One that takes something away which an older program uses has the word
    /// `contract` in it; every other only adds, so that older programs go on with it.
    pub name: &'static str,
    /// Its statements.
    pub sql: MigrationSql,
}

/// The statements of a migration, with portable column types: `{int}`, `{text}`, `{uuid}`,
/// `{bytes}`, `{bool}`, behind `CREATE TABLE (…)` `{strict}` or `{clustered}` (stored in the order of
/// the primary key), and `{nulls_first}` behind a column of an index that gives an order with nulls first.
#[derive(Debug, Clone, Copy)]
pub enum MigrationSql {
    /// The same text on both engines.
    Both(&'static str),
    /// A text for each engine, where the portable one does not reach.
    Split {
        /// For SQLite.
        sqlite: &'static str,
        /// For PostgreSQL.
        postgres: &'static str,
    },
}

/// What [`crate::Db::migrate`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// The versions applied by this call.
    pub applied: Vec<u32>,
    /// The version of the schema now; 0 when it is empty.
    pub version: u32,
    /// Whether a newer program has added to the schema, which this program goes on with.
    pub ahead: bool,
}

/// The runner's own table. The time is the database's: it is only for people to read.
pub(crate) const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version {int} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    checksum {text} NOT NULL,
    applied_at {int} NOT NULL
) {strict}";
pub(crate) const SELECT: &str = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
pub(crate) const INSERT_SQLITE: &str = "INSERT INTO schema_migrations \
    (version, name, checksum, applied_at) \
    VALUES (?, ?, ?, CAST(unixepoch('subsec') * 1000000 AS INTEGER))";
pub(crate) const INSERT_POSTGRES: &str = "INSERT INTO schema_migrations \
    (version, name, checksum, applied_at) \
    VALUES (?, ?, ?, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT))";

/// A migration in the engine's words.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    /// SHA-256 of the text as written, so that `sha256sum` of the file gives the same.
    pub(crate) checksum: String,
    pub(crate) sql: String,
}

impl Prepared {
    pub(crate) fn failed(&self, error: &DbError) -> DbError {
        let text = format!("migration {} ({}) failed: {error}", self.version, self.name);
        match error {
            DbError::Unavailable(_) => DbError::Unavailable(text),
            _ => DbError::Migration(text),
        }
    }
}

/// A migration as the database remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) checksum: String,
}

impl Applied {
    /// Whether it took something away. Read from the name, which is all that an older program knows of it.
    fn contracts(&self) -> bool {
        self.name.split('_').any(|word| word == "contract")
    }

    pub(crate) fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            version: u32::try_from(row.integer(0)?)
                .map_err(|_| DbError::Corrupt("a migration has no valid version".to_owned()))?,
            name: row.text(1)?.to_owned(),
            checksum: row.text(2)?.to_owned(),
        })
    }
}

/// Puts the migrations into the engine's words.
pub(crate) fn prepare(migrations: &[Migration], engine: Engine) -> Result<Vec<Prepared>, DbError> {
    let mut prepared: Vec<Prepared> = Vec::with_capacity(migrations.len());
    for migration in migrations {
        let last = prepared.last().map_or(0, |last| last.version);
        if migration.version <= last {
            return Err(DbError::Migration(format!(
                "migration {} ({}) stands behind {last}: versions start at 1 and must rise",
                migration.version, migration.name
            )));
        }
        let text = match (migration.sql, engine) {
            (MigrationSql::Both(text), _)
            | (MigrationSql::Split { sqlite: text, .. }, Engine::Sqlite)
            | (MigrationSql::Split { postgres: text, .. }, Engine::Postgres) => text,
        };
        prepared.push(Prepared {
            version: migration.version,
            name: migration.name,
            checksum: checksum(text),
            sql: expand_tokens(text, engine)?,
        });
    }
    Ok(prepared)
}

fn checksum(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing into a String does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Whether newer programs have applied migrations that this one does not know.
pub(crate) fn is_ahead(migrations: &[Prepared], applied: &[Applied]) -> bool {
    let newest = migrations.last().map_or(0, |last| last.version);
    applied.last().is_some_and(|last| last.version > newest)
}

/// What is left to apply, or why this program must not touch the database: also when its schema is newer at all.
pub(crate) fn pending_here<'m>(
    migrations: &'m [Prepared],
    applied: &[Applied],
) -> Result<&'m [Prepared], DbError> {
    match applied.last() {
        Some(last) if is_ahead(migrations, applied) => Err(too_new(migrations, last)),
        _ => pending(migrations, applied),
    }
}

fn too_new(migrations: &[Prepared], applied: &Applied) -> DbError {
    DbError::Migration(format!(
        "it is at version {} ({}), this program knows versions up to {}: run the newer program that \
         upgraded it, or restore a backup from before the upgrade",
        applied.version,
        applied.name,
        migrations.last().map_or(0, |last| last.version)
    ))
}

/// What is left to apply, or why this program must not touch the database. A newer program may have added to its schema.
pub(crate) fn pending<'m>(
    migrations: &'m [Prepared],
    applied: &[Applied],
) -> Result<&'m [Prepared], DbError> {
    let newest = migrations.last().map_or(0, |last| last.version);
    let took_away = |applied: &&Applied| applied.version > newest && applied.contracts();
    if let Some(contract) = applied.iter().find(took_away) {
        return Err(too_new(migrations, contract));
    }
    for (index, applied) in applied.iter().enumerate() {
        let Some(known) = migrations.get(index) else {
            break;
        };
        if known.version != applied.version {
            return Err(DbError::Migration(format!(
                "version {} ({}) is applied where this program has version {} ({}): migrations \
                 are only ever added at the end",
                applied.version, applied.name, known.version, known.name
            )));
        }
        if known.checksum != applied.checksum {
            return Err(DbError::Migration(format!(
                "version {} ({}) was applied with another text than this program has: an applied \
                 migration must not be changed; use the program's original release, or add a new \
                 migration",
                applied.version, applied.name
            )));
        }
    }
    Ok(migrations.get(applied.len()..).unwrap_or_default())
}

/// The versions after this one.
pub(crate) fn pending_versions(migrations: &[Prepared], version: u32) -> Vec<u32> {
    migrations.iter().map(|migration| migration.version).filter(|&other| other > version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration =
        Migration { version: 1, name: "first", sql: MigrationSql::Both("CREATE TABLE a (id {int})") };
    const THIRD: Migration = Migration {
        version: 3,
        name: "third",
        sql: MigrationSql::Split { sqlite: "SELECT 1", postgres: "SELECT 2" },
    };

    fn remember(prepared: &[Prepared]) -> Vec<Applied> {
        let remember = |migration: &Prepared| Applied {
            version: migration.version,
            name: migration.name.to_owned(),
            checksum: migration.checksum.clone(),
        };
        prepared.iter().map(remember).collect()
    }

    #[test]
    fn the_checksum_is_that_of_the_file() {
        // printf abc | sha256sum
        assert_eq!(checksum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn versions_must_rise() {
        assert!(prepare(&[FIRST, THIRD], Engine::Sqlite).is_ok());
        for wrong in [[THIRD, FIRST], [FIRST, FIRST]] {
            let error = prepare(&wrong, Engine::Sqlite).unwrap_err();
            assert!(error.to_string().contains("must rise"), "{error}");
        }
    }

    #[test]
    fn each_engine_gets_its_text() {
        let sqlite = prepare(&[FIRST, THIRD], Engine::Sqlite).unwrap();
        let postgres = prepare(&[FIRST, THIRD], Engine::Postgres).unwrap();
        assert_eq!(sqlite[0].sql, "CREATE TABLE a (id INTEGER)");
        assert_eq!(postgres[0].sql, "CREATE TABLE a (id BIGINT)");
        assert_eq!(sqlite[0].checksum, postgres[0].checksum);
        assert_eq!(postgres[1].sql, "SELECT 2");
    }

    #[test]
    fn what_is_not_applied_is_pending_in_order() {
        let all = prepare(&[FIRST, THIRD], Engine::Sqlite).unwrap();
        assert_eq!(pending(&all, &[]).unwrap().len(), 2);
        let left = pending(&all, &remember(&all[..1])).unwrap();
        assert_eq!(left.iter().map(|m| m.version).collect::<Vec<_>>(), [3]);
        assert!(pending(&all, &remember(&all)).unwrap().is_empty());
    }

    #[test]
    fn a_changed_newer_or_foreign_history_is_refused() {
        let all = prepare(&[FIRST, THIRD], Engine::Sqlite).unwrap();
        let history = remember(&all);

        let mut changed = history.clone();
        changed[0].checksum = checksum("other");
        let error = pending(&all, &changed).unwrap_err().to_string();
        assert!(error.contains("must not be changed"), "{error}");

        let error = pending_here(&all[..1], &history).unwrap_err().to_string();
        assert!(error.contains("knows versions up to 1"), "{error}");
        assert!(pending(&all[..1], &history).unwrap().is_empty());
        assert!(is_ahead(&all[..1], &history) && !is_ahead(&all, &history));

        // Something that this program uses may be gone.
        let mut contract = history.clone();
        contract[1].name = "0003_contract_titles".to_owned();
        let error = pending(&all[..1], &contract).unwrap_err().to_string();
        assert!(error.contains("version 3 (0003_contract_titles)"), "{error}");
        assert!(error.contains("knows versions up to 1"), "{error}");

        // A migration slipped in before one that is applied already.
        let error = pending(&all, &history[1..]).unwrap_err().to_string();
        assert!(error.contains("only ever added at the end"), "{error}");
    }
}
