//! What the body of an event is, by its type: for `GET /api/webhook-event-types` and the document.

use domain::definition::Resource;
use domain::event_types::EventType;
use serde_json::{Value as Json, json};

use super::examples;
use super::fields::{View, object};

/// The JSON Schema of an event of a type.
pub(crate) fn schema(event: &EventType) -> Json {
    let data = match event.resource {
        Some(resource) => record(resource),
        None => json!({"type": "object", "description": "Says which webhook is tried out."}),
    };
    let text = |doc: &str| json!({"type": "string", "description": doc});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event.name,
        "description": event.doc,
        "type": "object",
        "required": ["id", "type", "timestamp", "sequence", "environment", "organizationId", "data", "previous"],
        "properties": {
            "id": text("The event, the same at each attempt and in the change feed."),
            "type": {"const": event.name},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, in UTC."},
            "sequence": {
                "type": ["integer", "null"],
                "description": "The number of the change: without gaps in the feed of an environment.",
            },
            "environment": {"enum": ["production", "sandbox"]},
            "organizationId": {"type": "string", "format": "uuid"},
            "origin": {
                "type": "object",
                "description": "Who made the change: `api_key`, `user`, `integration` or `system`, its id, and the \
                                integration through which it was made.",
                "properties": {
                    "type": {"type": "string"},
                    "id": {"type": ["string", "null"]},
                    "integrationId": {"type": ["string", "null"]},
                },
            },
            "data": data,
            "previous": {
                "type": "object",
                "description": "The changed fields with the values that they had before; empty for what is new or gone.",
            },
        },
    })
}

fn record(resource: &'static Resource) -> Json {
    let shown_too = resource.derived.map(|it| (it.field, it.shown));
    let schema = utoipa::openapi::schema::Object::from(object(resource.fields, View::Shown, shown_too));
    serde_json::to_value(schema).unwrap_or_default()
}

/// An event of a type, with the examples of its resource's fields.
pub(crate) fn example(event: &EventType) -> Json {
    let is_test = event.resource.is_none();
    let (data, previous) = match event.resource {
        Some(resource) => (examples::shown(resource), examples::before(resource, &event.name)),
        None => (
            json!({"webhookId": "01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e", "message": "Your webhook works."}),
            json!({}),
        ),
    };
    let mut example = json!({
        "id": "evt_01938c5e7a007c3b9d2e5f1a6b7c8d9e",
        "type": event.name,
        "timestamp": "2026-11-24T03:15:27.482Z",
        "environment": "production",
        "organizationId": "01938c5e-0000-7000-8000-5f1a6b7c8d9e",
        "sequence": if is_test { Json::Null } else { json!(1234) },
    });
    if let Some(members) = example.as_object_mut() {
        if !is_test {
            let origin = json!({
                "type": "api_key",
                "id": "01938c5e-1111-7aaa-8bbb-5f1a6b7c8d9e",
                "integrationId": null,
            });
            members.insert("origin".to_owned(), origin);
        }
        members.insert("data".to_owned(), data);
        members.insert("previous".to_owned(), previous);
    }
    example
}
