//! Applies migrations to a PostgreSQL database: each in one transaction that first waits for an
//! advisory lock, so that two servers never apply the same one.

use super::error::Failure;
use super::{Lease, Postgres, Session};
use crate::migrate::{Applied, CREATE_TABLE, INSERT_POSTGRES, Prepared, SELECT, pending};
use crate::sql::expand_tokens;
use crate::value::Param;
use crate::{DbError, Engine, MigrationReport};

/// Any number will do that no other program on the same database takes: "MbrPulse" in ASCII.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5576928271259987813)";

impl Postgres {
    pub(crate) async fn migrate(&self, migrations: &[Prepared]) -> Result<MigrationReport, DbError> {
        let mut report = MigrationReport::default();
        loop {
            let mut lease = self.lease().await?;
            let step = self.step(&lease, migrations).await;
            let end = if step.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let ended = lease.client()?.batch_execute(end).await;
            lease.sound = ended.is_ok();
            let step = step?;
            ended.map_err(|error| Failure::from(error).error)?;
            match step {
                Step::Applied(version) => report.applied.push(version),
                Step::Done(version) => {
                    report.version = version;
                    if !report.applied.is_empty() {
                        // Prepared for the schema as it was.
                        self.pool.manager().statement_caches.clear();
                    }
                    return Ok(report);
                }
            }
        }
    }

    async fn step(&self, lease: &Lease, migrations: &[Prepared]) -> Result<Step, DbError> {
        let client = lease.client()?;
        let mut session = Session::new(client, &self.texts);
        session.control("BEGIN").await?;
        session.control(LOCK).await?;
        // Read again under the lock: another server may have been quicker.
        session.control(&expand_tokens(CREATE_TABLE, Engine::Postgres)?).await?;
        let mut applied = Vec::new();
        session
            .rows(SELECT, &[], &mut |row| {
                applied.push(Applied::read(row));
                std::ops::ControlFlow::Continue(())
            })
            .await?;
        let applied = applied.into_iter().collect::<Result<Vec<_>, _>>()?;
        let Some(next) = pending(migrations, &applied)?.first() else {
            return Ok(Step::Done(applied.last().map_or(0, |last| last.version)));
        };
        session.control(&next.sql).await.map_err(|error| next.failed(&error))?;
        let row = [Param::from(next.version), Param::from(next.name), Param::from(&next.checksum)];
        session.execute(INSERT_POSTGRES, &row).await?;
        Ok(Step::Applied(next.version))
    }
}

enum Step {
    Applied(u32),
    Done(u32),
}
