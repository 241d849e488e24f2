//! Reading what an outside system brings as far as that needs no store: before the transaction, so that it holds
//! up nobody.

use domain::definition::Resource;
use domain::input::{self, Context, Mode};
use domain::json::Object;
use domain::mapping::moment_in;
use domain::{Problem, Timestamp, Violation};
use serde_json::{Value as Json, json};

use super::super::shape::Shape;
use super::{SyncDeletion, SyncOrder};
use crate::records::NewRecord;

/// One thing to do in a run.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// The outside system's id.
    pub(super) external_id: Option<String>,
    pub(super) work: TaskWork,
    /// What is kept to try it again.
    pub(super) payload: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum TaskWork {
    /// It cannot be read.
    Wrong(Problem),
    /// The record is to be as this.
    Put(Box<Put>),
    /// The record was deleted.
    Delete(Option<Timestamp>),
}

#[derive(Clone, Debug)]
pub(super) struct Put {
    pub(super) body: Object,
    /// The record that the body makes where there is none yet.
    pub(super) new: Result<NewRecord, Problem>,
    /// When the outside system changed it.
    pub(super) changed_at: Option<Timestamp>,
}

/// Reads a whole order.
pub(super) fn tasks(shape: &Shape, order: SyncOrder, context: &Context) -> Vec<Task> {
    let records = order.records.into_iter().map(|record| match record {
        Ok(external) => task(shape, &external, context),
        Err(problem) => Task { external_id: None, work: TaskWork::Wrong(problem), payload: None },
    });
    records.chain(order.deleted.into_iter().map(deletion)).collect()
}

/// Reads one record.
pub(super) fn task(shape: &Shape, external: &Object, context: &Context) -> Task {
    let payload = Some(json!({"record": external}).to_string());
    let read = read(shape, external, context);
    let external_id = match &read {
        Ok((body, _)) => external_id(body),
        Err(_) => external_id(&shape.readable(external)),
    };
    let work = match read {
        Err(problem) => TaskWork::Wrong(problem),
        Ok(_) if external_id.is_none() => TaskWork::Wrong(without_id(shape)),
        Ok((body, changed_at)) => {
            let resource = shape.resource();
            let for_new = input::for_new(resource, &body);
            let new = input::apply(resource, None, &for_new, Mode::Create, context);
            let new =
                new.map(|record| NewRecord::of(resource, record)).map_err(|it| shape.in_their_words(it));
            TaskWork::Put(Box::new(Put { body, new, changed_at }))
        }
    };
    Task { external_id, work, payload }
}

/// Reads a deletion.
pub(super) fn deletion(deletion: SyncDeletion) -> Task {
    let at = deletion.at.map(|at| at.to_string());
    let payload = json!({"deleted": {"id": deletion.external_id, "deletedAt": at}}).to_string();
    Task {
        external_id: Some(deletion.external_id),
        work: TaskWork::Delete(deletion.at),
        payload: Some(payload),
    }
}

/// Reads a kept payload again.
pub(super) fn kept(shape: &Shape, payload: &str, context: &Context) -> Option<Task> {
    let payload: Object = serde_json::from_str(payload).ok()?;
    if let Some(Json::Object(external)) = payload.get("record") {
        return Some(task(shape, external, context));
    }
    let gone = payload.get("deleted")?;
    let external_id = gone.get("id")?.as_str()?.to_owned();
    let at = gone.get("deletedAt").and_then(Json::as_str).and_then(Timestamp::parse);
    Some(deletion(SyncDeletion { external_id, at }))
}

fn read(shape: &Shape, external: &Object, context: &Context) -> Result<(Object, Option<Timestamp>), Problem> {
    let (body, changed_at) = match shape {
        Shape::Mapped(mapping) => {
            let body = mapping.inbound(external).map_err(|found| {
                // Read all the way, it tells everything that is wrong with it.
                let checked = mapping.check(external, None, Mode::Create, context);
                checked.err().unwrap_or_else(|| Problem::validation(found))
            })?;
            (body, mapping.changed_at(external))
        }
        Shape::Own(resource) => (without_read_only(resource, external), moment_in("updatedAt", external)),
    };
    let changed_at = changed_at.map_err(|violation| Problem::validation(vec![violation]))?;
    Ok((body, changed_at))
}

/// What only the server sets may come along, as it was read.
fn without_read_only(resource: &Resource, external: &Object) -> Object {
    let kept = |name: &str| resource.field(name).is_none_or(|field| !field.read_only);
    let members = external.iter().filter(|(name, _)| kept(name));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn external_id(body: &Object) -> Option<String> {
    let text = match body.get("externalId")? {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn without_id(shape: &Shape) -> Problem {
    let column = match shape {
        Shape::Mapped(mapping) => mapping.external_id_column(),
        Shape::Own(_) => Some("externalId"),
    };
    let (path, message) = match column {
        Some(column) => (
            column,
            format!("{column} is required: the outside system's id, by which records are found again."),
        ),
        None => (
            "externalId",
            "No rule of the field mapping fills externalId, by which records are found again. Add one."
                .to_owned(),
        ),
    };
    Problem::validation(vec![Violation::new(path, "required", message)])
}
