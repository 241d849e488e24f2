//! Examples composed of those of the fields and of the problem table.
//!
//! Examples of bodies are accepted by the API as they stand; those of answers are what it then shows.

use domain::ProblemKind;
use domain::definition::{Effect, Field, Kind, Resource};
use serde_json::{Map, Value as Json, json};

use super::fields::writable;
use crate::config::Config;

/// A request id as the server makes them.
pub(super) const REQUEST_ID: &str = "req_5f3a9c0e7b2d418600000001";

/// The example of a field.
pub(super) fn of_field(field: &Field) -> Json {
    serde_json::from_str(field.example).unwrap_or(Json::Null)
}

fn of_fields(fields: impl Iterator<Item = &'static Field>) -> Json {
    fields.map(|field| (field.name.to_owned(), of_field(field))).collect::<Map<_, _>>().into()
}

/// A record as answers show it.
pub(super) fn shown(resource: &'static Resource) -> Json {
    of_fields(resource.fields.iter())
}

/// A record after an action; none where the rules, not the definition, say what it then looks like.
pub(super) fn after(resource: &'static Resource, effect: Effect) -> Option<Json> {
    let Effect::SetStatus(status) = effect else { return None };
    let mut record = shown(resource);
    if let Some(slot) = record.get_mut("status") {
        *slot = json!(status);
    }
    Some(record)
}

/// A body with every field that can be written.
pub(super) fn complete(resource: &'static Resource) -> Json {
    of_fields(resource.fields.iter().filter(|field| writable(field)))
}

/// A body with nothing but what must be given.
pub(super) fn minimal(resource: &'static Resource) -> Json {
    of_fields(resource.fields.iter().filter(|field| field.required))
}

/// A body that changes two plain texts, which no rule objects to.
pub(super) fn patch(resource: &'static Resource) -> Json {
    let plain = |field: &&Field| {
        writable(field) && !field.unique && matches!(field.kind, Kind::PersonName | Kind::Text { .. })
    };
    of_fields(resource.fields.iter().filter(plain).take(2))
}

/// What an event of a type tells of the values before.
pub(super) fn before(resource: &'static Resource, event_type: &str) -> Json {
    let milestone = resource.milestones.iter().any(|word| event_type.ends_with(word));
    if milestone {
        return json!({"status": "draft"});
    }
    if event_type.ends_with(".updated") { patch(resource) } else { json!({}) }
}

/// A list of one record.
pub(super) fn list(resource: &'static Resource) -> Json {
    json!({
        "data": [shown(resource)],
        "page": 1,
        "itemsPerPage": 30,
        "totalItems": 1,
        "totalPages": 1,
        "nextCursor": null,
    })
}

/// A problem document of this kind, with the table's own words.
pub(super) fn problem(kind: ProblemKind, config: &Config) -> Json {
    let entry = kind.entry();
    let mut document = json!({
        "type": format!("{}/{}", config.problem_base, entry.slug),
        "title": entry.title,
        "status": entry.status,
        "detail": entry.cause.replace('`', ""),
        "instance": "/api",
        "requestId": REQUEST_ID,
    });
    let violation = match kind {
        ProblemKind::ValidationError => ("email", "invalid_email", "email must be a valid e-mail address."),
        ProblemKind::InvalidQueryParameter => {
            ("itemsPerPage", "invalid_value", "itemsPerPage must be a whole number from 1 to 100.")
        }
        ProblemKind::Conflict => ("externalId", "duplicate", "externalId is in use by another record."),
        _ => return document,
    };
    let (path, code, message) = violation;
    if let Some(members) = document.as_object_mut() {
        let violation = json!({ "propertyPath": path, "message": message, "code": code });
        members.insert("violations".to_owned(), json!([violation]));
    }
    document
}
