//! Changing records: what the API and its like call. How a change is made is in [`super::change`].

use std::sync::Arc;

use domain::definition::{Action, Effect, Resource};
use domain::input::{self, Mode};
use domain::json::Object;
use domain::{Problem, Record, RecordId, Violation};
use serde_json::json;

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::tenant::Tenant;

/// A record after a change.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record as it is now.
    pub record: Record,
    /// What happened to it.
    pub outcome: Outcome,
}

/// What a change did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A record was made.
    Created,
    /// A record was changed.
    Updated,
    /// Everything was as wanted already; nothing was written.
    Unchanged,
}

/// Under which condition a change is made (`If-Match`, RFC 9110 §13.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WriteCondition {
    /// None, or `*`: that the record exists is a condition of every change.
    Exists,
    /// The record is at one of these versions.
    Versions(Vec<i64>),
}

impl App {
    /// Makes a record from a body.
    pub async fn create(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        body: &Object,
    ) -> Result<Stored, Failure> {
        let work = self.work(tenant, actor, resource)?;
        let record = input::apply(resource, None, body, Mode::Create, &tenant.context(work.now, resource))?;
        work.run(move |work, tx| {
            let record = record.clone();
            Box::pin(async move { work.insert(tx, record).await })
        })
        .await
    }

    /// Replaces or patches a record with a body.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing that a caller must decide")]
    pub async fn update(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: RecordId,
        mode: Mode,
        body: Object,
        condition: WriteCondition,
    ) -> Result<Stored, Failure> {
        let work = self.work(tenant, actor, resource)?;
        let shared = Arc::new((body, condition));
        work.run(move |work, tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (body, condition) = &*shared;
                work.update(tx, id, mode, body, condition).await
            })
        })
        .await
    }

    /// Carries out an action: a status change, or a copy with changes to it.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing that a caller must decide")]
    pub async fn act(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: RecordId,
        action: &'static Action,
        body: Object,
        condition: WriteCondition,
    ) -> Result<Stored, Failure> {
        match action.effect {
            Effect::SetStatus(status) => {
                if let Some(name) = body.keys().next() {
                    let message = format!("{} takes no body.", action.name);
                    return Err(
                        Problem::validation(vec![Violation::new(name, "unknown_field", message)]).into()
                    );
                }
                let body = Object::from_iter([("status".to_owned(), json!(status))]);
                self.update(tenant, actor, resource, id, Mode::Patch, body, condition).await
            }
            Effect::Clone => {
                let work = self.work(tenant, actor, resource)?;
                let shared = Arc::new((body, condition));
                work.run(move |work, tx| {
                    let shared = shared.clone();
                    Box::pin(async move {
                        let (body, condition) = &*shared;
                        let original = work.find(tx, id, condition).await?;
                        let context = work.tenant.context(work.now, work.schema.resource);
                        let copy = input::copy(work.schema.resource, &original, body, &context)?;
                        work.insert(tx, copy).await
                    })
                })
                .await
            }
        }
    }

    /// Deletes a record for good; a tombstone, the audit row and the feed's event stay.
    pub async fn delete(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: RecordId,
        condition: WriteCondition,
    ) -> Result<(), Failure> {
        let work = self.work(tenant, actor, resource)?;
        let deleted = work.run(move |work, tx| {
            let condition = condition.clone();
            Box::pin(async move { work.delete(tx, id, &condition).await })
        });
        deleted.await.map(drop)
    }
}
