//! Changing records: what the API and its like call. How a change is made is in [`super::change`].

use std::sync::Arc;

use domain::definition::{Action, Effect, Resource};
use domain::input::{self, Mode};
use domain::json::Object;
use domain::{Problem, Record, RecordId, Violation};
use serde_json::json;

use super::change::NewRecord;
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
use crate::tenant::Tenant;

/// By whom and under which circumstances a change is made.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// Who makes it.
    pub actor: Actor,
    /// What must hold for the record.
    pub condition: WriteCondition,
    /// Records of the past may be made.
    pub allow_past: bool,
    /// Under which key the answer is kept for repetitions.
    pub remember: Option<Remember<Stored>>,
}

impl From<Actor> for WriteRequest {
    fn from(actor: Actor) -> Self {
        Self { actor, condition: WriteCondition::Exists, allow_past: false, remember: None }
    }
}

impl From<&Actor> for WriteRequest {
    fn from(actor: &Actor) -> Self {
        actor.clone().into()
    }
}

/// Under which condition a change is made (`If-Match`, RFC 9110 §13.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WriteCondition {
    /// None, or `*`: that the record exists is a condition of every change.
    Exists,
    /// The record is at one of these versions.
    Versions(Vec<i64>),
}

/// A record after a change.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record as it is now.
    pub record: Record,
    /// What happened to it.
    pub outcome: Outcome,
    /// The secret that was made with it. Shown this once.
    pub secret: Option<String>,
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

impl App {
    /// Makes a record from a body.
    pub async fn create(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        resource: &'static Resource,
        body: &Object,
    ) -> Result<Stored, Failure> {
        let (work, remember) = self.work(tenant, request.into(), resource)?;
        let record = input::apply(resource, None, body, Mode::Create, &work.context())?;
        let new = Arc::new(NewRecord::of(resource, record));
        work.run(remember, move |work, tx| {
            let new = new.clone();
            Box::pin(async move { work.insert(tx, &new).await })
        })
        .await
    }

    /// Replaces or patches a record with a body.
    pub async fn update(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        resource: &'static Resource,
        id: RecordId,
        mode: Mode,
        body: Object,
    ) -> Result<Stored, Failure> {
        let (work, remember) = self.work(tenant, request.into(), resource)?;
        let body = Arc::new(body);
        work.run(remember, move |work, tx| {
            let body = body.clone();
            Box::pin(async move { work.update(tx, id, mode, &body).await })
        })
        .await
    }

    /// Carries out an action: a status change, a copy with changes to it, or a merge.
    pub async fn act(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        resource: &'static Resource,
        id: RecordId,
        action: &'static Action,
        body: Object,
    ) -> Result<Stored, Failure> {
        match action.effect {
            Effect::SetStatus(status) => {
                if let Some(name) = body.keys().next() {
                    let message = format!("{} takes no fields; change the record by PATCH.", action.name);
                    let violation = Violation::new(name, "unknown_field", message);
                    return Err(Problem::validation(vec![violation]).into());
                }
                let body = Object::from_iter([("status".to_owned(), json!(status))]);
                self.update(tenant, request, resource, id, Mode::Patch, body).await
            }
            Effect::Clone => {
                let (work, remember) = self.work(tenant, request.into(), resource)?;
                let body = Arc::new(body);
                work.run(remember, move |work, tx| {
                    let body = body.clone();
                    Box::pin(async move { work.copy(tx, id, &body).await })
                })
                .await
            }
            Effect::Merge => {
                let order = Arc::new(input::merge_order(resource, &body)?);
                let (work, remember) = self.work(tenant, request.into(), resource)?;
                work.run(remember, move |work, tx| {
                    let order = order.clone();
                    Box::pin(async move { work.merge(tx, id, &order).await })
                })
                .await
            }
        }
    }

    /// Deletes a record for good; a tombstone, the audit row and the feed's event stay.
    pub async fn delete(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        resource: &'static Resource,
        id: RecordId,
    ) -> Result<(), Failure> {
        let (work, remember) = self.work(tenant, request.into(), resource)?;
        let deleted = work.run(remember, move |work, tx| Box::pin(async move { work.delete(tx, id).await }));
        deleted.await.map(drop)
    }
}
