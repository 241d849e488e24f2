//! The organisation of who is signed in, and its sandbox.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use domain::staff::ORGANISATION;
use serde_json::json;

use super::super::json_response;
use super::{StaffCall, admit, object, shown};
use crate::credentials::actor;
use crate::error::ApiError;
use crate::negotiate::Taken;
use crate::state::ApiState;

/// `GET /api/organisation`
pub(crate) async fn get(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::GetOrganisation).await?;
    let organisation = state.app.own_organisation(admitted.tenant()).await?;
    Ok(json_response(shown(&ORGANISATION, state.app.now(), &organisation.record())))
}

/// `PATCH /api/organisation`
pub(crate) async fn change(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::ChangeOrganisation).await?;
    let body = object(&parts, body, Taken::Patch).await?;
    let actor = actor(&admitted.caller, &parts);
    let organisation = state.app.change_organisation(admitted.tenant(), &actor, &body).await?;
    Ok(json_response(shown(&ORGANISATION, state.app.now(), &organisation.record())))
}

/// How long one call empties a sandbox; a large one takes several.
const EMPTYING: Duration = Duration::from_secs(15);

/// `POST /api/sandbox/fill`
pub(crate) async fn fill_sandbox(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::FillSandbox).await?;
    let created = state.app.fill_sandbox(admitted.tenant(), &actor(&admitted.caller, &parts)).await?;
    Ok(json_response(json!({"created": created}).to_string().into_bytes()))
}

/// `POST /api/sandbox/empty`
pub(crate) async fn empty_sandbox(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::EmptySandbox).await?;
    let by = actor(&admitted.caller, &parts);
    let emptied = state.app.empty_sandbox(admitted.tenant(), &by, EMPTYING).await?;
    let told = json!({"deleted": emptied.deleted, "complete": emptied.complete});
    Ok(json_response(told.to_string().into_bytes()))
}
