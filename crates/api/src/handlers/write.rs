//! Changing records: create, replace, patch, delete, actions.

use app::{Answer, Credential, IdempotencyKey, Outcome, Remember, Stored, WriteRequest};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::definition::{Action, Resource};
use domain::input::Mode;
use domain::json::{Layout, shows_derived};

use super::read::{TAGGED, no_content};
use super::record_id;
use crate::body::{MAX_BODY, object, optional_object, read, read_object};
use crate::credentials::{actor, authorise};
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::{Taken, accepts_json};
use crate::routes::makes_a_record;
use crate::state::ApiState;
use crate::{etag, query};

/// Checks what every change has in common: the scope, the accepted answer, no stray parameters.
pub(super) async fn admit(
    state: &ApiState,
    parts: &Parts,
    resource: &Resource,
) -> Result<std::sync::Arc<Credential>, ApiError> {
    let credential = authorise(state, parts, &resource.write_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    Ok(credential)
}

/// `POST /api/members`
pub(crate) async fn create(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let credential = admit(&state, &parts, resource).await?;
    let body = read(body, MAX_BODY).await?;
    once(&state, &parts, &credential, &body, async |key| {
        let object = object(&parts.headers, &body, Taken::Json)?;
        let request = write_request(&state, &parts, &credential, resource, key)?;
        let stored = state.app.create(&credential.tenant, request, resource, &object).await?;
        Ok(respond(answer(&state, resource, &stored)))
    })
    .await
}

/// By whom and how a change is made; its answer is kept under the idempotency key, if there is one.
fn write_request(
    state: &ApiState,
    parts: &Parts,
    credential: &Credential,
    resource: &'static Resource,
    key: Option<IdempotencyKey>,
) -> Result<WriteRequest, ApiError> {
    let condition = etag::write_condition(&parts.headers)?;
    let state = state.clone();
    let remember = key.map(|key| Remember::new(key, move |stored| answer(&state, resource, stored)));
    Ok(WriteRequest { condition, remember, ..WriteRequest::from(actor(credential, parts)) })
}

/// `PUT /api/members/{id}`
pub(crate) async fn replace(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    update(&state, request, resource, Mode::Replace, Taken::Json).await
}

/// `PATCH /api/members/{id}`
pub(crate) async fn patch(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    update(&state, request, resource, Mode::Patch, Taken::Patch).await
}

async fn update(
    state: &ApiState,
    request: Request,
    resource: &'static Resource,
    mode: Mode,
    taken: Taken,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let credential = admit(state, &parts, resource).await?;
    let id = record_id(&parts.uri)?;
    let request = write_request(state, &parts, &credential, resource, None)?;
    let body = read_object(&parts.headers, body, taken).await?;
    let stored = state.app.update(&credential.tenant, request, resource, id, mode, body).await?;
    Ok(respond(answer(state, resource, &stored)))
}

/// `DELETE /api/members/{id}`
pub(crate) async fn delete(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = admit(&state, &parts, resource).await?;
    let id = record_id(&parts.uri)?;
    let request = write_request(&state, &parts, &credential, resource, None)?;
    state.app.delete(&credential.tenant, request, resource, id).await?;
    Ok(no_content())
}

/// `POST /api/events/{id}/publish` and its like
pub(crate) async fn act(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
    action: &'static Action,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let credential = admit(&state, &parts, resource).await?;
    let body = read(body, MAX_BODY).await?;
    once(&state, &parts, &credential, &body, async |key| {
        let id = record_id(&parts.uri)?;
        let request = write_request(&state, &parts, &credential, resource, key)?;
        let object = optional_object(&parts.headers, &body)?;
        let stored = state.app.act(&credential.tenant, request, resource, id, action, object).await?;
        debug_assert_eq!(makes_a_record(action), stored.outcome == Outcome::Created);
        Ok(respond(answer(&state, resource, &stored)))
    })
    .await
}

/// The record after the change, with its tag, and for a new one its address.
fn answer(state: &ApiState, resource: &'static Resource, stored: &Stored) -> Answer {
    let now = state.app.now();
    let mut body = Vec::with_capacity(1_024);
    Layout::new(resource, None).write_record(&mut body, now, &stored.record);
    let tag = etag::text(stored.record.version(), shows_derived(resource, &stored.record, now));
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("etag".to_owned(), tag),
        ("cache-control".to_owned(), TAGGED.to_owned()),
    ];
    let created = stored.outcome == Outcome::Created;
    if let (true, Some(id)) = (created, stored.record.id()) {
        headers.push(("location".to_owned(), format!("/api/{}/{id}", resource.plural)));
    }
    Answer { status: if created { 201 } else { 200 }, headers, body }
}
