//! The organisation of who is signed in.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::staff::ORGANISATION;

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
