//! Valid bodies of any resource, made from the examples of its definition: what a reader of the API's
//! documentation would send.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::definition::{Field, Kind, Owner, Resource};
use domain::json::Object;
use serde_json::{Value as Json, json};

/// Whether a client may write the field.
#[must_use]
pub fn is_writable(field: &Field) -> bool {
    !field.read_only && field.owner == Owner::Anyone
}

/// A body with every field that a client may write. Unique values are new each time.
#[must_use]
pub fn example_body(resource: &'static Resource) -> Object {
    body(resource, is_writable)
}

/// A body with the fields that must be given, and no others. Unique values are new each time.
#[must_use]
pub fn minimal_body(resource: &'static Resource) -> Object {
    body(resource, |field| field.required)
}

fn body(resource: &'static Resource, has: impl Fn(&Field) -> bool) -> Object {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let members = resource.fields.iter().filter(|field| has(field)).map(|field| {
        let example = serde_json::from_str(field.example);
        let example: Json = example.unwrap_or_else(|error| panic!("the example of {}: {error}", field.name));
        let value = match (field.unique, field.kind) {
            (true, Kind::Email) => json!(format!("jane.{number}@example.org")),
            (true, _) => json!(format!("Ref-{number}")),
            _ => example,
        };
        (field.name.to_owned(), value)
    });
    members.collect()
}
