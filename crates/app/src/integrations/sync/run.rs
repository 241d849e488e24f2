//! A sync run.

use std::sync::Arc;

use domain::RecordId;
use domain::id::AuditId;
use domain::json::Object;
use domain::resources::INTEGRATION;
use serde_json::json;
use tracing::Instrument as _;

use super::super::mapping::shape_of;
use super::apply::{Syncing, require_enabled};
use super::log::{next_retry, settle_earlier, store_failure, store_run};
use super::prepare::{Task, tasks};
use super::{SyncOrder, SyncReport, SyncResult, SyncStatus};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
use crate::records::{AuditEntry, Work, WriteRequest};
use crate::store::ScopedTx;
use crate::store::integrations::OPEN_SYNC_ENTRY;
use crate::tenant::Tenant;

impl App {
    /// Stores what an outside system brings, record by record, in one transaction. The changes are the
    /// integration's own; that somebody ran the sync is in the audit log.
    pub async fn sync(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: RecordId,
        order: SyncOrder,
        remember: Option<Remember<SyncReport>>,
    ) -> Result<SyncReport, Failure> {
        let integration = self.integration(tenant, id).await?;
        require_enabled(&integration)?;
        let resource = order.resource;
        let syncing = Syncing {
            integration: id,
            truth: integration.text(&INTEGRATION, "sourceOfTruth").unwrap_or_default().to_owned(),
            shape: shape_of(tenant, &integration, resource),
        };
        let request = WriteRequest { allow_past: true, ..WriteRequest::from(actor.through(id)) };
        let (work, _) = self.work(tenant, request, resource)?;
        let (shape, context) = (syncing.shape.clone(), work.context());
        let tasks = tokio::task::spawn_blocking(move || tasks(&shape, order, &context));
        let tasks = tasks.await.map_err(|_| Failure::internal("reading a sync ended early"))?;
        let run = Arc::new(Run { syncing, tasks, by: actor.clone() });
        // In the request's trace: the part of it that no other request has.
        let span = tracing::info_span!(target: db::SPANS, "sync", memberpulse.sync.records = run.tasks.len());
        let stored = work.run(remember, move |work, tx| {
            let run = run.clone();
            Box::pin(async move { run.store(work, tx).await })
        });
        stored.instrument(span).await
    }
}

/// What a run is to do.
struct Run {
    syncing: Syncing,
    tasks: Vec<Task>,
    by: Actor,
}

impl Run {
    async fn store(&self, work: &Work, tx: &mut ScopedTx<'_, '_>) -> Result<SyncReport, Failure> {
        let (integration, resource) = (self.syncing.integration, work.resource());
        let new_id = || Ok::<_, Failure>(AuditId::new(work.now, work.app.random_bytes()?).uuid());
        let run = new_id()?;
        let own = vec![db::Param::Uuid(integration.uuid())];
        let open = tx.optional(&OPEN_SYNC_ENTRY, own, |_| Ok(())).await?.is_some();
        let mut results: Vec<SyncResult> = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let mut result = self.syncing.apply(work, tx, task).await?;
            // Before its own row is added.
            let earlier = open || results.iter().any(|it| it.status == SyncStatus::Failed);
            if earlier {
                settle_earlier(tx, integration, resource.plural, &result, work.now).await?;
            }
            if let Some(problem) = &result.problem {
                result.next_retry = next_retry(problem, 1, work.now);
                result.entry = Some(new_id()?);
                store_failure(tx, integration, (run, resource.plural), &result, task, work.now).await?;
            }
            results.push(result);
        }
        let report = SyncReport { run, resource, results };
        store_run(tx, integration, &report, work.now).await?;
        let counts = SyncStatus::ALL.map(|status| (status.name().to_owned(), json!(report.count(status))));
        let told = [("run", run.to_string()), ("resource", resource.plural.to_owned())];
        let told = told.map(|(name, value)| (name.to_owned(), json!(value)));
        let details: Object = told.into_iter().chain(counts).collect();
        let audit =
            AuditEntry::act(&work.app, "sync", "integration", Some(integration.to_string()), &self.by)?;
        audit.telling(&details).insert(tx).await?;
        Ok(report)
    }
}
