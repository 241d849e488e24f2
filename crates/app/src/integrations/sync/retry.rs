//! Trying failed records again: by the clockwork when their time has come, or when somebody asks.
//!
//! Several servers may find the same row: it is read again in the transaction that does the work, behind the
//! tenant's lock, so that one of them does it.

use std::sync::Arc;

use db::{Param, Row, Weight};
use domain::resources::sync_words::{FAILED, RECORD, RESOLVED, RETRYING};
use domain::resources::{INTEGRATION, SYNC_LOG};
use domain::{Problem, Record, RecordId, Value};
use tracing::Instrument as _;

use super::super::mapping::shape_of;
use super::apply::{Syncing, require_enabled};
use super::log::{moment, next_retry, optional, shown};
use super::prepare;
use super::{SyncResult, SyncStatus};
use crate::actor::{Actor, ActorKind, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::records::{Work, WriteRequest};
use crate::store::integrations::{FIND_SYNC_PAYLOAD, FINISH_SYNC_ENTRY};
use crate::store::{ScopedTx, System, read_record};
use crate::tenant::Tenant;

/// Which record is tried again.
#[derive(Clone)]
struct Retry {
    integration: RecordId,
    entry: RecordId,
    /// Whether somebody asks for it, who need not wait until it is due.
    asked: bool,
}

impl App {
    /// Tries every failed record again whose time has come; answers how many were tried.
    pub async fn retry_due_syncs(&self) -> Result<usize, Failure> {
        let now = [Param::Integer(self.now().as_micros())];
        let read = |row: &Row<'_>| Ok((row.integer(0)?, row.uuid(1)?, row.uuid(2)?));
        let due = self.db().all(Weight::Short, System::DUE_SYNCS, &now, read).await?;
        let mut tried = 0;
        for (tenant, integration, entry) in due {
            let Some(tenant) = self.tenant_by_key(tenant).await? else { continue };
            let integration = RecordId::from(integration);
            let retry = Retry { integration, entry: entry.into(), asked: false };
            let actor =
                Actor::new(ActorKind::Integration(integration), &Client::default()).through(integration);
            let span = tracing::info_span!(target: db::SPANS, "sync retry");
            match self.retry(&tenant, &actor, retry).instrument(span).await {
                Ok(()) => tried += 1,
                // Settled or switched off in the meantime.
                Err(Failure::Problem(_)) => {}
                // One that cannot be tried now must not hold up the others.
                Err(failure) => {
                    tracing::warn!(error = failure.inside(), "a failed record could not be tried again yet");
                }
            }
        }
        Ok(tried)
    }

    /// Tries a failed record again now.
    pub async fn retry_sync(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        integration: RecordId,
        entry: RecordId,
    ) -> Result<(), Failure> {
        self.retry(tenant, &actor.through(integration), Retry { integration, entry, asked: true }).await
    }

    async fn retry(&self, tenant: &Tenant, actor: &Actor, retry: Retry) -> Result<(), Failure> {
        // Which resource it is says which of them is locked and written; the rest is read again inside.
        let schema = self.schema(&SYNC_LOG)?;
        let read = |row: &Row<'_>| read_record(&SYNC_LOG, row);
        let found =
            tenant.optional(self.db(), &schema.get, vec![Param::Uuid(retry.entry.uuid())], read).await?;
        let found =
            found.filter(|row| row.get(&SYNC_LOG, "integrationId") == &Value::Id(retry.integration.uuid()));
        let Some(row) = found else {
            // One of an integration that is not there is no different.
            return Err(Problem::not_found().into());
        };
        let plural = row.text(&SYNC_LOG, "resource").unwrap_or_default();
        let Some(resource) = self.registry().by_plural(plural) else {
            return Err(Problem::not_found().into());
        };
        let request = WriteRequest { allow_past: true, ..WriteRequest::from(actor) };
        let (work, _) = self.work(tenant, request, resource)?;
        let retry = Arc::new(retry);
        work.run(None, move |work, tx| {
            let retry = retry.clone();
            Box::pin(async move { retry.run(work, tx).await })
        })
        .await
    }
}

impl Retry {
    async fn run(&self, work: &Work, tx: &mut ScopedTx<'_, '_>) -> Result<(), Failure> {
        let integration = self.integration(work, tx).await?;
        let schema = work.app.schema(&SYNC_LOG)?;
        let read = |row: &Row<'_>| read_record(&SYNC_LOG, row);
        let row = tx.optional(&schema.get, vec![Param::Uuid(self.entry.uuid())], read).await?;
        let Some(row) = row else { return Err(Problem::not_found().into()) };
        self.check(work, &row)?;
        let own = vec![Param::Uuid(self.entry.uuid())];
        let payload =
            tx.optional(&FIND_SYNC_PAYLOAD, own, |row| Ok(row.optional_text(0)?.map(str::to_owned)));
        let payload = payload.await?.flatten();
        let syncing = Syncing {
            integration: self.integration,
            truth: integration.text(&INTEGRATION, "sourceOfTruth").unwrap_or_default().to_owned(),
            shape: shape_of(work.tenant(), &integration, work.resource()),
        };
        let task = payload.and_then(|payload| prepare::kept(&syncing.shape, &payload, &work.context()));
        let Some(task) = task else {
            let hint = "Sync the record again from the outside system.";
            return Err(Problem::rule("What was sent of the record is not kept", hint).into());
        };
        let result = syncing.apply(work, tx, &task).await?;
        let attempts = row.integer(&SYNC_LOG, "attempts").unwrap_or(1) + 1;
        tx.execute(&FINISH_SYNC_ENTRY, self.outcome(work, &result, task.payload, attempts)).await?;
        Ok(())
    }

    async fn integration(&self, work: &Work, tx: &mut ScopedTx<'_, '_>) -> Result<Record, Failure> {
        let schema = work.app.schema(&INTEGRATION)?;
        let read = |row: &Row<'_>| read_record(&INTEGRATION, row);
        let found = tx.optional(&schema.get, vec![Param::Uuid(self.integration.uuid())], read).await?;
        let integration = found.ok_or_else(Problem::not_found)?;
        require_enabled(&integration)?;
        Ok(integration)
    }

    /// Whether it is a failed record that waits, or waits to be asked for.
    fn check(&self, work: &Work, row: &Record) -> Result<(), Problem> {
        if row.text(&SYNC_LOG, "type") != Some(RECORD) {
            let hint = "Retry its failed records: GET …/sync-log?type=record&status=failed lists them.";
            return Err(Problem::rule("A run as a whole cannot be tried again", hint));
        }
        match row.text(&SYNC_LOG, "status") {
            Some(RETRYING) if row.timestamp(&SYNC_LOG, "nextRetryAt").is_some_and(|at| at <= work.now) => {
                Ok(())
            }
            Some(RETRYING | FAILED) if self.asked => Ok(()),
            _ => {
                let hint = "Look at the newest row of this record in the sync log.";
                Err(Problem::rule("The record is settled already, or not due", hint))
            }
        }
    }

    /// The parameters of [`FINISH_SYNC_ENTRY`].
    fn outcome(
        &self,
        work: &Work,
        result: &SyncResult,
        payload: Option<String>,
        attempts: i64,
    ) -> Vec<Param> {
        let failed = result.status == SyncStatus::Failed;
        let next = result.problem.as_ref().and_then(|problem| next_retry(problem, attempts, work.now));
        let status = match (failed, next) {
            (false, _) => RESOLVED,
            (true, Some(_)) => RETRYING,
            (true, None) => FAILED,
        };
        vec![
            Param::Text(status.to_owned()),
            result.record.map_or(Param::Null, |id| Param::Uuid(id.uuid())),
            optional(result.reason.clone()),
            optional(result.action.clone()),
            Param::Text(shown(result.problem.as_ref())),
            Param::Integer(attempts),
            moment(next),
            if failed { Param::Null } else { Param::Integer(work.now.as_micros()) },
            if failed { optional(payload) } else { Param::Null },
            Param::Uuid(self.entry.uuid()),
        ]
    }
}
