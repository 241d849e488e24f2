//! How an integration does, from what really happened: requests, syncs, deliveries, credentials (API §9).

use db::{Param, Row, Weight};
use domain::resources::INTEGRATION;
use domain::resources::sync_words::FAILED;
use domain::{RecordId, Timestamp, Value};
use uuid::Uuid;

use super::errors::{Facts, errors};
use crate::app::App;
use crate::failure::Failure;
use crate::keys::KeyDetails;
use crate::store::integrations::{
    INTEGRATION_WEBHOOKS, LAST_SYNC_RUN, OPEN_SYNC_COUNTS, OPEN_SYNC_ENTRIES, SYNC_RUNS_SINCE,
    WEBHOOK_OUTCOMES,
};
use crate::tenant::Tenant;
use crate::traffic::{RequestCounts, hour_of};

const DAY: i64 = 24 * 3_600;
const HOURS: i64 = 24;

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

/// A webhook of the integration.
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) enabled: bool,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) disabled_reason: Option<String>,
    pub(super) updated_at: Timestamp,
}

/// A record of a sync that is not settled.
pub(super) struct OpenEntry {
    pub(super) id: Uuid,
    pub(super) resource: String,
    pub(super) external_id: Option<String>,
    pub(super) reason: String,
    pub(super) action: String,
    pub(super) at: Timestamp,
}

impl App {
    /// How an integration does.
    pub async fn integration_status(
        &self,
        tenant: &Tenant,
        id: RecordId,
    ) -> Result<IntegrationStatus, Failure> {
        let integration = self.integration(tenant, id).await?;
        let now = self.now();
        let (day, month) = (now.plus_seconds(-DAY), now.plus_seconds(-30 * DAY));
        let keys: Vec<KeyDetails> =
            self.keys_of(tenant).await?.into_iter().filter(|key| key.integration == Some(id)).collect();
        let key_ids: Vec<_> = keys.iter().map(|key| key.id).collect();
        let by_hour = self.traffic_of(tenant, id, &key_ids, month).await?;
        let last_at = by_hour.values().map(|counts| counts.last_at).max();
        let mut requests = RequestCounts::default();
        for counts in by_hour.range(hour_of(day)..).map(|(_, counts)| counts) {
            requests.add(counts);
        }
        let own = || vec![Param::Uuid(id.uuid())];
        let last_run = tenant.optional(self.db(), &LAST_SYNC_RUN, own(), |row| {
            Ok((Timestamp::from_micros(row.integer(0)?), row.text(1)?.to_owned()))
        });
        let last_run = last_run.await?;
        let (pending_syncs, failed_syncs) = self.open_syncs(tenant, id).await?;
        let hooks = self.hooks(tenant, id).await?;
        let since = vec![Param::Uuid(id.uuid()), Param::Integer(day.as_micros())];
        let outcomes = tenant.optional(self.db(), &WEBHOOK_OUTCOMES, since, |row| {
            Ok((row.optional_integer(0)?.unwrap_or(0), row.optional_integer(1)?.unwrap_or(0)))
        });
        let (delivered, webhook_failures) = outcomes.await?.unwrap_or_default();
        let last_request_at = last_at.filter(|at| *at > 0).map(Timestamp::from_micros);
        let enabled = integration.get(&INTEGRATION, "enabled") == &Value::Boolean(true);
        let latest = by_hour.values().next_back().copied().unwrap_or_default();
        let facts = Facts {
            now,
            keys: &keys,
            hooks: &hooks,
            requests,
            last_request_at,
            open: self.open_entries(tenant, id).await?,
            failed: failed_syncs,
        };
        let errors = errors(&facts);
        let has_key = keys.iter().any(|key| key.is_valid(now));
        let connected = has_key && last_request_at.is_some() || delivered > 0;
        let refused = latest.unauthorised + latest.forbidden + latest.rate_limited + latest.server_errors;
        let hook_fails =
            hooks.iter().any(|hook| hook.failing_since.is_some() || hook.disabled_reason.is_some());
        let run_failed = last_run.as_ref().is_some_and(|(_, status)| status == FAILED) && failed_syncs > 0;
        let health = match () {
            () if !enabled => Health::Disabled,
            () if !connected => Health::Disconnected,
            () if run_failed || hook_fails || (latest.succeeded == 0 && refused > 0) => Health::Failing,
            () if !errors.is_empty() || webhook_failures > 0 => Health::Degraded,
            () => Health::Healthy,
        };
        Ok(IntegrationStatus {
            health,
            connected,
            credential_expires_at: credential_end(&keys, now),
            last_request_at,
            last_sync_at: last_run.map(|(at, _)| at),
            pending_syncs,
            failed_syncs,
            requests,
            webhook_failures,
            errors,
            hours: self.hours(tenant, id, now, &by_hour).await?,
        })
    }

    /// How many records are tried again by themselves, and how many need somebody.
    async fn open_syncs(&self, tenant: &Tenant, id: RecordId) -> Result<(i64, i64), Failure> {
        let (mut pending, mut failed) = (0, 0);
        let each = |row: &Row<'_>| {
            if row.text(0)? == FAILED {
                failed = row.integer(1)?;
            } else {
                pending = row.integer(1)?;
            }
            Ok(())
        };
        let own = vec![Param::Uuid(id.uuid())];
        tenant.each(self.db(), Weight::Long, &OPEN_SYNC_COUNTS, own, each).await?;
        Ok((pending, failed))
    }

    async fn open_entries(&self, tenant: &Tenant, id: RecordId) -> Result<Vec<OpenEntry>, Failure> {
        let mut open = Vec::new();
        let each = |row: &Row<'_>| {
            open.push(OpenEntry {
                id: row.uuid(0)?,
                resource: row.text(1)?.to_owned(),
                external_id: row.optional_text(2)?.map(str::to_owned),
                reason: row.optional_text(3)?.unwrap_or_default().to_owned(),
                action: row.optional_text(4)?.unwrap_or_default().to_owned(),
                at: Timestamp::from_micros(row.integer(5)?),
            });
            Ok(())
        };
        let own = vec![Param::Uuid(id.uuid())];
        tenant.each(self.db(), Weight::Long, &OPEN_SYNC_ENTRIES, own, each).await?;
        Ok(open)
    }

    async fn hooks(&self, tenant: &Tenant, id: RecordId) -> Result<Vec<Hook>, Failure> {
        let mut hooks = Vec::new();
        let each = |row: &Row<'_>| {
            hooks.push(Hook {
                url: row.text(0)?.to_owned(),
                enabled: row.optional_boolean(1)?.unwrap_or(false),
                failing_since: row.optional_integer(2)?.map(Timestamp::from_micros),
                disabled_reason: row.optional_text(3)?.map(str::to_owned),
                updated_at: Timestamp::from_micros(row.integer(4)?),
            });
            Ok(())
        };
        let own = vec![Param::Uuid(id.uuid())];
        tenant.each(self.db(), Weight::Short, &INTEGRATION_WEBHOOKS, own, each).await?;
        Ok(hooks)
    }

    /// The last 24 hours, the running one included.
    async fn hours(
        &self,
        tenant: &Tenant,
        id: RecordId,
        now: Timestamp,
        requests: &std::collections::BTreeMap<i64, RequestCounts>,
    ) -> Result<Vec<(Timestamp, RequestCounts, SyncCounts)>, Failure> {
        let mut hours: Vec<(Timestamp, RequestCounts, SyncCounts)> = (0..HOURS)
            .rev()
            .map(|back| {
                let hour = hour_of(now.plus_seconds(-back * 3_600));
                let counts = requests.get(&hour).copied().unwrap_or_default();
                (Timestamp::from_micros(hour), counts, SyncCounts::default())
            })
            .collect();
        let first = hours.first().map_or(0, |(hour, _, _)| hour.as_micros());
        let each = |row: &Row<'_>| {
            let hour = hour_of(Timestamp::from_micros(row.integer(0)?));
            let Some((_, _, counts)) = hours.iter_mut().find(|(at, _, _)| at.as_micros() == hour) else {
                return Ok(());
            };
            for (place, count) in counts.iter_mut().enumerate() {
                *count += row.optional_integer(place + 1)?.unwrap_or(0);
            }
            Ok(())
        };
        let params = vec![Param::Uuid(id.uuid()), Param::Integer(first)];
        tenant.each(self.db(), Weight::Long, &SYNC_RUNS_SINCE, params, each).await?;
        Ok(hours)
    }
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
