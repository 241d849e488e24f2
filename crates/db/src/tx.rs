//! A transaction on either engine, as a write job sees it. Keeps both engines to the stricter
//! rule: after a failed statement nothing more runs, and nothing is committed.

use std::ops::ControlFlow;

use futures_util::future::BoxFuture;

use crate::row::{Row, until_refused};
use crate::value::Param;
use crate::{DbError, postgres, sqlite};

/// An open transaction. It is committed when the job that got it returns `Ok`.
pub struct Tx<'a> {
    engine: TxEngine<'a>,
    /// The statement failure after which PostgreSQL would refuse everything but a rollback.
    /// SQLite would go on; then code tested on one engine would fail on the other.
    failed: Option<DbError>,
    depth: u32,
}

pub(crate) enum TxEngine<'a> {
    Sqlite(&'a mut rusqlite::Connection),
    Postgres(postgres::Session<'a>),
}

impl<'a> Tx<'a> {
    pub(crate) fn new(engine: TxEngine<'a>) -> Self {
        Self { engine, failed: None, depth: 0 }
    }

    /// The engine, and the failure that makes a commit impossible whatever the job itself
    /// returned. PostgreSQL answers such a COMMIT with a silent rollback.
    pub(crate) fn into_parts(self) -> (TxEngine<'a>, Option<DbError>) {
        (self.engine, self.failed)
    }

    /// Runs a statement that returns no rows; answers how many rows it changed.
    pub async fn execute(&mut self, sql: &str, params: &[Param]) -> Result<u64, DbError> {
        self.begin()?;
        let result = match &mut self.engine {
            TxEngine::Sqlite(connection) => sqlite::statement::execute(connection, sql, params),
            TxEngine::Postgres(session) => session.execute(sql, params).await,
        };
        self.note(result)
    }

    /// Runs one statement once per row of parameters; answers how many rows were changed in all.
    /// The first failure ends it and fails the transaction.
    pub async fn batch(&mut self, sql: &str, rows: &[Vec<Param>]) -> Result<u64, DbError> {
        self.begin()?;
        let result = match &mut self.engine {
            TxEngine::Sqlite(connection) => sqlite::statement::batch(connection, sql, rows),
            TxEngine::Postgres(session) => session.batch(sql, rows).await,
        };
        self.note(result)
    }

    /// Calls `each` for every row. For `INSERT … RETURNING` and the like too. An error of `each`
    /// ends the reading but does not fail the transaction.
    pub async fn each(
        &mut self,
        sql: &str,
        params: &[Param],
        each: impl FnMut(&Row<'_>) -> Result<(), DbError> + Send,
    ) -> Result<(), DbError> {
        let mut refused = Ok(());
        self.rows(sql, params, &mut until_refused(each, &mut refused)).await?;
        refused
    }

    /// All rows, mapped.
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

    /// The first row, mapped, or `None`. A changing statement takes effect in full all the same.
    pub async fn optional<T: Send>(
        &mut self,
        sql: &str,
        params: &[Param],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Option<T>, DbError> {
        let mut first = None;
        // Not stopped at the first row: SQLite makes the changes of a RETURNING statement before
        // its first row, but promises completion only when it has run to the end.
        self.each(sql, params, |row| {
            if first.is_none() {
                first = Some(map(row)?);
            }
            Ok(())
        })
        .await?;
        Ok(first)
    }

    /// Runs a part of the job that may fail without giving up the rest: an `Err` undoes what the
    /// part did, and the transaction goes on. A failure that ends the whole transaction (the store
    /// gone, a collision) cannot be caught this way.
    pub async fn attempt<T, E, F>(&mut self, part: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, E>>,
        E: From<DbError>,
    {
        self.depth += 1;
        let name = format!("part_{}", self.depth);
        self.control(&format!("SAVEPOINT {name}")).await?;
        let result = part(self).await;
        let outcome = self.end_attempt(&name, result).await;
        self.depth -= 1;
        outcome
    }

    async fn end_attempt<T, E>(&mut self, name: &str, result: Result<T, E>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        if self.failed.as_ref().is_some_and(DbError::ends_transaction) {
            return match (result, &self.failed) {
                (Ok(_), Some(error)) => Err(E::from(error.clone())),
                (result, _) => result,
            };
        }
        let result = match (result, self.failed.take()) {
            (Ok(_), Some(error)) => Err(E::from(error)),
            (result, _) => result,
        };
        if result.is_err() {
            self.control(&format!("ROLLBACK TO SAVEPOINT {name}")).await?;
        }
        self.control(&format!("RELEASE SAVEPOINT {name}")).await?;
        result
    }

    async fn control(&mut self, sql: &str) -> Result<(), DbError> {
        self.begin()?;
        let result = match &mut self.engine {
            TxEngine::Sqlite(connection) => sqlite::statement::execute(connection, sql, &[]).map(|_| ()),
            TxEngine::Postgres(session) => session.control(sql).await,
        };
        self.note(result)
    }

    async fn rows(
        &mut self,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), DbError> {
        self.begin()?;
        let result = match &mut self.engine {
            TxEngine::Sqlite(connection) => sqlite::statement::rows(connection, sql, params, each),
            TxEngine::Postgres(session) => session.rows(sql, params, each).await.map(|_| ()),
        };
        self.note(result)
    }

    /// Whether a statement may run. Until `note` has seen its end it counts as failed: its future
    /// may be dropped half-way, and then nobody knows what it did.
    fn begin(&mut self) -> Result<(), DbError> {
        match &self.failed {
            None => {
                self.failed =
                    Some(DbError::Other("a statement of this transaction was abandoned half-way".to_owned()));
                Ok(())
            }
            Some(error) if error.ends_transaction() => Err(error.clone()),
            Some(_) => Err(DbError::Other(
                "a statement of this transaction failed before: nothing more can run in it; use \
                 Tx::attempt for work that may fail"
                    .to_owned(),
            )),
        }
    }

    fn note<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        self.failed = result.as_ref().err().cloned();
        result
    }
}
