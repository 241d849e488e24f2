//! What became of attempts: kept in the delivery log, and in the state of the webhook.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{DbError, Param, Tx};
use domain::resources::{FAILED, PENDING, SUCCEEDED};
use domain::{RecordId, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::health::Sums;
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::store::ScopedTx;
use crate::store::system::{DISABLE_WEBHOOK, FINISH_DELIVERY, INSERT_ATTEMPT, SET_FAILING, SET_WORKING};
use crate::tenant::Tenant;

/// One attempt to deliver.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    /// Whose delivery it is.
    pub tenant: Tenant,
    /// The webhook.
    pub webhook: RecordId,
    /// The row of the delivery log.
    pub delivery: Uuid,
    /// Which attempt it was, from 1.
    pub number: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds that it took.
    pub duration_ms: i64,
    /// Where it was sent.
    pub url: String,
    /// The headers that were sent.
    pub request_headers: Vec<(String, String)>,
    /// The status of the answer, if there was one.
    pub response_status: Option<u16>,
    /// The headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// The beginning of the answer's body.
    pub response_body: Option<String>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// What happens next.
    pub verdict: Verdict,
}

/// The rows of one tenant's attempts.
struct OfTenant {
    tenant: Tenant,
    finished: Vec<Vec<Param>>,
    attempts: Vec<Vec<Param>>,
    sums: Sums,
}

/// What happens after an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It was delivered.
    Succeeded,
    /// It is tried again at this moment.
    Retry(Timestamp),
    /// It is given up.
    Failed,
}

impl App {
    /// Stores many attempts in one transaction.
    pub async fn record_attempts(&self, attempts: Vec<AttemptRecord>) -> Result<(), Failure> {
        let mut by_tenant: BTreeMap<i64, OfTenant> = BTreeMap::new();
        for attempt in attempts {
            let own = by_tenant.entry(attempt.tenant.key()).or_insert_with(|| OfTenant {
                tenant: attempt.tenant.clone(),
                finished: Vec::new(),
                attempts: Vec::new(),
                sums: Sums::default(),
            });
            own.sums.count(&attempt);
            own.finished.push(finish_params(&attempt));
            own.attempts.push(attempt_params(attempt));
        }
        let shared = Arc::new(by_tenant);
        let stored = self.db().write(move |tx: &mut Tx<'_>| {
            let shared = shared.clone();
            Box::pin(async move {
                for own in shared.values() {
                    let mut tx = ScopedTx::new(tx, &own.tenant);
                    tx.batch(&FINISH_DELIVERY, own.finished.clone()).await?;
                    tx.batch(&INSERT_ATTEMPT, own.attempts.clone()).await?;
                    own.sums.store(&mut tx).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        Ok(stored.await?)
    }

    /// Notes that a webhook fails since a moment, or that it works again. Changes nothing where that was
    /// known.
    pub async fn note_health(
        &self,
        tenant: &Tenant,
        webhook: RecordId,
        failing_since: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let (now, id) = (Param::Integer(self.now().as_micros()), Param::Uuid(webhook.uuid()));
        let noted = match failing_since {
            Some(since) => {
                self.run_scoped(tenant, &SET_FAILING, vec![Param::Integer(since.as_micros()), now, id]).await
            }
            None => self.run_scoped(tenant, &SET_WORKING, vec![now, id]).await,
        };
        noted.map(drop)
    }

    /// Switches a webhook off, with the reason; audited.
    pub async fn disable_webhook(
        &self,
        tenant: &Tenant,
        webhook: RecordId,
        reason: &str,
    ) -> Result<(), Failure> {
        let now = self.now();
        let audit = AuditEntry::act(self, "update", "webhook", Some(webhook.to_string()), &Actor::system())?;
        let changes = json!({
            "enabled": {"old": true, "new": false},
            "disabledReason": {"old": Json::Null, "new": reason},
        });
        let audit = AuditEntry { changes: changes.to_string(), ..audit };
        let params = vec![
            Param::Boolean(false),
            Param::Text(reason.to_owned()),
            Param::Integer(now.as_micros()),
            Param::Uuid(webhook.uuid()),
            Param::Boolean(true),
        ];
        self.run_scoped_audited(tenant, &DISABLE_WEBHOOK, params, audit).await
    }
}

fn finish_params(attempt: &AttemptRecord) -> Vec<Param> {
    let ended = attempt.started_at.as_micros() + attempt.duration_ms * 1_000;
    let (status, next, completed) = match attempt.verdict {
        Verdict::Succeeded => (SUCCEEDED, Param::Null, Param::Integer(ended)),
        Verdict::Retry(at) => (PENDING, Param::Integer(at.as_micros()), Param::Null),
        Verdict::Failed => (FAILED, Param::Null, Param::Integer(ended)),
    };
    vec![
        Param::Text(status.to_owned()),
        Param::Integer(attempt.number),
        next,
        attempt.response_status.map_or(Param::Null, |status| Param::Integer(status.into())),
        Param::Integer(attempt.duration_ms),
        attempt.error.clone().map_or(Param::Null, Param::Text),
        completed,
        Param::Uuid(attempt.delivery),
    ]
}

fn attempt_params(attempt: AttemptRecord) -> Vec<Param> {
    vec![
        Param::Uuid(attempt.delivery),
        Param::Integer(attempt.number),
        Param::Integer(attempt.started_at.as_micros()),
        Param::Integer(attempt.duration_ms),
        Param::Text(attempt.url),
        Param::Text(headers(&attempt.request_headers)),
        attempt.response_status.map_or(Param::Null, |status| Param::Integer(status.into())),
        Param::Text(headers(&attempt.response_headers)),
        attempt.response_body.map_or(Param::Null, Param::Text),
        attempt.error.map_or(Param::Null, Param::Text),
    ]
}

/// Headers as a JSON object; one that came several times has its values joined (RFC 9110 §5.3).
fn headers(headers: &[(String, String)]) -> String {
    let mut object = domain::json::Object::new();
    for (name, value) in headers {
        let joined = match object.get(name).and_then(Json::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        object.insert(name.clone(), Json::from(joined));
    }
    Json::Object(object).to_string()
}
