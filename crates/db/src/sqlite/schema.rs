//! The tables and indexes of a database file, as SQLite keeps their text.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::error::from_sqlite;
use crate::DbError;
use crate::migrate::{CREATE_TABLE, Prepared};

/// Kind and name of each table and index, with its text.
pub(crate) type Objects = BTreeMap<String, String>;

/// What is in a database; without what SQLite makes for itself.
pub(crate) fn objects(connection: &Connection) -> Result<Objects, DbError> {
    connection
        .prepare("SELECT type || ' ' || name, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'")
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(from_sqlite)
}

/// What migrations make of an empty database.
pub(crate) fn made_by(migrations: &[Prepared]) -> Result<Objects, DbError> {
    let connection = Connection::open_in_memory().map_err(from_sqlite)?;
    let own = crate::sql::expand_tokens(CREATE_TABLE, crate::Engine::Sqlite)?;
    connection.execute_batch(&own).map_err(from_sqlite)?;
    for migration in migrations {
        connection.execute_batch(&migration.sql).map_err(|error| migration.failed(&from_sqlite(error)))?;
    }
    objects(&connection)
}
