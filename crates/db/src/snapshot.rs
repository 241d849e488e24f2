//! Many reads of one state of the database, while others go on writing. For long work that compares
//! tables with each other; what the tables hold is not known here.

use std::sync::Arc;

use rusqlite::Connection;

use crate::migrate::{Applied, Prepared, SELECT, pending_here, prepare};
use crate::postgres::PostgresSnapshot;
use crate::row::{Row, until_refused};
use crate::sqlite::{self, Sqlite};
use crate::value::Param;
use crate::{DbError, Engine, Migration};

/// The database as it was when this was made. Keep it no longer than needed: it holds back the
/// clearing away of old versions of rows.
pub struct Snapshot(Inner);

enum Inner {
    Sqlite(Connection),
    Postgres(PostgresSnapshot),
}

/// How the schema in the database stands to the program's migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// The version of the schema; 0 when it is empty.
    pub version: u32,
    /// The versions that are not applied yet.
    pub pending: Vec<u32>,
    /// Tables and indexes that differ from what the migrations make, in words. `None` where that
    /// cannot be told (PostgreSQL keeps no text of them).
    pub differences: Option<Vec<String>>,
}

impl Snapshot {
    pub(crate) async fn sqlite(sqlite: &Sqlite) -> Result<Self, DbError> {
        Ok(Self(Inner::Sqlite(sqlite.snapshot().await?)))
    }

    pub(crate) async fn postgres(postgres: Arc<crate::postgres::Postgres>) -> Result<Self, DbError> {
        Ok(Self(Inner::Postgres(PostgresSnapshot::begin(postgres).await?)))
    }

    fn engine(&self) -> Engine {
        match &self.0 {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Reads; calls `each` for every row, without collecting them. An error of `each` ends it.
    pub async fn each(
        &mut self,
        sql: &str,
        params: &[Param],
        each: impl FnMut(&Row<'_>) -> Result<(), DbError> + Send,
    ) -> Result<(), DbError> {
        let mut refused = Ok(());
        let mut row = until_refused(each, &mut refused);
        let read = match &mut self.0 {
            Inner::Sqlite(connection) => {
                sqlite::long(|| sqlite::statement::rows(connection, sql, params, &mut row))
            }
            Inner::Postgres(snapshot) => snapshot.rows(sql, params, &mut row).await,
        };
        drop(row);
        read.and(refused)
    }

    /// Reads all rows, mapped.
    pub async fn all<T: Send>(
        &mut self,
        sql: &str,
        params: &[Param],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Vec<T>, DbError> {
        let mut all = Vec::new();
        self.each(sql, params, |row| {
            all.push(map(row)?);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// What is wrong with the file, in the engine's words: the first few things. `None` where the
    /// engine cannot tell (PostgreSQL).
    pub async fn damage(&mut self) -> Result<Option<Vec<String>>, DbError> {
        if self.engine() == Engine::Postgres {
            return Ok(None);
        }
        let mut found =
            self.all("PRAGMA integrity_check(10)", &[], |row| row.text(0).map(str::to_owned)).await?;
        found.retain(|line| line != "ok");
        Ok(Some(found))
    }

    /// The first few rows that refer to others which are not there. `None` where the engine watches
    /// over that itself (PostgreSQL).
    pub async fn broken_references(&mut self) -> Result<Option<Vec<String>>, DbError> {
        if self.engine() == Engine::Postgres {
            return Ok(None);
        }
        let words = |row: &Row<'_>| {
            Ok(format!("a row of {} refers to a row of {} that is not there", row.text(0)?, row.text(1)?))
        };
        let sql = "SELECT \"table\", \"parent\" FROM pragma_foreign_key_check() LIMIT 10";
        self.all(sql, &[], words).await.map(Some)
    }

    /// Compares the schema with the program's migrations. [`DbError::Migration`] when its history is
    /// another one or newer.
    pub async fn schema(&mut self, migrations: &[Migration]) -> Result<SchemaState, DbError> {
        let prepared = prepare(migrations, self.engine())?;
        let applied = self.all(SELECT, &[], Applied::read).await?;
        let left: Vec<u32> =
            pending_here(&prepared, &applied)?.iter().map(|migration| migration.version).collect();
        let version = applied.last().map_or(0, |last| last.version);
        let differences = match &self.0 {
            Inner::Sqlite(connection) if left.is_empty() => Some(differences(connection, &prepared)?),
            _ => None,
        };
        Ok(SchemaState { version, pending: left, differences })
    }
}

/// What of the schema is not as the migrations make it.
fn differences(connection: &Connection, migrations: &[Prepared]) -> Result<Vec<String>, DbError> {
    let wanted = sqlite::schema::made_by(migrations)?;
    let found = sqlite::schema::objects(connection)?;
    let mut words = Vec::new();
    for (name, sql) in &wanted {
        match found.get(name) {
            None => words.push(format!("{name} is missing")),
            Some(other) if other != sql => words.push(format!("{name} is not as the migrations make it")),
            Some(_) => {}
        }
    }
    words.extend(
        found.keys().filter(|name| !wanted.contains_key(*name)).map(|name| format!("{name} is foreign")),
    );
    Ok(words)
}
