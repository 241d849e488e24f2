//! The organisation's staff.

use app::{Act, Answer, Remember, User};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::staff::USER;
use domain::{Timestamp, UserId};

use super::super::json_response;
use super::{Paging, StaffCall, admit, admit_with_query, done, id_at, object, shown, without_password};
use crate::body::{self, MAX_BODY};
use crate::credentials::actor;
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::Taken;
use crate::state::ApiState;

/// Where the id stands in the path.
const ID: usize = 2;

/// `GET /api/users`
pub(crate) async fn list(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit_with_query(&state, &parts, StaffCall::ListUsers).await?;
    let paging = Paging::read(&parts)?;
    let users = state.app.users(admitted.tenant().organisation().id).await?;
    let records: Vec<_> = users.iter().map(User::record).collect();
    Ok(paging.answer(&USER, state.app.now(), &records))
}

/// `POST /api/users`
pub(crate) async fn create(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::CreateUser).await?;
    let (caller, tenant) = (&admitted.caller, admitted.tenant());
    let body = body::read(body, MAX_BODY).await?;
    let now = state.app.now();
    once(&state, &parts, caller, &without_password(&body), async |key| {
        let object = body::object(&parts.headers, &body, Taken::Json)?;
        let remember = key.map(|key| Remember::new(key, move |user: &User| answer(user, now)));
        let act = Act::from(actor(caller, &parts)).remembered(tenant, remember);
        let user = state.app.add_user(tenant, act, &object).await?;
        Ok(respond(answer(&user, now)))
    })
    .await
}

fn answer(user: &User, now: Timestamp) -> Answer {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("location".to_owned(), format!("/api/users/{}", user.id)),
    ];
    Answer { status: 201, secret: false, headers, body: shown(&USER, now, &user.record()) }
}

/// `GET /api/users/{id}`
pub(crate) async fn get(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::GetUser).await?;
    let id: UserId = id_at(&parts.uri, ID)?;
    let user = state.app.user(admitted.tenant(), id).await?;
    Ok(json_response(shown(&USER, state.app.now(), &user.record())))
}

/// `PATCH /api/users/{id}`
pub(crate) async fn change(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::ChangeUser).await?;
    let id: UserId = id_at(&parts.uri, ID)?;
    let body = object(&parts, body, Taken::Patch).await?;
    let actor = actor(&admitted.caller, &parts);
    let user = state.app.change_user(admitted.tenant(), &actor, id, &body).await?;
    Ok(json_response(shown(&USER, state.app.now(), &user.record())))
}

/// `DELETE /api/users/{id}`
pub(crate) async fn delete(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::DeleteUser).await?;
    let id: UserId = id_at(&parts.uri, ID)?;
    state.app.remove_user(admitted.tenant(), &actor(&admitted.caller, &parts), id).await?;
    Ok(done())
}

/// `POST /api/users/{id}/password`
pub(crate) async fn set_password(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::SetPassword).await?;
    let id: UserId = id_at(&parts.uri, ID)?;
    let body = object(&parts, body, Taken::Json).await?;
    let (actor, own) = (actor(&admitted.caller, &parts), admitted.session.user.id);
    state.app.reset_password(admitted.tenant(), &actor, own, id, &body).await?;
    Ok(done())
}

/// `POST /api/users/{id}/sign-out`
pub(crate) async fn sign_out(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::SignUserOut).await?;
    let id: UserId = id_at(&parts.uri, ID)?;
    state.app.sign_user_out(admitted.tenant(), &actor(&admitted.caller, &parts), id).await?;
    Ok(done())
}
