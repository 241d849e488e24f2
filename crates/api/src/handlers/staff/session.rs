//! Signing in and out, and what a session does to itself.

use app::NewSession;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::listing::Lenience;
use domain::{Problem, ProblemKind, Violation};
use edge::{SessionCookie, client_of};

use super::super::json_response;
use super::{StaffCall, admit, admit_with_query, done, object, session_document};
use crate::credentials::{session, with_challenge};
use crate::error::ApiError;
use crate::negotiate::{Taken, accepts_json};
use crate::query;
use crate::state::ApiState;

/// `POST /api/session`
pub(crate) async fn sign_in(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let body = object(&parts, body, Taken::Json).await?;
    let client = client_of(&parts.extensions, &parts.headers);
    let NewSession { token, session: begun } = match state.app.sign_in_with(&client, &body).await? {
        Ok(begun) => begun,
        Err(refusal) => {
            let problem = refusal.problem();
            let unauthorised = problem.kind == ProblemKind::InvalidCredentials;
            let challenge = "Bearer realm=\"MemberPulse\"";
            return Err(if unauthorised { with_challenge(problem, challenge) } else { problem.into() });
        }
    };
    // A browser has one session at a time.
    if let Some(before) = session(&state, &parts).await? {
        state.app.sign_out(&client, &before).await?;
    }
    let mut response = json_response(session_document(&begun).to_string().into_bytes());
    response.headers_mut().insert(header::SET_COOKIE, cookie(&state, &parts).set(&token));
    Ok(response)
}

fn cookie(state: &ApiState, parts: &Parts) -> SessionCookie {
    SessionCookie::of(&state.config.site(), &parts.extensions, &parts.headers)
}

/// `GET /api/session`
pub(crate) async fn get(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::Session).await?;
    Ok(json_response(session_document(&admitted.session).to_string().into_bytes()))
}

/// `PATCH /api/session`
pub(crate) async fn switch(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::ChangeSession).await?;
    let body = object(&parts, body, Taken::Patch).await?;
    state.app.switch_with(&admitted.session, &body).await?;
    now_as(&state, &parts).await
}

/// The session as it is after a change.
pub(super) async fn now_as(state: &ApiState, parts: &Parts) -> Result<Response, ApiError> {
    let session = session(state, parts).await?.ok_or_else(|| {
        Problem::new(ProblemKind::MissingCredentials, "The session has ended").hint("Sign in again.")
    })?;
    Ok(json_response(session_document(&session).to_string().into_bytes()))
}

/// `DELETE /api/session`
pub(crate) async fn sign_out(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let admitted = admit_with_query(&state, &parts, StaffCall::SignOut).await?;
    let client = client_of(&parts.extensions, &parts.headers);
    if everywhere(&parts)? {
        state.app.sign_out_everywhere(&client, &admitted.session).await?;
    } else {
        state.app.sign_out(&client, &admitted.session).await?;
    }
    Ok(signed_out(&state, &parts))
}

/// `POST /api/session/password`
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = admit(&state, &parts, StaffCall::ChangePassword).await?;
    let body = object(&parts, body, Taken::Json).await?;
    let client = client_of(&parts.extensions, &parts.headers);
    state.app.change_password(&client, &admitted.session, &body).await?;
    Ok(signed_out(&state, &parts))
}

fn signed_out(state: &ApiState, parts: &Parts) -> Response {
    let mut response = done();
    response.headers_mut().insert(header::SET_COOKIE, cookie(state, parts).clear());
    // What the browser has kept of the pages is nobody's business any more.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    response
}

/// Whether `everywhere=true` asks to end all sessions of the user.
fn everywhere(parts: &Parts) -> Result<bool, ApiError> {
    let mut everywhere = false;
    let mut violations = Vec::new();
    for (name, value) in query::parameters(&parts.uri) {
        match (&*name, &*value) {
            ("everywhere", "true") => everywhere = true,
            ("everywhere", "false") => everywhere = false,
            ("everywhere", _) => {
                let message = "everywhere must be true or false.";
                violations.push(Violation::new("everywhere", "invalid_boolean", message));
            }
            _ => {
                let message = "This call takes everywhere.";
                violations.push(Violation::new(name, "unknown_parameter", message));
            }
        }
    }
    if violations.is_empty() || query::lenience(&parts.headers) == Lenience::Lenient {
        return Ok(everywhere);
    }
    let problem = Problem::new(ProblemKind::InvalidQueryParameter, "Some query parameters cannot be used");
    Err(problem.violations(violations).into())
}
