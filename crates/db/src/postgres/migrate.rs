//! Applies migrations to a PostgreSQL database while other servers go on using it: one process at a time, each migration
//! in one transaction that gives up when it would have to wait for a table for long, and is tried again.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::error::Failure;
use super::{Lease, Postgres, Session};
use crate::migrate::{Applied, CREATE_TABLE, INSERT_POSTGRES, Prepared, SELECT, is_ahead, pending};
use crate::sql::expand_tokens;
use crate::value::Param;
use crate::{DbError, Engine, MigrationReport};

/// Held by the session that migrates. Asked for again and again, never waited for: a statement that waits has a snapshot,
/// for whose end an index that is built concurrently would wait in turn. Any number will do that no other program on the
/// same database takes: "MbrPulse" in ASCII.
const LOCK: &str = "SELECT pg_try_advisory_lock(5576928271259987813)";

/// Pause before asking again.
const PAUSE: Duration = Duration::from_millis(100);

/// Who waits for a table that a long read uses holds up everybody who comes after: so it does not wait for long. Limits on
/// the time of statements are for requests; a migration takes as long as it takes.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = 0";

/// Pause before trying again, in which those who were held up get through; and how often.
const BREATH: Duration = Duration::from_secs(1);
const TRIES: u32 = 300;

/// The word by which a migration says that it takes no lock that anybody would wait for, and can be in no transaction.
const CONCURRENTLY: &str = "CONCURRENTLY";

impl Postgres {
    pub(crate) async fn migrate(&self, migrations: &[Prepared]) -> Result<MigrationReport, DbError> {
        let mut told = false;
        loop {
            // Not given back to the pool but closed at the end, which also gives the lock back.
            let mut lease = self.lease().await?;
            if self.lock(&lease).await? {
                let report = self.apply_all(&lease, migrations).await?;
                if !report.applied.is_empty() {
                    // Prepared for the schema as it was.
                    self.pool.manager().statement_caches.clear();
                }
                return Ok(report);
            }
            lease.sound = true;
            drop(lease);
            if !std::mem::replace(&mut told, true) {
                tracing::info!("another server brings the database's schema up to date: waiting for it");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn lock(&self, lease: &Lease) -> Result<bool, DbError> {
        let mut locked = Ok(false);
        let mut session = Session::new(lease.client()?, &self.texts);
        session
            .rows(LOCK, &[], &mut |row| {
                locked = row.boolean(0);
                ControlFlow::Continue(())
            })
            .await?;
        locked
    }

    /// Applies what is left, by the one session that holds the lock.
    async fn apply_all(&self, lease: &Lease, migrations: &[Prepared]) -> Result<MigrationReport, DbError> {
        let mut session = Session::new(lease.client()?, &self.texts);
        session.control(&expand_tokens(CREATE_TABLE, Engine::Postgres)?).await?;
        let mut report = MigrationReport::default();
        loop {
            // Under the lock: another server may have been quicker.
            let mut applied = Vec::new();
            session
                .rows(SELECT, &[], &mut |row| {
                    applied.push(Applied::read(row));
                    ControlFlow::Continue(())
                })
                .await?;
            let applied = applied.into_iter().collect::<Result<Vec<_>, _>>()?;
            let Some(next) = pending(migrations, &applied)?.first() else {
                report.version = applied.last().map_or(0, |last| last.version);
                report.ahead = is_ahead(migrations, &applied);
                return Ok(report);
            };
            self.apply(lease, next).await?;
            report.applied.push(next.version);
        }
    }

    async fn apply(&self, lease: &Lease, migration: &Prepared) -> Result<(), DbError> {
        if migration.sql.contains(CONCURRENTLY) {
            return self.apply_concurrently(lease, migration).await;
        }
        let mut tries = 0;
        loop {
            match self.attempt(lease, migration).await? {
                Attempt::Applied => return Ok(()),
                Attempt::TablesInUse(error) if tries == TRIES => return Err(migration.failed(&error)),
                Attempt::TablesInUse(_) => {
                    if tries == 0 {
                        tracing::info!(
                            migration = migration.name,
                            "a table is in use by a long transaction: the migration is tried again each second"
                        );
                    }
                    tries += 1;
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    async fn attempt(&self, lease: &Lease, migration: &Prepared) -> Result<Attempt, DbError> {
        let client = lease.client()?;
        let mut session = Session::new(client, &self.texts);
        session.control(BEGIN).await?;
        if let Err(error) = client.batch_execute(&migration.sql).await {
            let waited = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
            let error = Failure::from(error).error;
            if waited {
                session.control("ROLLBACK").await?;
                return Ok(Attempt::TablesInUse(error));
            }
            // The connection is closed, which undoes what was done.
            return Err(migration.failed(&error));
        }
        session.execute(INSERT_POSTGRES, &migration.row()).await?;
        session.control("COMMIT").await.map_err(|error| migration.failed(&error))?;
        Ok(Attempt::Applied)
    }

    /// Statement by statement, outside a transaction. What is killed in between is begun anew: the text must bear it.
    async fn apply_concurrently(&self, lease: &Lease, migration: &Prepared) -> Result<(), DbError> {
        let mut session = Session::new(lease.client()?, &self.texts);
        session.control("SET statement_timeout = 0; SET lock_timeout = 0").await?;
        let text: String = migration
            .sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            session.control(statement).await.map_err(|error| migration.failed(&error))?;
        }
        session.execute(INSERT_POSTGRES, &migration.row()).await.map(drop)
    }
}

enum Attempt {
    Applied,
    /// Somebody used a table that it needs for itself.
    TablesInUse(DbError),
}

impl Prepared {
    fn row(&self) -> [Param; 3] {
        [Param::from(self.version), Param::from(self.name), Param::from(&self.checksum)]
    }
}
