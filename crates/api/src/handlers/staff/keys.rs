//! API keys of the session's environment.

use app::{Act, Answer, Environment, KeyDetails, NewKey, Remember};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::staff::API_KEY;
use domain::{KeyId, Timestamp};
use serde_json::Value as Json;

use super::super::json_response;
use super::{Paging, StaffCall, admit, admit_with_query, done, id_at, shown};
use crate::body::{self, MAX_BODY};
use crate::credentials::actor;
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::Taken;
use crate::state::ApiState;

/// Where the id stands in the path.
const ID: usize = 2;

/// `GET /api/api-keys`
pub(crate) async fn list(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit_with_query(&state, &parts, StaffCall::ListKeys).await?;
    let (paging, integration) = Paging::read_with(&parts, "integrationId")?;
    let environment = admitted.tenant().environment();
    let keys = state.app.keys_of(admitted.tenant()).await?;
    let asked = |key: &&KeyDetails| integration.is_none() || key.integration == integration;
    let records: Vec<_> = keys.iter().filter(asked).map(|key| key.record(environment)).collect();
    Ok(paging.answer(&API_KEY, state.app.now(), &records))
}

/// `POST /api/api-keys`
pub(crate) async fn create(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::CreateKey).await?;
    let (caller, tenant) = (&admitted.caller, admitted.tenant());
    let body = body::read(body, MAX_BODY).await?;
    let (environment, now) = (tenant.environment(), state.app.now());
    once(&state, &parts, caller, &body, async |key| {
        let object = body::object(&parts.headers, &body, Taken::Json)?;
        let remember = key.map(|key| Remember::new(key, move |made| kept(made, environment, now)));
        let act = Act::from(actor(caller, &parts)).remembered(tenant, remember);
        let made = state.app.make_key(tenant, act, &object).await?;
        Ok(respond(answer(&made.details, Some(&made.key), environment, now)))
    })
    .await
}

/// `POST /api/api-keys/{id}/rotate`
pub(crate) async fn rotate(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::RotateKey).await?;
    let (caller, tenant) = (&admitted.caller, admitted.tenant());
    let body = body::read(body, MAX_BODY).await?;
    let (environment, now) = (tenant.environment(), state.app.now());
    once(&state, &parts, caller, &body, async |key| {
        let id: KeyId = id_at(&parts.uri, ID)?;
        let object = body::optional_object(&parts.headers, &body)?;
        let remember = key.map(|key| Remember::new(key, move |made| kept(made, environment, now)));
        let act = Act::from(actor(caller, &parts)).remembered(tenant, remember);
        let made = state.app.rotate_key(tenant, act, id, &object).await?;
        Ok(respond(answer(&made.details, Some(&made.key), environment, now)))
    })
    .await
}

/// What is kept of the answer for a repetition: of the key itself only a hash is ever stored.
fn kept(made: &NewKey, environment: Environment, now: Timestamp) -> Answer {
    answer(&made.details, None, environment, now)
}

fn answer(details: &KeyDetails, key: Option<&str>, environment: Environment, now: Timestamp) -> Answer {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("location".to_owned(), format!("/api/api-keys/{}", details.id)),
    ];
    let mut body = shown(&API_KEY, now, &details.record(environment));
    // Before the closing brace.
    body.pop();
    body.extend_from_slice(format!(",\"key\":{}}}", Json::from(key)).as_bytes());
    Answer { status: 201, secret: false, headers, body }
}

/// `GET /api/api-keys/{id}`
pub(crate) async fn get(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::GetKey).await?;
    let id: KeyId = id_at(&parts.uri, ID)?;
    let key = state.app.key(admitted.tenant(), id).await?;
    let record = key.record(admitted.tenant().environment());
    Ok(json_response(shown(&API_KEY, state.app.now(), &record)))
}

/// `POST /api/api-keys/{id}/revoke`
pub(crate) async fn revoke(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::RevokeKey).await?;
    let id: KeyId = id_at(&parts.uri, ID)?;
    let tenant = admitted.tenant();
    state.app.revoke_key(tenant, &actor(&admitted.caller, &parts), id).await?;
    let record = state.app.key(tenant, id).await?.record(tenant.environment());
    Ok(json_response(shown(&API_KEY, state.app.now(), &record)))
}

/// `DELETE /api/api-keys/{id}`
pub(crate) async fn delete(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::DeleteKey).await?;
    let id: KeyId = id_at(&parts.uri, ID)?;
    state.app.revoke_key(admitted.tenant(), &actor(&admitted.caller, &parts), id).await?;
    Ok(done())
}
