//! The outermost layer: request ids, time limit, panics, problem documents, headers of every answer.

use std::borrow::Cow;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Problem, ProblemKind};
use edge::Cut;
use tracing::Instrument as _;

use crate::error::ApiError;
use crate::problem_document;
use crate::rate_limit::ChargeSlot;
use crate::representation::linked_data;
use crate::state::ApiState;

/// Wraps every request.
pub(crate) async fn outermost(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = state.request_ids.of(request.headers());
    request.extensions_mut().insert(id.clone());
    let slot = ChargeSlot::default();
    request.extensions_mut().insert(slot.clone());
    let address =
        edge::find_client_address(request.extensions(), request.headers(), &state.config.trusted_proxies);
    request.extensions_mut().insert(address);
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let host = request.headers().get(header::HOST).cloned();
    let counting = state.counts.of(request.method(), request.extensions());
    let began = Instant::now();
    let span = edge::request_span(&request, &id, state.config.public_url.starts_with("https://"));
    let mut response = answer(&state, request, next).instrument(span.clone()).await;
    if let Some(error) = error_in(&mut response) {
        if let Some(inside) = &error.inside {
            let route = route.as_ref().map_or("none", MatchedPath::as_str);
            tracing::error!(request_id = id.text(), route, error = inside, "a request failed");
        }
        response = problem_document::render(&error, &state.config, &path, id.text());
    }
    // Once for all that follow, which would make the map grow three times.
    response.headers_mut().reserve(edge::OWN_HEADERS);
    let not_modified = response.status() == StatusCode::NOT_MODIFIED;
    slot.finish(response.headers_mut(), not_modified, state.app.now());
    if path == "/api" || path.starts_with("/api/") {
        response.headers_mut().append(header::LINK, documentation_link(&state, host.as_ref()));
    }
    edge::put_headers(response.headers_mut(), id);
    if let Some(key) = slot.key() {
        state.app.note_request(&key.tenant, key.key, response.status().as_u16());
    }
    counting.answered(response.status().as_u16(), began.elapsed());
    edge::note_answer(&span, response.status());
    response
}

/// Where Hydra's clients find what the answer means, whatever the answer.
fn documentation_link(state: &ApiState, host: Option<&HeaderValue>) -> HeaderValue {
    match state.config.base_url(host.and_then(|host| host.to_str().ok())) {
        Cow::Borrowed(_) => state.documentation_link.clone(),
        Cow::Owned(base) => linked_data::documentation_link(&base),
    }
}

async fn answer(state: &ApiState, request: Request, next: Next) -> Response {
    // A file on a slow line takes longer than any other request. Its sender is known before it is read.
    let is_file = request.method() == Method::POST && request.uri().path().ends_with("/imports");
    let time = if is_file {
        edge::FILE_TIME.max(state.config.request_timeout)
    } else {
        state.config.request_timeout
    };
    match edge::guard(request, next, time).await {
        Ok(response) => response,
        Err(cut) => {
            let kind = match cut {
                Cut::AddressTooLong => ProblemKind::UriTooLong,
                Cut::TimedOut(_) => ProblemKind::RequestTimeout,
                Cut::Panicked(_) => ProblemKind::InternalError,
            };
            let problem = Problem::new(kind, cut.detail());
            ApiError { inside: cut.inside(), ..ApiError::from(problem) }.into_response()
        }
    }
}

/// The error that a response carries; errors that the framework made itself are turned into ours.
fn error_in(response: &mut Response) -> Option<ApiError> {
    if let Some(error) = response.extensions_mut().remove::<Box<ApiError>>() {
        return Some(*error);
    }
    let status = response.status();
    let is_document = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    if is_document || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let kind = match status {
        StatusCode::NOT_FOUND => ProblemKind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemKind::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemKind::UnsupportedMediaType,
        status if status.is_client_error() => ProblemKind::MalformedRequest,
        _ => ProblemKind::InternalError,
    };
    Some(Problem::new(kind, "The request cannot be handled").into())
}
