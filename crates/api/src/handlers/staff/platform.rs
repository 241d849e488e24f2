//! What operators of the platform do: organisations and their plans, support (domain §2).

use app::{Act, Answer, Organisation, Remember};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::staff::ORGANISATION;
use domain::{OrganisationId, Timestamp};
use edge::client_of;

use super::super::json_response;
use super::{Paging, StaffCall, admit, admit_with_query, id_at, object, session, shown};
use crate::body::{self, MAX_BODY};
use crate::credentials::actor;
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::Taken;
use crate::state::ApiState;

/// Where the id stands in the path.
const ID: usize = 3;

/// `GET /api/platform/organisations`
pub(crate) async fn list(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    admit_with_query(&state, &parts, StaffCall::ListOrganisations).await?;
    let paging = Paging::read(&parts)?;
    let organisations = state.app.organisations().await?;
    let records: Vec<_> = organisations.iter().map(Organisation::record).collect();
    Ok(paging.answer(&ORGANISATION, state.app.now(), &records))
}

/// `POST /api/platform/organisations`
pub(crate) async fn create(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::CreateOrganisation).await?;
    let caller = &admitted.caller;
    let body = body::read(body, MAX_BODY).await?;
    let now = state.app.now();
    once(&state, &parts, caller, &body, async |key| {
        let object = body::object(&parts.headers, &body, Taken::Json)?;
        let remember = key.map(|key| Remember::new(key, move |made: &Organisation| answer(made, now)));
        let act = Act::from(actor(caller, &parts)).remembered(admitted.tenant(), remember);
        let made = state.app.add_organisation(act, &object).await?;
        Ok(respond(answer(&made, now)))
    })
    .await
}

fn answer(made: &Organisation, now: Timestamp) -> Answer {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("location".to_owned(), format!("/api/platform/organisations/{}", made.id)),
    ];
    Answer { status: 201, secret: false, headers, body: shown(&ORGANISATION, now, &made.record()) }
}

fn organisation(state: &ApiState, organisation: &Organisation) -> Response {
    json_response(shown(&ORGANISATION, state.app.now(), &organisation.record()))
}

/// `GET /api/platform/organisations/{id}`
pub(crate) async fn get(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    admit(&state, &parts, StaffCall::GetOrganisationOf).await?;
    let id: OrganisationId = id_at(&parts.uri, ID)?;
    Ok(organisation(&state, &state.app.organisation_by_id(id).await?))
}

/// `PATCH /api/platform/organisations/{id}`
pub(crate) async fn change_plan(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::ChangePlan).await?;
    let id: OrganisationId = id_at(&parts.uri, ID)?;
    let body = object(&parts, body, Taken::Patch).await?;
    let changed = state.app.change_plan(&actor(&admitted.caller, &parts), id, &body).await?;
    Ok(organisation(&state, &changed))
}

/// `POST /api/platform/organisations/{id}/close`
pub(crate) async fn close(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::CloseOrganisation).await?;
    let id: OrganisationId = id_at(&parts.uri, ID)?;
    let open = state.app.organisation_by_id(id).await?;
    state.app.close_organisation(&actor(&admitted.caller, &parts), &open).await?;
    Ok(organisation(&state, &state.app.organisation_by_id(id).await?))
}

/// `POST /api/platform/support`
pub(crate) async fn enter_support(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::EnterSupport).await?;
    let body = object(&parts, body, Taken::Json).await?;
    let client = client_of(&parts.extensions, &parts.headers);
    state.app.enter_support(&client, &admitted.session, &body).await?;
    session::now_as(&state, &parts).await
}

/// `DELETE /api/platform/support`
pub(crate) async fn leave_support(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::LeaveSupport).await?;
    let client = client_of(&parts.extensions, &parts.headers);
    state.app.end_support(&client, &admitted.session).await?;
    session::now_as(&state, &parts).await
}
