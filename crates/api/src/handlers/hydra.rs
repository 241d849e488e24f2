//! What explains JSON-LD answers: the documentation and the contexts.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use domain::Problem;
use std::borrow::Cow;

use crate::error::ApiError;
use crate::negotiate;
use crate::representation::{Representation, linked_data};
use crate::state::ApiState;

/// `GET /api/docs.jsonld`
pub(crate) async fn documentation(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let shown_as = negotiate::representation(request.headers(), &[Representation::LinkedData])?;
    let base = base_url(&state, request.headers());
    let documentation = linked_data::documentation(state.app.registry(), &base);
    Ok(shown_as.response(documentation.to_string()))
}

/// `GET /api/contexts/{class}`
pub(crate) async fn context(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let shown_as = negotiate::representation(request.headers(), &[Representation::LinkedData])?;
    let base = base_url(&state, request.headers());
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let context = linked_data::context(state.app.registry(), &base, name).ok_or_else(Problem::not_found)?;
    Ok(shown_as.response(context.to_string()))
}

fn base_url<'s>(state: &'s ApiState, headers: &HeaderMap) -> Cow<'s, str> {
    state.config.base_url(headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}
