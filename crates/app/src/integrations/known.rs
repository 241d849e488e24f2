//! What the store knows of some integrations: each question is asked once, about all of them. What it means is not for here.

use std::collections::{BTreeMap, HashMap, HashSet};

use db::{Param, Row, Weight};
use domain::resources::sync_words::FAILED;
use domain::{KeyId, RecordId, Timestamp};
use uuid::Uuid;

use super::status::{DAY, HOURS, SyncCounts};
use crate::app::App;
use crate::failure::Failure;
use crate::keys::KeyDetails;
use crate::store::integrations::{
    AT_ONCE, INTEGRATION_WEBHOOKS, LAST_SYNC_RUNS, OPEN_SYNC_COUNTS, OPEN_SYNC_ENTRIES, SYNC_RUNS_SINCE,
    WEBHOOK_OUTCOMES,
};
use crate::tenant::Tenant;
use crate::traffic::{RequestCounts, hour_of};

/// What is known of an integration.
#[derive(Default)]
pub(super) struct Known {
    pub(super) keys: Vec<KeyDetails>,
    pub(super) hooks: Vec<Hook>,
    /// Requests with its keys in the last 30 days, by hour.
    pub(super) requests: BTreeMap<i64, RequestCounts>,
    /// When the last run was, and what became of it.
    pub(super) last_run: Option<(Timestamp, String)>,
    /// What runs of the last 24 hours did, by hour.
    pub(super) syncs: BTreeMap<i64, SyncCounts>,
    /// Records that are tried again by themselves.
    pub(super) pending_syncs: i64,
    /// Records that need somebody.
    pub(super) failed_syncs: i64,
    /// The newest of these.
    pub(super) open: Vec<OpenEntry>,
    /// Deliveries of the last 24 hours that arrived.
    pub(super) delivered: i64,
    /// Deliveries of the last 24 hours whose last attempt failed.
    pub(super) webhook_failures: i64,
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

/// What is known, by integration.
type All = HashMap<RecordId, Known>;

/// What is known of the integration whose id is a row's first value.
fn of<'a>(all: &'a mut All, row: &Row<'_>) -> Result<&'a mut Known, db::DbError> {
    Ok(all.entry(RecordId::from(row.uuid(0)?)).or_default())
}

impl App {
    /// What is known of these integrations now.
    pub(super) async fn known_of(
        &self,
        tenant: &Tenant,
        ids: &[RecordId],
        now: Timestamp,
    ) -> Result<All, Failure> {
        let mut all: All = ids.iter().map(|id| (*id, Known::default())).collect();
        let mut owners: HashMap<KeyId, RecordId> = HashMap::new();
        for key in self.keys_of(tenant).await? {
            if let Some(id) = key.integration
                && let Some(known) = all.get_mut(&id)
            {
                owners.insert(key.id, id);
                known.keys.push(key);
            }
        }
        for some in ids.chunks(AT_ONCE) {
            // Places that are left over name the last one again.
            let last = some.last().into_iter().cycle();
            let places = some.iter().chain(last).take(AT_ONCE).map(|id| Param::Uuid(id.uuid()));
            let places: Vec<Param> = places.collect();
            self.requests_of(tenant, &mut all, &places, &owners, now).await?;
            self.syncs_of(tenant, &mut all, &places, now).await?;
            self.open_syncs_of(tenant, &mut all, &places).await?;
            self.hooks_of(tenant, &mut all, &places, now).await?;
        }
        Ok(all)
    }

    async fn requests_of(
        &self,
        tenant: &Tenant,
        all: &mut All,
        places: &[Param],
        owners: &HashMap<KeyId, RecordId>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let asked = |id: &RecordId| places.contains(&Param::Uuid(id.uuid()));
        let keys: HashSet<KeyId> = owners.iter().filter(|(_, id)| asked(id)).map(|(key, _)| *key).collect();
        let month = now.plus_seconds(-30 * DAY);
        for (key, hour, counts) in self.traffic_of(tenant, places.to_vec(), &keys, month).await? {
            if let Some(known) = owners.get(&key).and_then(|id| all.get_mut(id)) {
                known.requests.entry(hour).or_default().add(&counts);
            }
        }
        Ok(())
    }

    async fn syncs_of(
        &self,
        tenant: &Tenant,
        all: &mut All,
        places: &[Param],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let each = |row: &Row<'_>| {
            let last = (Timestamp::from_micros(row.integer(1)?), row.text(2)?.to_owned());
            of(all, row)?.last_run = Some(last);
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &LAST_SYNC_RUNS, places.to_vec(), each).await?;
        let each = |row: &Row<'_>| {
            let hour = hour_of(Timestamp::from_micros(row.integer(1)?));
            let counts = of(all, row)?.syncs.entry(hour).or_default();
            for (place, count) in counts.iter_mut().enumerate() {
                *count += row.optional_integer(place + 2)?.unwrap_or(0);
            }
            Ok(())
        };
        let first = Param::Integer(hour_of(now.plus_seconds(-(HOURS - 1) * 3_600)));
        let params = places.iter().cloned().chain([first]).collect();
        Ok(tenant.each(self.db(), Weight::Long, &SYNC_RUNS_SINCE, params, each).await?)
    }

    async fn open_syncs_of(&self, tenant: &Tenant, all: &mut All, places: &[Param]) -> Result<(), Failure> {
        let each = |row: &Row<'_>| {
            let count = row.integer(2)?;
            let known = of(all, row)?;
            if row.text(1)? == FAILED {
                known.failed_syncs = count;
            } else {
                known.pending_syncs = count;
            }
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &OPEN_SYNC_COUNTS, places.to_vec(), each).await?;
        let each = |row: &Row<'_>| {
            let entry = OpenEntry {
                id: row.uuid(1)?,
                resource: row.text(2)?.to_owned(),
                external_id: row.optional_text(3)?.map(str::to_owned),
                reason: row.optional_text(4)?.unwrap_or_default().to_owned(),
                action: row.optional_text(5)?.unwrap_or_default().to_owned(),
                at: Timestamp::from_micros(row.integer(6)?),
            };
            of(all, row)?.open.push(entry);
            Ok(())
        };
        Ok(tenant.each(self.db(), Weight::Long, &OPEN_SYNC_ENTRIES, places.to_vec(), each).await?)
    }

    async fn hooks_of(
        &self,
        tenant: &Tenant,
        all: &mut All,
        places: &[Param],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut owners: HashMap<Uuid, RecordId> = HashMap::new();
        let each = |row: &Row<'_>| {
            let hook = Hook {
                url: row.text(2)?.to_owned(),
                enabled: row.optional_boolean(3)?.unwrap_or(false),
                failing_since: row.optional_integer(4)?.map(Timestamp::from_micros),
                disabled_reason: row.optional_text(5)?.map(str::to_owned),
                updated_at: Timestamp::from_micros(row.integer(6)?),
            };
            owners.insert(row.uuid(1)?, RecordId::from(row.uuid(0)?));
            of(all, row)?.hooks.push(hook);
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &INTEGRATION_WEBHOOKS, places.to_vec(), each).await?;
        let each = |row: &Row<'_>| {
            if let Some(known) = owners.get(&row.uuid(0)?).and_then(|id| all.get_mut(id)) {
                known.delivered += row.optional_integer(1)?.unwrap_or(0);
                known.webhook_failures += row.optional_integer(2)?.unwrap_or(0);
            }
            Ok(())
        };
        let day = Param::Integer(now.plus_seconds(-DAY).as_micros());
        let params = places.iter().cloned().chain([day]).collect();
        Ok(tenant.each(self.db(), Weight::Short, &WEBHOOK_OUTCOMES, params, each).await?)
    }
}
