//! Running statements on one PostgreSQL connection. Statements are prepared once per connection;
//! rows are taken as they arrive.

use std::ops::ControlFlow;
use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tokio_postgres::Statement;

use super::error::{Failure, Trouble};
use super::texts::Texts;
use crate::DbError;
use crate::row::Row;
use crate::value::Param;

/// Statements of a batch that are on their way to the server at the same time.
const PIPELINE: usize = 128;
/// Rows that are read and dropped to keep a connection whose reader has seen enough.
const DRAIN: usize = 100;

/// A connection in use.
pub(crate) struct Session<'a> {
    client: &'a ClientWrapper,
    texts: &'a Texts,
    /// What the last failure meant for the connection.
    pub(super) trouble: Trouble,
}

/// How reading rows ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every row has been received.
    Complete,
    /// The reader broke off and the server still sends.
    Broken,
}

impl<'a> Session<'a> {
    pub(super) fn new(client: &'a ClientWrapper, texts: &'a Texts) -> Self {
        Self { client, texts, trouble: Trouble::None }
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Param]) -> Result<u64, DbError> {
        let result = self.try_execute(sql, params).await;
        self.note(result)
    }

    async fn try_execute(&self, sql: &str, params: &[Param]) -> Result<u64, Failure> {
        let statement = self.prepare(sql).await?;
        Ok(self.client.execute_raw(&statement, params.iter()).await?)
    }

    pub(crate) async fn batch(&mut self, sql: &str, rows: &[Vec<Param>]) -> Result<u64, DbError> {
        let result = self.try_batch(sql, rows).await;
        self.note(result)
    }

    async fn try_batch(&self, sql: &str, rows: &[Vec<Param>]) -> Result<u64, Failure> {
        let statement = self.prepare(sql).await?;
        let mut changed = 0;
        for part in rows.chunks(PIPELINE) {
            // Answers come in order, so the first error is the one that caused the others.
            let sent = part.iter().map(|params| self.client.execute_raw(&statement, params.iter()));
            let answers = try_join_all(sent).await?;
            changed += answers.iter().sum::<u64>();
        }
        Ok(changed)
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<End, DbError> {
        let result = self.try_rows(sql, params, each).await;
        self.note(result)
    }

    async fn try_rows(
        &self,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<End, Failure> {
        let statement = self.prepare(sql).await?;
        let mut stream = pin!(self.client.query_raw(&statement, params.iter()).await?);
        let mut left = None;
        while let Some(row) = stream.try_next().await? {
            match &mut left {
                None => {
                    if each(&Row::postgres(&row)).is_break() {
                        left = Some(DRAIN);
                    }
                }
                Some(0) => return Ok(End::Broken),
                Some(left) => *left -= 1,
            }
        }
        Ok(End::Complete)
    }

    /// A fixed statement without parameters: BEGIN, COMMIT, SAVEPOINT and the like.
    pub(crate) async fn control(&mut self, sql: &str) -> Result<(), DbError> {
        let result = self.client.batch_execute(sql).await;
        self.note(result.map_err(Failure::from))
    }

    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Failure> {
        let text = self.texts.get(sql)?;
        Ok(self.client.prepare_cached(&text).await?)
    }

    fn note<T>(&mut self, result: Result<T, Failure>) -> Result<T, DbError> {
        result.map_err(|failure| {
            self.trouble = failure.trouble;
            if failure.trouble == Trouble::Stale {
                self.client.statement_cache.clear();
            }
            failure.error
        })
    }
}
