//! A transaction that only reads and sees one state of the database.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::session::Session;
use super::{Lease, Postgres};
use crate::DbError;
use crate::row::Row;
use crate::value::Param;

/// Holds a connection; it is closed with this, which ends the transaction.
pub(crate) struct PostgresSnapshot {
    postgres: Arc<Postgres>,
    lease: Lease,
}

impl PostgresSnapshot {
    pub(crate) async fn begin(postgres: Arc<Postgres>) -> Result<Self, DbError> {
        let lease = postgres.lease().await?;
        // The first statement that reads decides what state is seen, not BEGIN.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT 1";
        Session::new(lease.client()?, &postgres.texts).control(begin).await?;
        Ok(Self { postgres, lease })
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), DbError> {
        let mut session = Session::new(self.lease.client()?, &self.postgres.texts);
        // A statement that fails would end the transaction: what others see is not spoilt by it.
        session.control("SAVEPOINT part").await?;
        let read = session.rows(sql, params, each).await;
        let end = if read.is_ok() { "RELEASE part" } else { "ROLLBACK TO part" };
        session.control(end).await?;
        read.map(drop)
    }
}
