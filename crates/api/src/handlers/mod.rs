//! Handlers of the routes, thin: request in, one use case, answer out.

pub(crate) mod batch;
pub(crate) mod changes;
pub(crate) mod entry;
pub(crate) mod error_pages;
pub(crate) mod health;
pub(crate) mod hydra;
pub(crate) mod imports;
pub(crate) mod integration_status;
pub(crate) mod integrations;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod personal_data;
pub(crate) mod rate_limit;
pub(crate) mod read;
pub(crate) mod staff;
pub(crate) mod syncs;
pub(crate) mod webhooks;
pub(crate) mod write;

use std::str::FromStr;

use app::Answer;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use domain::{Problem, RecordId, Violation};
use serde_json::Value as Json;

use crate::body::optional_object;
use crate::error::ApiError;

/// An answer with a JSON body.
pub(crate) fn json_response(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same, as it can be kept for a repeated request.
pub(crate) fn json_answer(status: u16, body: &Json) -> Answer {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("cache-control".to_owned(), "no-store".to_owned()),
    ];
    Answer { status, headers, body: body.to_string().into_bytes(), secret: false }
}

/// Refuses a body with fields, where a call takes none.
pub(crate) fn no_fields(parts: &Parts, body: &[u8]) -> Result<(), ApiError> {
    let object = optional_object(&parts.headers, body)?;
    let wrong: Vec<Violation> = object
        .keys()
        .map(|name| Violation::new(name, "unknown_field", "This call takes no fields."))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::validation(wrong).into()) }
}

/// The record id in `/api/{resource}/{id}…`. What is no UUID was never an id: 404 (API §3).
pub(crate) fn record_id(uri: &Uri) -> Result<RecordId, ApiError> {
    id_at(uri, 3)
}

/// The id of what belongs to a record: `/api/{resource}/{id}/{part}/{id}…`.
pub(crate) fn part_id(uri: &Uri) -> Result<RecordId, ApiError> {
    id_at(uri, 5)
}

fn id_at(uri: &Uri, place: usize) -> Result<RecordId, ApiError> {
    part_of(uri, place)
}

/// The id in a segment of the path, counted from the slash at its beginning.
fn part_of<I: FromStr>(uri: &Uri, place: usize) -> Result<I, ApiError> {
    let id = uri.path().split('/').nth(place).and_then(|segment| segment.parse().ok());
    id.ok_or_else(|| Problem::not_found().into())
}
