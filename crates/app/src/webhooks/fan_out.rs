//! From the feed into the queues: each change once for each webhook that wants it.
//!
//! How far a tenant's feed has been queued is kept with the queue and moved in the same transaction, on
//! the condition that it stands where it was read: of two servers that do this at once, one does it.

use std::collections::HashMap;
use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::resources::PENDING;
use domain::{RecordId, Timestamp};
use uuid::Uuid;

use super::claim::Job;
use super::endpoint::Endpoint;
use crate::app::App;
use crate::changes::{Body, Change, json_text};
use crate::failure::Failure;
use crate::store::system::{CHANGES_AFTER, FANNED_OUT, INSERT_DELIVERY, MOVE_FANOUT};
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

/// The most changes that are queued in one transaction, and the most rows that this may make.
const MOST_CHANGES: i64 = 500;
const MOST_ROWS: usize = 1_000;

/// Who decides how many deliveries of a webhook can be sent at once: those are leased as they are queued.
pub trait Room: Send + Sync {
    /// Takes room for so many deliveries of a webhook, or for fewer; answers for how many.
    fn take(&self, webhook: RecordId, wanted: usize) -> usize;
    /// Gives room back that was not needed.
    fn give_back(&self, webhook: RecordId, unused: usize);
}

/// What came of queueing.
#[derive(Debug, Default)]
pub struct FannedOut {
    /// Deliveries that this server has leased and must send.
    pub jobs: Vec<Job>,
    /// Webhooks with deliveries that wait for room.
    pub waiting: Vec<RecordId>,
    /// Whether there are more changes to queue.
    pub more: bool,
}

/// A delivery about to be queued.
struct NewDelivery {
    id: Uuid,
    endpoint: Arc<Endpoint>,
    change: usize,
    /// The event in the webhook's own shape.
    payload: Option<String>,
    leased: bool,
}

impl App {
    /// Tenants with changes that were not queued yet.
    pub async fn tenants_to_fan_out(&self) -> Result<Vec<i64>, Failure> {
        Ok(self.db().all(Weight::Long, System::TENANTS_TO_FAN_OUT, &[], |row| row.integer(0)).await?)
    }

    /// Queues the next changes of a tenant for its webhooks. What `room` is taken for is leased until
    /// `lease_until`.
    pub async fn fan_out(
        &self,
        tenant: i64,
        room: &dyn Room,
        lease_until: Timestamp,
    ) -> Result<FannedOut, Failure> {
        let Some(tenant) = self.tenant_by_key(tenant).await? else { return Ok(FannedOut::default()) };
        let from =
            tenant.optional(self.db(), &FANNED_OUT, Vec::new(), |row| row.integer(0)).await?.unwrap_or(0);
        // First the changes, then who wants them: a webhook that was made in between hears of later ones.
        let last = self.sequence(&tenant).await?;
        if last <= from {
            return Ok(FannedOut::default());
        }
        let endpoints = self.endpoints(&tenant).await?;
        if endpoints.is_empty() {
            self.store_queue(&tenant, from, last, Vec::new()).await?;
            return Ok(FannedOut::default());
        }
        let mut changes: Vec<Change> = Vec::new();
        let params = vec![Param::Integer(from), Param::Integer(MOST_CHANGES)];
        let each = |row: &Row<'_>| {
            changes.push(Change::read(row)?);
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &CHANGES_AFTER, params, each).await?;
        let (mut new, to) = self.to_queue(&tenant, &endpoints, &changes)?;
        let to = to.unwrap_or(last);
        let waiting = lease(&mut new, room);
        let rows = new.iter().map(|delivery| self.row(delivery, &changes, lease_until)).collect();
        let stored = self.store_queue(&tenant, from, to, rows).await;
        if !matches!(stored, Ok(true)) {
            for delivery in new.iter().filter(|delivery| delivery.leased) {
                room.give_back(delivery.endpoint.id, 1);
            }
            // Another server was faster, which leaves nothing to do here.
            return stored.map(|_| FannedOut { more: true, ..FannedOut::default() });
        }
        let jobs = jobs(&tenant, new, &changes, lease_until)?;
        Ok(FannedOut { jobs, waiting, more: to < last })
    }

    /// What is to be queued of these changes, and the number of the last change that was looked at.
    fn to_queue(
        &self,
        tenant: &Tenant,
        endpoints: &[Arc<Endpoint>],
        changes: &[Change],
    ) -> Result<(Vec<NewDelivery>, Option<i64>), Failure> {
        let now = self.now();
        let mut new = Vec::new();
        let mut last = None;
        for (index, change) in changes.iter().enumerate() {
            if new.len() >= MOST_ROWS {
                break;
            }
            for endpoint in endpoints.iter().filter(|endpoint| endpoint.wants(change)) {
                new.push(NewDelivery {
                    id: domain::id::AuditId::new(now, self.random_bytes()?).uuid(),
                    endpoint: endpoint.clone(),
                    change: index,
                    payload: payload(tenant, endpoint, change)?,
                    leased: false,
                });
            }
            last = Some(change.sequence);
        }
        Ok((new, last))
    }

    fn row(&self, delivery: &NewDelivery, changes: &[Change], lease_until: Timestamp) -> Vec<Param> {
        let lease = if delivery.leased { lease_until } else { Timestamp::from_micros(0) };
        let change = changes.get(delivery.change);
        delivery_params(
            delivery.id,
            delivery.endpoint.id,
            &change.map(Change::event_id).unwrap_or_default(),
            change.map_or("", |change| change.event_type.as_str()),
            change.map(|change| change.sequence),
            delivery.payload.clone(),
            self.now(),
            lease,
        )
    }

    /// Stores rows of the queue and how far the feed is queued now; false when somebody else did.
    async fn store_queue(
        &self,
        tenant: &Tenant,
        from: i64,
        to: i64,
        rows: Vec<Vec<Param>>,
    ) -> Result<bool, Failure> {
        let shared = Arc::new((tenant.clone(), rows));
        let stored = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, rows) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                let params = vec![Param::Integer(to), Param::Integer(from)];
                if tx.execute(&MOVE_FANOUT, params).await? == 0 {
                    return Ok(false);
                }
                if !rows.is_empty() {
                    tx.batch(&INSERT_DELIVERY, rows.clone()).await?;
                }
                Ok::<bool, DbError>(true)
            })
        });
        Ok(stored.await?)
    }
}

/// The parameters of [`INSERT_DELIVERY`] for a delivery that is due now.
#[expect(clippy::too_many_arguments, reason = "one for each column")]
pub(super) fn delivery_params(
    id: Uuid,
    webhook: RecordId,
    event_id: &str,
    event_type: &str,
    sequence: Option<i64>,
    payload: Option<String>,
    now: Timestamp,
    lease_until: Timestamp,
) -> Vec<Param> {
    vec![
        Param::Uuid(id),
        Param::Uuid(webhook.uuid()),
        Param::Text(event_id.to_owned()),
        Param::Text(event_type.to_owned()),
        sequence.map_or(Param::Null, Param::Integer),
        Param::Text(PENDING.to_owned()),
        Param::Integer(0),
        Param::Integer(now.as_micros()),
        Param::Integer(now.as_micros()),
        payload.map_or(Param::Null, Param::Text),
        Param::Integer(lease_until.as_micros()),
    ]
}

/// The event in the webhook's own shape, where it has one: kept, so that each attempt sends the same.
pub(super) fn payload(
    tenant: &Tenant,
    endpoint: &Endpoint,
    change: &Change,
) -> Result<Option<String>, Failure> {
    let Some(mapping) = endpoint.mapping(change) else { return Ok(None) };
    let mut json = Vec::new();
    change.write(&mut json, tenant, Some(mapping))?;
    json_text(json).map(Some)
}

/// Leases as many as there is room for, the oldest first; answers with the webhooks of the others.
fn lease(new: &mut [NewDelivery], room: &dyn Room) -> Vec<RecordId> {
    let mut wanted: HashMap<RecordId, usize> = HashMap::new();
    for delivery in new.iter() {
        *wanted.entry(delivery.endpoint.id).or_default() += 1;
    }
    let mut granted: HashMap<RecordId, usize> =
        wanted.into_iter().map(|(webhook, wanted)| (webhook, room.take(webhook, wanted))).collect();
    let mut waiting = Vec::new();
    for delivery in new {
        match granted.get_mut(&delivery.endpoint.id) {
            Some(left) if *left > 0 => {
                *left -= 1;
                delivery.leased = true;
            }
            _ if waiting.contains(&delivery.endpoint.id) => {}
            _ => waiting.push(delivery.endpoint.id),
        }
    }
    waiting
}

/// What was leased, ready to be sent. Webhooks without a mapping share one body.
fn jobs(
    tenant: &Tenant,
    new: Vec<NewDelivery>,
    changes: &[Change],
    lease_until: Timestamp,
) -> Result<Vec<Job>, Failure> {
    let mut bodies: HashMap<usize, Body> = HashMap::new();
    let mut jobs = Vec::new();
    for delivery in new.into_iter().filter(|delivery| delivery.leased) {
        let Some(change) = changes.get(delivery.change) else { continue };
        let body = match (delivery.payload, bodies.get(&delivery.change)) {
            (Some(own), _) => Body::from(own.into_bytes()),
            (None, Some(shared)) => shared.clone(),
            (None, None) => {
                let mut json = Vec::new();
                change.write(&mut json, tenant, None)?;
                let body = Body::from(json);
                bodies.insert(delivery.change, body.clone());
                body
            }
        };
        jobs.push(Job {
            delivery: delivery.id,
            endpoint: delivery.endpoint,
            event_id: change.event_id(),
            event_type: change.event_type.clone(),
            attempts: 0,
            body,
            lease_until,
        });
    }
    Ok(jobs)
}
