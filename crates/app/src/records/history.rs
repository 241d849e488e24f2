//! Starting a tenant with a history: records that were made in the past, each at its own moment.

use std::sync::Arc;

use domain::input::{self, Mode};
use domain::json::Object;
use domain::{Resource, Timestamp};

use super::change::{NewRecord, Work};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::records::WriteRequest;
use crate::store::ScopedTx;
use crate::tenant::Tenant;

/// A record of the past.
#[derive(Clone, Debug)]
pub struct Past {
    /// What it is.
    pub resource: &'static Resource,
    /// When it was made.
    pub at: Timestamp,
    /// As what it was made, as a body of the API.
    pub body: Object,
}

impl App {
    /// Makes all of these records now, in one transaction, and answers whether it did: a tenant that has any
    /// record is left as it is. Where nothing was ever written, each is made at its own moment.
    pub(crate) async fn fill_empty(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        history: Vec<Past>,
    ) -> Result<bool, Failure> {
        if self.sequence(tenant).await? == 0 {
            return self.start_history(tenant, actor, history).await;
        }
        let mut records: Vec<(Work, NewRecord)> = Vec::with_capacity(history.len());
        for past in history {
            let request = WriteRequest { allow_past: true, ..actor.into() };
            let (work, _) = self.work(tenant, request, past.resource)?;
            let record = input::apply(past.resource, None, &past.body, Mode::Create, &work.context())?;
            records.push((work, NewRecord::of(past.resource, record)));
        }
        let schemas = self.registry().iter().map(|resource| self.schema(resource));
        let schemas = schemas.collect::<Result<Vec<_>, Failure>>()?;
        let shared = Arc::new((tenant.clone(), records, schemas));
        let filled = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, records, schemas) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                tx.lock().await?;
                for schema in schemas {
                    if tx.optional(&schema.some, Vec::new(), |row| row.uuid(0)).await?.is_some() {
                        return Ok(false);
                    }
                }
                for (work, record) in records {
                    work.insert(&mut tx, record).await?;
                }
                tx.finish().await?;
                Ok::<bool, Failure>(true)
            })
        });
        let filled: Result<bool, Failure> = filled.await;
        if matches!(filled, Ok(true)) {
            self.changed(tenant);
        }
        filled
    }

    /// Deletes some records of a resource, whatever its rules say; answers how many, which is none when
    /// none is left.
    pub(crate) async fn remove_some(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
    ) -> Result<usize, Failure> {
        let (work, _) = self.work(tenant, actor.into(), resource)?;
        work.run(None, |work, tx| Box::pin(async move { work.remove_some(tx).await })).await
    }

    /// Makes all of these records in one transaction, as if each had been made at its own moment, and
    /// answers whether it did: a tenant in which anything was ever written is left as it is. So this can
    /// be called at each start, and after a start that was killed half-way.
    pub async fn start_history(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        history: Vec<Past>,
    ) -> Result<bool, Failure> {
        if self.sequence(tenant).await? > 0 {
            return Ok(false);
        }
        let mut records: Vec<(Work, NewRecord)> = Vec::with_capacity(history.len());
        for past in history {
            let (work, _) = self.work(tenant, actor.into(), past.resource)?;
            let work = work.at(past.at);
            let context = self.context(tenant, past.resource, past.at);
            let record = input::apply(past.resource, None, &past.body, Mode::Create, &context)?;
            records.push((work, NewRecord::of(past.resource, record)));
        }
        let shared = Arc::new((tenant.clone(), records));
        let started = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, records) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                tx.lock().await?;
                // Somebody may have written since the first look.
                if !tx.is_untouched() {
                    return Ok(false);
                }
                for (work, record) in records {
                    work.insert(&mut tx, record).await?;
                }
                tx.finish().await?;
                Ok::<bool, Failure>(true)
            })
        });
        let started: Result<bool, Failure> = started.await;
        if matches!(started, Ok(true)) {
            self.changed(tenant);
        }
        started
    }
}
