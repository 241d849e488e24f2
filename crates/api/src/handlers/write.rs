//! Changing records: create, replace, patch, delete, actions.

use app::{Answer, IdempotencyKey, Outcome, Remember, Stored, WriteRequest};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::RecordId;
use domain::definition::{Action, Resource};
use domain::input::Mode;
use domain::json::{Object, shows_derived, write_string};

use super::read::{TAGGED, no_content};
use super::record_id;
use crate::body::{MAX_BODY, object, optional_object, read};
use crate::caller::Caller;
use crate::credentials::{actor, authorise};
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::Taken;
use crate::representation::{RECORD, Representation, linked_data};
use crate::routes::makes_a_record;
use crate::state::ApiState;
use crate::{etag, negotiate, query};

/// Checks what every change has in common: the scope, the accepted answer, no stray parameters.
pub(super) async fn admit(
    state: &ApiState,
    parts: &Parts,
    resource: &Resource,
    offered: &[Representation],
) -> Result<(Caller, Representation), ApiError> {
    let credential = authorise(state, parts, &resource.write_scope()).await?;
    let shown_as = negotiate::representation(&parts.headers, offered)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    Ok((credential, shown_as))
}

/// The record in a body; where the client speaks JSON-LD, without what that adds to it.
fn record_in(
    parts: &Parts,
    body: &[u8],
    taken: Taken,
    resource: &Resource,
    id: Option<RecordId>,
    shown_as: Representation,
) -> Result<Object, ApiError> {
    let mut record = object(&parts.headers, body, taken)?;
    if shown_as == Representation::LinkedData || negotiate::is_linked_data(&parts.headers) {
        linked_data::without_linked_data(resource, id, &mut record);
    }
    Ok(record)
}

/// `POST /api/members`
pub(crate) async fn create(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, shown_as) = admit(&state, &parts, resource, RECORD).await?;
    let body = read(body, MAX_BODY).await?;
    once(&state, &parts, &credential, &body, async |key| {
        let record = record_in(&parts, &body, Taken::Record, resource, None, shown_as)?;
        let request = write_request(&state, &parts, &credential, resource, shown_as, key)?;
        let stored = state.app.create(&credential.tenant, request, resource, &record).await?;
        Ok(respond(answer(&state, resource, shown_as, &stored)))
    })
    .await
}

/// By whom and how a change is made; its answer is kept under the idempotency key, if there is one.
pub(super) fn write_request(
    state: &ApiState,
    parts: &Parts,
    credential: &Caller,
    resource: &'static Resource,
    shown_as: Representation,
    key: Option<IdempotencyKey>,
) -> Result<WriteRequest, ApiError> {
    let condition = etag::write_condition(&parts.headers)?;
    let state = state.clone();
    let remember =
        key.map(|key| Remember::new(key, move |stored| answer(&state, resource, shown_as, stored)));
    Ok(WriteRequest { condition, remember, ..WriteRequest::from(actor(credential, parts)) })
}

/// `PUT /api/members/{id}`
pub(crate) async fn replace(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    update(&state, request, resource, Mode::Replace, Taken::Record).await
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
    let (credential, shown_as) = admit(state, &parts, resource, RECORD).await?;
    let id = record_id(&parts.uri)?;
    let request = write_request(state, &parts, &credential, resource, shown_as, None)?;
    let body = read(body, MAX_BODY).await?;
    let record = record_in(&parts, &body, taken, resource, Some(id), shown_as)?;
    let stored = state.app.update(&credential.tenant, request, resource, id, mode, record).await?;
    Ok(respond(answer(state, resource, shown_as, &stored)))
}

/// `DELETE /api/members/{id}`
pub(crate) async fn delete(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let (credential, shown_as) = admit(&state, &parts, resource, RECORD).await?;
    let id = record_id(&parts.uri)?;
    let request = write_request(&state, &parts, &credential, resource, shown_as, None)?;
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
    let (credential, shown_as) = admit(&state, &parts, resource, RECORD).await?;
    let body = read(body, MAX_BODY).await?;
    once(&state, &parts, &credential, &body, async |key| {
        let id = record_id(&parts.uri)?;
        let request = write_request(&state, &parts, &credential, resource, shown_as, key)?;
        let object = optional_object(&parts.headers, &body)?;
        let stored = state.app.act(&credential.tenant, request, resource, id, action, object).await?;
        debug_assert_eq!(makes_a_record(action), stored.outcome == Outcome::Created);
        Ok(respond(answer(&state, resource, shown_as, &stored)))
    })
    .await
}

/// The record after the change, with its tag, and for a new one its address.
pub(super) fn answer(
    state: &ApiState,
    resource: &'static Resource,
    shown_as: Representation,
    stored: &Stored,
) -> Answer {
    let now = state.app.now();
    let record = &stored.record;
    let mut body = Vec::with_capacity(1_024);
    match shown_as {
        Representation::LinkedData => linked_data::write_record(&mut body, &state.app, resource, record, now),
        _ => state.app.write_json(&mut body, resource, record, now),
    }
    if let Some(secret) = &stored.secret {
        // Shown this once: nothing but its encryption is kept.
        body.pop();
        body.extend_from_slice(b",\"secret\":");
        write_string(&mut body, secret);
        body.push(b'}');
    }
    let tag = etag::text(record.version(), shows_derived(resource, record, now), shown_as);
    let mut headers = vec![
        ("content-type".to_owned(), shown_as.content_type().to_owned()),
        ("etag".to_owned(), tag),
        ("cache-control".to_owned(), TAGGED.to_owned()),
        ("vary".to_owned(), "accept".to_owned()),
    ];
    let created = stored.outcome == Outcome::Created;
    if let (true, Some(id)) = (created, record.id()) {
        headers.push(("location".to_owned(), format!("{}/{id}", resource.list_path())));
    }
    Answer { status: if created { 201 } else { 200 }, headers, body, secret: stored.secret.is_some() }
}
