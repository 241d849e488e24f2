//! Applies migrations to the database file: each in one transaction that holds the write lock, so
//! that two processes never apply the same one.

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::error::from_sqlite;
use super::open;
use crate::migrate::{Applied, CREATE_TABLE, INSERT_SQLITE, Prepared, SELECT, is_ahead, pending};
use crate::{DbError, MigrationReport, SqliteOptions};

/// How long to wait for another process that migrates, or writes.
const WAIT: Duration = Duration::from_mins(1);

pub(super) fn run(options: &SqliteOptions, migrations: &[Prepared]) -> Result<MigrationReport, DbError> {
    let mut connection = open::writing(options)?;
    connection.busy_timeout(WAIT).map_err(from_sqlite)?;
    // A table is rebuilt by dropping it, which must not touch the rows that refer to it; all
    // references are checked before each commit instead.
    connection.execute_batch("PRAGMA foreign_keys = OFF").map_err(from_sqlite)?;
    let mut report = MigrationReport::default();
    loop {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)?;
        tx.execute_batch(&crate::sql::expand_tokens(CREATE_TABLE, crate::Engine::Sqlite)?)
            .map_err(from_sqlite)?;
        // Read again in each transaction: another process may have been quicker.
        let applied = applied(&tx)?;
        let Some(next) = pending(migrations, &applied)?.first() else {
            report.version = applied.last().map_or(0, |last| last.version);
            report.ahead = is_ahead(migrations, &applied);
            return Ok(report);
        };
        apply(&tx, next)?;
        tx.commit().map_err(|error| next.failed(&from_sqlite(error)))?;
        report.applied.push(next.version);
    }
}

fn apply(connection: &Connection, migration: &Prepared) -> Result<(), DbError> {
    let failed = |error| migration.failed(&from_sqlite(error));
    connection.execute_batch(&migration.sql).map_err(failed)?;
    if connection.is_autocommit() {
        return Err(migration.failed(&DbError::Other("it ends its own transaction".to_owned())));
    }
    let broken = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut check| check.exists([]))
        .map_err(failed)?;
    if broken {
        return Err(migration
            .failed(&DbError::Constraint("it leaves references to rows that do not exist".to_owned())));
    }
    connection
        .execute(INSERT_SQLITE, (migration.version, migration.name, &migration.checksum))
        .map_err(failed)?;
    Ok(())
}

fn applied(connection: &Connection) -> Result<Vec<Applied>, DbError> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? })
    };
    connection
        .prepare(SELECT)
        .and_then(|mut statement| statement.query_map([], read)?.collect())
        .map_err(from_sqlite)
}
