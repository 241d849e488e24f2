//! The JSON API, a file for each part of its addresses.

mod batch;
mod bodies;
mod concurrency;
mod courses;
mod entry;
mod errors;
mod events;
mod every_resource;
mod headers;
mod imports;
mod lists;
mod me;
mod members;
mod merge;
mod rate_limit;
mod venues;

use domain::definition::Resource;
use domain::json::Object;
use serde_json::{Value as Json, json};
use testkit::{Client, example_body, minimal_body};

/// The address of a resource's list.
pub(crate) fn list_of(resource: &Resource) -> String {
    resource.list_path()
}

/// Makes a record and answers with its address and what was shown of it.
pub(crate) async fn make(client: &Client, resource: &'static Resource, body: Object) -> (String, Json) {
    let made = client.post(&list_of(resource), body).await.status(201);
    (made.header("location").unwrap().to_owned(), made.json())
}

/// Makes a record with what must be given and nothing else.
pub(crate) async fn make_minimal(client: &Client, resource: &'static Resource) -> (String, Json) {
    make(client, resource, minimal_body(resource)).await
}

/// A body of all examples but the status, which is then the one that new records have.
pub(crate) fn example_of_new(resource: &'static Resource) -> Object {
    let mut body = example_body(resource);
    body.remove("status");
    body
}

/// A JSON object as a body.
pub(crate) fn object(value: Json) -> Object {
    let Json::Object(object) = value else { panic!("{value} is no object") };
    object
}

/// The body with one member set.
pub(crate) fn with(mut body: Object, name: &str, value: impl Into<Json>) -> Object {
    body.insert(name.to_owned(), value.into());
    body
}

/// An id that was never given to anything.
pub(crate) const NEVER: &str = "01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e";

/// A patch that every resource takes.
fn harmless() -> Json {
    json!({"customFields": {"touched": true}})
}
