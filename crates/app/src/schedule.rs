//! The server's own clockwork: publishing what is due, storing the last use of keys, warning of webhooks that fail.

use std::time::Duration;

use db::{Param, Weight};
use domain::definition::Resource;
use domain::id::AuditId;
use domain::input::Mode;
use domain::json::Object;
use domain::{ProblemKind, RecordId, Timestamp};
use serde_json::json;
use tokio::sync::watch;

use crate::actor::Actor;
use crate::app::App;
use crate::changes::CHANGES_KEPT;
use crate::failure::Failure;
use crate::idempotency::KEPT;
use crate::sessions::SIGN_INS_KEPT;
use crate::set_back::Seen;
use crate::store::System;
use crate::store::integrations::{PRUNE_REQUEST_COUNTS, PRUNE_SYNC_LOG};
use crate::store::system::{OLDEST_CHANGE, PRUNE_ATTEMPTS, PRUNE_CHANGES, PRUNE_DELIVERIES, due_statement};
use crate::tenant::Tenant;
use crate::webhooks::HOURS_KEPT;

const PERIOD: Duration = Duration::from_secs(1);
const PERIODS_BETWEEN_FLUSHES: u32 = 10;
const PERIODS_BETWEEN_PRUNINGS: u32 = 60;
const PERIODS_BETWEEN_WARNINGS: u32 = 60;
const PERIODS_BETWEEN_FEED_PRUNINGS: u32 = 3_600;

/// Seconds for which audit rows are kept: two years (domain §6).
pub(crate) const AUDIT_KEPT: i64 = 2 * 366 * 24 * 3_600;

impl App {
    /// Runs until `stop` turns true. Several servers may run it on one database: each due record is
    /// re-checked in the transaction that changes it.
    pub async fn run_clockwork(self, mut stop: watch::Receiver<bool>) {
        let mut period = 0_u32;
        let mut seen = Seen::now(&self);
        while !*stop.borrow() {
            match self.follow_clock(seen).await {
                Ok(now) => seen = now,
                Err(failure) => {
                    tracing::warn!(
                        error = failure.inside(),
                        "the clock was set back; what waits is not moved yet"
                    );
                }
            }
            match self.publish_due().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "published scheduled records"),
                Err(failure) => {
                    tracing::warn!(
                        error = failure.inside(),
                        "scheduled publishing failed; it is tried again"
                    );
                }
            }
            if let Err(failure) = self.retry_due_syncs().await {
                tracing::warn!(error = failure.inside(), "failed records could not be tried again yet");
            }
            period = period.wrapping_add(1);
            if period.is_multiple_of(PERIODS_BETWEEN_PRUNINGS)
                && let Err(failure) = self.prune().await
            {
                tracing::warn!(error = failure.inside(), "old rows could not be pruned yet");
            }
            if period.is_multiple_of(PERIODS_BETWEEN_WARNINGS) {
                match self.warn_of_webhooks().await {
                    Ok(0) => {}
                    Ok(count) => tracing::warn!(count, "webhooks have failed for days"),
                    Err(failure) => {
                        tracing::warn!(error = failure.inside(), "warnings could not be raised yet");
                    }
                }
            }
            if period.is_multiple_of(PERIODS_BETWEEN_FEED_PRUNINGS)
                && let Err(failure) = self.prune_feed().await
            {
                tracing::warn!(error = failure.inside(), "old changes could not be pruned yet");
            }
            if let Err(failure) = self.release_quota(false).await {
                tracing::warn!(error = failure.inside(), "unspent requests could not be given back");
            }
            if period.is_multiple_of(PERIODS_BETWEEN_FLUSHES)
                && let Err(failure) = self.flush_usage().await
            {
                tracing::warn!(error = failure.inside(), "the last use of keys could not be stored yet");
            }
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Takes away what is older than it is kept, in small transactions that hold nobody up.
    pub async fn prune(&self) -> Result<(), Failure> {
        let now = self.now();
        let all = [
            (System::PRUNE_ANSWERS, KEPT),
            (System::PRUNE_AUDIT, AUDIT_KEPT),
            (System::PRUNE_SESSIONS, 0),
            (System::PRUNE_SIGN_INS, SIGN_INS_KEPT),
            (System::PRUNE_HOURS, HOURS_KEPT),
        ];
        for (statement, kept) in all {
            let oldest = Param::Integer(now.plus_seconds(-kept).as_micros());
            while self.run(statement, vec![oldest.clone()]).await? > 0 {}
        }
        Ok(())
    }

    /// Takes away the changes, deliveries and imports of all tenants that are older than they are kept (API §8).
    pub async fn prune_feed(&self) -> Result<(), Failure> {
        let oldest = self.now().plus_seconds(-CHANGES_KEPT);
        let tenants = self.db().all(Weight::Short, System::TENANTS, &[], |row| row.integer(0)).await?;
        for tenant in tenants {
            let Some(tenant) = self.tenant_by_key(tenant).await? else { continue };
            // Ids begin with their moment.
            let id = vec![Param::Uuid(AuditId::new(oldest, [0; 10]).uuid())];
            while self.run_scoped(&tenant, &PRUNE_ATTEMPTS, id.clone()).await? > 0 {}
            while self.run_scoped(&tenant, &PRUNE_DELIVERIES, id.clone()).await? > 0 {}
            while self.run_scoped(&tenant, &PRUNE_SYNC_LOG, id.clone()).await? > 0 {}
            self.run_scoped(&tenant, &PRUNE_REQUEST_COUNTS, vec![Param::Integer(oldest.as_micros())]).await?;
            self.prune_changes_of(&tenant, oldest).await?;
            self.prune_imports(&tenant).await?;
        }
        Ok(())
    }

    async fn prune_changes_of(&self, tenant: &Tenant, oldest: Timestamp) -> Result<(), Failure> {
        const AT_ONCE: i64 = 1_000;
        loop {
            let first = tenant.optional(self.db(), &OLDEST_CHANGE, Vec::new(), |row| row.optional_integer(0));
            let Some(first) = first.await?.flatten() else { return Ok(()) };
            let params = vec![Param::Integer(first + AT_ONCE - 1), Param::Integer(oldest.as_micros())];
            if self.run_scoped(tenant, &PRUNE_CHANGES, params).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Publishes every record of every tenant whose moment has come; answers how many.
    pub async fn publish_due(&self) -> Result<usize, Failure> {
        let mut published = 0;
        for resource in self.registry().iter() {
            published += self.publish_due_of(resource).await?;
        }
        Ok(published)
    }

    async fn publish_due_of(&self, resource: &'static Resource) -> Result<usize, Failure> {
        let (Some(schedule), Some(sql)) = (resource.schedule, due_statement(resource)) else {
            return Ok(0);
        };
        let now = [Param::Integer(self.now().as_micros())];
        let due = self.db().all(Weight::Short, &sql, &now, |row| Ok((row.integer(0)?, row.uuid(1)?))).await?;
        let mut published = 0;
        for (key, id) in due {
            let Some(tenant) = self.tenant_by_key(key).await? else { continue };
            let id = RecordId::from(id);
            let body = Object::from_iter([("status".to_owned(), json!(schedule.to))]);
            let done = self.update(&tenant, &Actor::system(), resource, id, Mode::Patch, body).await;
            match done {
                Ok(_) => published += 1,
                // Somebody deleted, cancelled or unscheduled it in the meantime.
                Err(Failure::Problem(problem))
                    if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::RuleViolation) => {}
                Err(Failure::Problem(problem)) => {
                    tracing::error!(%id, detail = problem.detail, "a scheduled record cannot be published");
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(published)
    }
}
