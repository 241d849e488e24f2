//! The delivery log: one delivery in full, sending again, trying out (API §8).

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::definition::Resource;
use domain::id::AuditId;
use domain::json::Object;
use domain::resources::{DELIVERY, WEBHOOK};
use domain::{Problem, RecordId, Timestamp, event_types};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::endpoint::Endpoint;
use super::fan_out::{delivery_params, payload};
use crate::actor::Actor;
use crate::app::App;
use crate::changes::{Change, Head, event_id, json_text};
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::store::ScopedTx;
use crate::store::system::{
    CHANGE_TIME, CHANGES_AFTER, DELIVERY_PAYLOAD, FANNED_OUT, FIND_ATTEMPTS, INSERT_DELIVERY, OLDEST_CHANGE,
    RECOVER_DELIVERIES, RETRY_DELIVERY,
};
use crate::tenant::Tenant;

/// Events that are queued in one transaction when a webhook catches up.
const PAGE: i64 = 500;

/// What is shown of one delivery beside its row.
#[derive(Clone, Debug)]
pub struct DeliveryDetails {
    /// The body that is sent; none when it is no longer kept.
    pub body: Option<String>,
    /// Every attempt, the first one first.
    pub attempts: Vec<Attempts>,
}

/// An attempt as it is shown.
#[derive(Clone, Debug)]
pub struct Attempts {
    /// Which one, from 1.
    pub number: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds that it took.
    pub duration_ms: i64,
    /// Where it was sent.
    pub url: String,
    /// The headers that were sent, a JSON object.
    pub request_headers: String,
    /// The status of the answer.
    pub response_status: Option<i64>,
    /// The headers of the answer, a JSON object.
    pub response_headers: String,
    /// The beginning of its body.
    pub response_body: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl App {
    /// That a record of the tenant is there: 404 otherwise.
    pub async fn require(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: RecordId,
    ) -> Result<(), Failure> {
        self.get(tenant, resource, id, |_| Ok(())).await
    }

    /// Shows a delivery of a webhook to `view`, as [`Self::get`] does; one of another webhook is not there.
    pub async fn delivery<T: Send>(
        &self,
        tenant: &Tenant,
        webhook: RecordId,
        delivery: RecordId,
        mut view: impl FnMut(&crate::RecordRow<'_, '_>) -> Result<T, DbError> + Send,
    ) -> Result<T, Failure> {
        self.require(tenant, &WEBHOOK, webhook).await?;
        let position = DELIVERY.position("webhookId").unwrap_or_default();
        let own = domain::json::ValueRef::Id(webhook.uuid());
        let shown = self.get(tenant, &DELIVERY, delivery, |row| {
            if row.get(position)? == own { view(row).map(Some) } else { Ok(None) }
        });
        shown.await?.ok_or_else(|| Problem::not_found().into())
    }

    /// What was sent in a delivery, and what came back.
    pub async fn delivery_details(
        &self,
        tenant: &Tenant,
        delivery: RecordId,
    ) -> Result<DeliveryDetails, Failure> {
        let id = vec![Param::Uuid(delivery.uuid())];
        let read = |row: &Row<'_>| Ok((row.optional_text(0)?.map(str::to_owned), row.optional_integer(1)?));
        let kept = tenant.optional(self.db(), &DELIVERY_PAYLOAD, id.clone(), read).await?;
        let body = match kept {
            Some((Some(payload), _)) => Some(payload),
            Some((None, Some(sequence))) => {
                let event = self.event(tenant, sequence).await?;
                event.map(|json| String::from_utf8_lossy(&json).into_owned())
            }
            _ => None,
        };
        let mut attempts = Vec::new();
        let each = |row: &Row<'_>| {
            attempts.push(Attempts {
                number: row.integer(0)?,
                started_at: Timestamp::from_micros(row.integer(1)?),
                duration_ms: row.integer(2)?,
                url: row.text(3)?.to_owned(),
                request_headers: row.text(4)?.to_owned(),
                response_status: row.optional_integer(5)?,
                response_headers: row.text(6)?.to_owned(),
                response_body: row.optional_text(7)?.map(str::to_owned),
                error: row.optional_text(8)?.map(str::to_owned),
            });
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &FIND_ATTEMPTS, id, each).await?;
        Ok(DeliveryDetails { body, attempts })
    }

    /// Sends a delivery again, whatever became of it.
    pub async fn retry_delivery(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        webhook: RecordId,
        delivery: RecordId,
    ) -> Result<(), Failure> {
        self.delivery(tenant, webhook, delivery, |_| Ok(())).await?;
        self.require_enabled(tenant, webhook).await?;
        let details = Object::from_iter([("delivery".to_owned(), json!(delivery.to_string()))]);
        let now = Param::Integer(self.now().as_micros());
        let params = vec![now, Param::Uuid(delivery.uuid())];
        self.resend(tenant, actor, webhook, "delivery_retried", details, vec![(&RETRY_DELIVERY, params)])
            .await?;
        Ok(())
    }

    /// Sends again what failed since a moment, and what was never queued since the webhook was off.
    /// Answers how many events that are.
    pub async fn recover_deliveries(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        webhook: RecordId,
        since: Timestamp,
    ) -> Result<u64, Failure> {
        let endpoint = self.require_enabled(tenant, webhook).await?;
        let now = self.now();
        let details = Object::from_iter([("since".to_owned(), json!(since.to_string()))]);
        let params = vec![
            Param::Integer(now.as_micros()),
            Param::Uuid(webhook.uuid()),
            Param::Integer(since.as_micros()),
        ];
        let failed = vec![(&*RECOVER_DELIVERIES, params)];
        let mut queued = self.resend(tenant, actor, webhook, "deliveries_recovered", details, failed).await?;
        let end =
            tenant.optional(self.db(), &FANNED_OUT, Vec::new(), |row| row.integer(0)).await?.unwrap_or(0);
        let mut after = self.last_before(tenant, since, end).await?;
        while after < end {
            let (rows, next) = self.missed(tenant, &endpoint, after, end).await?;
            if next == after {
                break;
            }
            after = next;
            queued += self.queue_missed(tenant, rows).await?;
            self.wakes().due();
        }
        Ok(queued)
    }

    /// Sends an event of type `webhook.test` to a webhook; answers with the id of its delivery.
    pub async fn test_webhook(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        webhook: RecordId,
    ) -> Result<RecordId, Failure> {
        self.require_enabled(tenant, webhook).await?;
        let now = self.now();
        let event = event_id(AuditId::new(now, self.random_bytes()?).uuid());
        let id = AuditId::new(now, self.random_bytes()?).uuid();
        let mut body = Vec::new();
        Head { id: &event, event_type: event_types::TEST, at: now, sequence: None }.write(&mut body, tenant);
        let data = json!({"webhookId": webhook.to_string(), "message": "Your webhook works."});
        body.extend_from_slice(format!(",\"data\":{data},\"previous\":{{}}}}").as_bytes());
        let payload = json_text(body)?;
        let never = Timestamp::from_micros(0);
        let params = delivery_params(id, webhook, &event, event_types::TEST, None, Some(payload), now, never);
        let details = Object::from_iter([("delivery".to_owned(), Json::from(id.to_string()))]);
        let statements = vec![(&*INSERT_DELIVERY, params)];
        self.resend(tenant, actor, webhook, "webhook_tested", details, statements).await?;
        Ok(id.into())
    }

    /// The webhook, if it is there and switched on: nothing is sent to one that is off.
    async fn require_enabled(&self, tenant: &Tenant, webhook: RecordId) -> Result<Arc<Endpoint>, Failure> {
        let endpoint = self.endpoint(tenant, webhook).await?.ok_or_else(Problem::not_found)?;
        if endpoint.enabled {
            return Ok(endpoint);
        }
        Err(Problem::rule(
            "The webhook is switched off, so nothing is sent to it",
            "Set enabled to true first.",
        )
        .into())
    }

    /// Runs statements on the queue with their audit row, and wakes the dispatcher; answers how many rows
    /// they changed.
    async fn resend(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        webhook: RecordId,
        action: &'static str,
        details: Object,
        statements: Vec<(&'static crate::TenantSql, Vec<Param>)>,
    ) -> Result<u64, Failure> {
        let audit = AuditEntry::act(self, action, "webhook", Some(webhook.to_string()), actor)?;
        let shared = Arc::new((tenant.clone(), audit.telling(&details), statements));
        let done = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, audit, statements) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                let mut changed = 0;
                for (sql, params) in statements {
                    changed += tx.execute(sql, params.clone()).await?;
                }
                audit.clone().insert(&mut tx).await?;
                Ok::<u64, DbError>(changed)
            })
        });
        let changed = done.await?;
        self.wakes().due();
        Ok(changed)
    }

    /// The number of the last change before a moment, by halving: numbers and moments rise together.
    async fn last_before(&self, tenant: &Tenant, since: Timestamp, end: i64) -> Result<i64, Failure> {
        let oldest = tenant.optional(self.db(), &OLDEST_CHANGE, Vec::new(), |row| row.optional_integer(0));
        let Some(oldest) = oldest.await?.flatten() else { return Ok(end) };
        let (mut low, mut high) = (oldest - 1, end);
        while low < high {
            let middle = low + (high - low + 1) / 2;
            let params = vec![Param::Integer(middle)];
            let at = tenant.optional(self.db(), &CHANGE_TIME, params, |row| row.integer(0)).await?;
            if at.is_some_and(|at| at < since.as_micros()) { low = middle } else { high = middle - 1 }
        }
        Ok(low)
    }

    /// Rows for the next page of changes that the webhook wants, and the number up to which was looked.
    async fn missed(
        &self,
        tenant: &Tenant,
        endpoint: &Endpoint,
        after: i64,
        end: i64,
    ) -> Result<(Vec<Vec<Param>>, i64), Failure> {
        let mut changes = Vec::new();
        let each = |row: &Row<'_>| {
            changes.push(Change::read(row)?);
            Ok(())
        };
        let params = vec![Param::Integer(after), Param::Integer(PAGE)];
        tenant.each(self.db(), Weight::Long, &CHANGES_AFTER, params, each).await?;
        let (mut rows, mut next, now) = (Vec::new(), after, self.now());
        for change in changes.iter().filter(|change| change.sequence <= end) {
            next = change.sequence;
            if !endpoint.may_be_sent(change) {
                continue;
            }
            let id: Uuid = AuditId::new(now, self.random_bytes()?).uuid();
            rows.push(delivery_params(
                id,
                endpoint.id,
                &change.event_id(),
                &change.event_type,
                Some(change.sequence),
                payload(tenant, endpoint, change)?,
                now,
                Timestamp::from_micros(0),
            ));
        }
        Ok((rows, next))
    }

    async fn queue_missed(&self, tenant: &Tenant, rows: Vec<Vec<Param>>) -> Result<u64, Failure> {
        let shared = Arc::new((tenant.clone(), rows));
        let queued = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, rows) = &*shared;
                ScopedTx::new(tx, tenant).batch(&INSERT_DELIVERY, rows.clone()).await
            })
        });
        Ok(queued.await?)
    }
}
