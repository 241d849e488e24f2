//! Leasing deliveries that are due. A lease ends by itself, so that the work of a server that was killed
//! is taken over by another one.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::{RecordId, Timestamp};
use uuid::Uuid;

use super::endpoint::Endpoint;
use crate::app::App;
use crate::changes::{Body, Change};
use crate::failure::Failure;
use crate::store::system::{CLAIM_DELIVERIES, FIND_CHANGE, GIVE_UP_DELIVERIES, RELEASE_DELIVERY};
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

/// A delivery that this server has leased and must send.
#[derive(Clone, Debug)]
pub struct Job {
    /// The row of the delivery log.
    pub delivery: Uuid,
    /// Where it goes.
    pub endpoint: Arc<Endpoint>,
    /// The event's id, the same at each attempt.
    pub event_id: String,
    /// The event's type.
    pub event_type: String,
    /// How often it was tried before.
    pub attempts: i64,
    /// What is sent.
    pub body: Arc<[u8]>,
    /// When another server may take it.
    pub lease_until: Timestamp,
}

/// A leased row, before its body is known.
struct Claimed {
    id: Uuid,
    event_id: String,
    event_type: String,
    sequence: Option<i64>,
    attempts: i64,
    payload: Option<String>,
}

impl App {
    /// Webhooks with deliveries that are due and that nobody is sending, with their tenants.
    pub async fn due_webhooks(&self) -> Result<Vec<(i64, RecordId)>, Failure> {
        let now = Param::Integer(self.now().as_micros());
        let params = [now.clone(), now];
        let read = |row: &Row<'_>| Ok((row.integer(0)?, row.uuid(1)?.into()));
        Ok(self.db().all(Weight::Long, System::DUE_WEBHOOKS, &params, read).await?)
    }

    /// Leases up to `most` due deliveries of a webhook, the longest due first.
    pub async fn claim(
        &self,
        tenant: i64,
        webhook: RecordId,
        most: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<Job>, Failure> {
        let Some(tenant) = self.tenant_by_key(tenant).await? else { return Ok(Vec::new()) };
        let Some(endpoint) = self.endpoint(&tenant, webhook).await? else {
            self.give_up(&tenant, webhook).await?;
            return Ok(Vec::new());
        };
        if !endpoint.enabled {
            // What waits is sent when the webhook is switched on again.
            return Ok(Vec::new());
        }
        let now = self.now().as_micros();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let shared = Arc::new(tenant.clone());
        let claimed = self.db().write(move |tx| {
            let tenant = shared.clone();
            Box::pin(async move {
                let params = vec![
                    Param::Integer(lease_until.as_micros()),
                    Param::Uuid(webhook.uuid()),
                    Param::Integer(now),
                    Param::Integer(now),
                    Param::Integer(most),
                    Param::Integer(now),
                ];
                ScopedTx::new(tx, &tenant).all(&CLAIM_DELIVERIES, params, read).await
            })
        });
        let claimed: Result<Vec<Claimed>, DbError> = claimed.await;
        let mut jobs = Vec::new();
        for claimed in claimed? {
            let Some(body) = self.body(&tenant, &claimed).await? else { continue };
            jobs.push(Job {
                delivery: claimed.id,
                endpoint: endpoint.clone(),
                event_id: claimed.event_id,
                event_type: claimed.event_type,
                attempts: claimed.attempts,
                body,
                lease_until,
            });
        }
        Ok(jobs)
    }

    /// What is sent: as it was kept with the delivery, or as it is in the feed.
    async fn body(&self, tenant: &Tenant, claimed: &Claimed) -> Result<Option<Body>, Failure> {
        match (&claimed.payload, claimed.sequence) {
            (Some(payload), _) => Ok(Some(Body::from(payload.as_bytes()))),
            (None, Some(sequence)) => self.event(tenant, sequence).await,
            (None, None) => Ok(None),
        }
    }

    /// An event of the feed as JSON; none when it is no longer kept.
    pub(super) async fn event(&self, tenant: &Tenant, sequence: i64) -> Result<Option<Body>, Failure> {
        let params = vec![Param::Integer(sequence)];
        let Some(change) = tenant.optional(self.db(), &FIND_CHANGE, params, Change::read).await? else {
            return Ok(None);
        };
        let mut json = Vec::new();
        change.write(&mut json, tenant, None)?;
        Ok(Some(Body::from(json)))
    }

    /// Gives leases back that are not needed, so that others need not wait for their end.
    pub async fn release_deliveries(&self, jobs: Vec<Job>) -> Result<(), Failure> {
        let jobs = Arc::new(jobs);
        let released = self.db().write(move |tx| {
            let jobs = jobs.clone();
            Box::pin(async move {
                for job in jobs.iter() {
                    let mut tx = ScopedTx::new(tx, &job.endpoint.tenant);
                    tx.execute(&RELEASE_DELIVERY, vec![Param::Uuid(job.delivery)]).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        Ok(released.await?)
    }

    /// Ends what waits for a webhook that was deleted.
    async fn give_up(&self, tenant: &Tenant, webhook: RecordId) -> Result<(), Failure> {
        let params = vec![
            Param::Text("The webhook was deleted.".to_owned()),
            Param::Integer(self.now().as_micros()),
            Param::Uuid(webhook.uuid()),
        ];
        self.run_scoped(tenant, &GIVE_UP_DELIVERIES, params).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<Claimed, DbError> {
    Ok(Claimed {
        id: row.uuid(0)?,
        event_id: row.text(1)?.to_owned(),
        event_type: row.text(2)?.to_owned(),
        sequence: row.optional_integer(3)?,
        attempts: row.integer(4)?,
        payload: row.optional_text(5)?.map(str::to_owned),
    })
}
