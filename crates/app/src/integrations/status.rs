//! How an integration does, from what really happened: requests, syncs, deliveries, credentials (API §9).

use domain::resources::INTEGRATION;
use domain::resources::sync_words::FAILED;
use domain::{Problem, Record, RecordId, Timestamp, Value};
use uuid::Uuid;

use super::errors::{Facts, errors};
use super::known::Known;
use crate::app::App;
use crate::failure::Failure;
use crate::keys::KeyDetails;
use crate::tenant::Tenant;
use crate::traffic::{RequestCounts, hour_of};

pub(super) const DAY: i64 = 24 * 3_600;
pub(super) const HOURS: i64 = 24;

/// The light.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// Everything goes well.
    Healthy,
    /// It works, but there is something to see to.
    Degraded,
    /// It does not work.
    Failing,
    /// Nothing connects it.
    Disconnected,
    /// It is switched off.
    Disabled,
}

impl Health {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::Disconnected => "disconnected",
            Self::Disabled => "disabled",
        }
    }
}

/// What is wrong, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthError {
    /// A stable word.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub message: String,
    /// What to do, for people who do not program.
    pub action: String,
    /// When it was noticed last.
    pub at: Timestamp,
    /// The row of the sync log that it is about, which can be retried.
    pub entry: Option<Uuid>,
}

/// Records that syncs of an hour dealt with, in the order of `SyncStatus::ALL`.
pub type SyncCounts = [i64; 6];

/// How an integration does.
#[derive(Clone, Debug)]
pub struct IntegrationStatus {
    /// The light.
    pub health: Health,
    /// Whether the outside system has a way in or out that was used.
    pub connected: bool,
    /// When the last of its keys ends; none while one has no end.
    pub credential_expires_at: Option<Timestamp>,
    /// The last request with one of its keys, in the last 30 days.
    pub last_request_at: Option<Timestamp>,
    /// The last sync run.
    pub last_sync_at: Option<Timestamp>,
    /// Records that are tried again by themselves.
    pub pending_syncs: i64,
    /// Records that need somebody.
    pub failed_syncs: i64,
    /// Requests with its keys in the last 24 hours.
    pub requests: RequestCounts,
    /// Deliveries of the last 24 hours whose last attempt failed.
    pub webhook_failures: i64,
    /// What to see to, newest first.
    pub errors: Vec<HealthError>,
    /// For each of the last 24 hours, oldest first: its first moment, its requests, its syncs.
    pub hours: Vec<(Timestamp, RequestCounts, SyncCounts)>,
}

impl App {
    /// How an integration does.
    pub async fn integration_status(
        &self,
        tenant: &Tenant,
        id: RecordId,
    ) -> Result<IntegrationStatus, Failure> {
        let integration = self.integration(tenant, id).await?;
        let all = self.integration_statuses(tenant, &[integration]).await?;
        Ok(all.into_iter().next().ok_or_else(Problem::not_found)?)
    }

    /// How some integrations do, in their order; the store is asked no more often than about one.
    pub async fn integration_statuses(
        &self,
        tenant: &Tenant,
        integrations: &[Record],
    ) -> Result<Vec<IntegrationStatus>, Failure> {
        let now = self.now();
        let ids: Vec<RecordId> = integrations.iter().filter_map(Record::id).collect();
        let mut known = self.known_of(tenant, &ids, now).await?;
        let each = integrations.iter().map(|integration| {
            let known = integration.id().and_then(|id| known.remove(&id)).unwrap_or_default();
            let enabled = integration.get(&INTEGRATION, "enabled") == &Value::Boolean(true);
            status_of(known, enabled, now)
        });
        Ok(each.collect())
    }
}

fn status_of(known: Known, enabled: bool, now: Timestamp) -> IntegrationStatus {
    let mut requests = RequestCounts::default();
    for counts in known.requests.range(hour_of(now.plus_seconds(-DAY))..).map(|(_, counts)| counts) {
        requests.add(counts);
    }
    let last_at = known.requests.values().map(|counts| counts.last_at).max();
    let last_request_at = last_at.filter(|at| *at > 0).map(Timestamp::from_micros);
    let latest = known.requests.values().next_back().copied().unwrap_or_default();
    let hours = hours_of(&known, now);
    let facts = Facts {
        now,
        keys: &known.keys,
        hooks: &known.hooks,
        requests,
        last_request_at,
        open: known.open,
        failed: known.failed_syncs,
    };
    let errors = errors(&facts);
    let has_key = known.keys.iter().any(|key| key.is_valid(now));
    let connected = has_key && last_request_at.is_some() || known.delivered > 0;
    let refused = latest.unauthorised + latest.forbidden + latest.rate_limited + latest.server_errors;
    let hook_fails =
        known.hooks.iter().any(|hook| hook.failing_since.is_some() || hook.disabled_reason.is_some());
    let run_failed =
        known.last_run.as_ref().is_some_and(|(_, status)| status == FAILED) && known.failed_syncs > 0;
    let health = match () {
        () if !enabled => Health::Disabled,
        () if !connected => Health::Disconnected,
        () if run_failed || hook_fails || (latest.succeeded == 0 && refused > 0) => Health::Failing,
        () if !errors.is_empty() || known.webhook_failures > 0 => Health::Degraded,
        () => Health::Healthy,
    };
    IntegrationStatus {
        health,
        connected,
        credential_expires_at: credential_end(&known.keys, now),
        last_request_at,
        last_sync_at: known.last_run.map(|(at, _)| at),
        pending_syncs: known.pending_syncs,
        failed_syncs: known.failed_syncs,
        requests,
        webhook_failures: known.webhook_failures,
        errors,
        hours,
    }
}

/// The last 24 hours, the running one included.
fn hours_of(known: &Known, now: Timestamp) -> Vec<(Timestamp, RequestCounts, SyncCounts)> {
    let hours = (0..HOURS).rev().map(|back| {
        let hour = hour_of(now.plus_seconds(-back * 3_600));
        let requests = known.requests.get(&hour).copied().unwrap_or_default();
        (Timestamp::from_micros(hour), requests, known.syncs.get(&hour).copied().unwrap_or_default())
    });
    hours.collect()
}

/// When the last way in ends: never while a valid key has no end.
fn credential_end(keys: &[KeyDetails], now: Timestamp) -> Option<Timestamp> {
    let valid: Vec<&KeyDetails> = keys.iter().filter(|key| key.is_valid(now)).collect();
    if valid.iter().any(|key| key.expires_at.is_none()) {
        return None;
    }
    let known = if valid.is_empty() { keys.iter().collect() } else { valid };
    known.into_iter().filter(|key| key.revoked_at.is_none()).filter_map(|key| key.expires_at).max()
}
