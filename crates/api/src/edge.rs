//! The outermost layer: request ids, time limit, panics, problem documents, headers of every answer.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Problem, ProblemKind};
use futures_util::FutureExt as _;

use crate::client_address;
use crate::error::ApiError;
use crate::problem_document;
use crate::rate_limit::ChargeSlot;
use crate::representation::linked_data;
use crate::state::ApiState;

/// The request's id, for handlers that pass it on.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) HeaderValue);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// At least as many as the edge adds to an answer.
const OWN_HEADERS: usize = 16;
const LONGEST_REQUEST_ID: usize = 128;
const LONGEST_ADDRESS: usize = 16 * 1024;

/// Wraps every request.
pub(crate) async fn edge(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers()).unwrap_or_else(|| {
        HeaderValue::try_from(state.request_ids.next()).unwrap_or(HeaderValue::from_static("unknown"))
    });
    request.extensions_mut().insert(RequestId(id.clone()));
    let slot = ChargeSlot::default();
    request.extensions_mut().insert(slot.clone());
    let address =
        client_address::find(request.extensions(), request.headers(), &state.config.trusted_proxies);
    request.extensions_mut().insert(address);
    let path = request.uri().path().to_owned();
    let host = request.headers().get(header::HOST).cloned();
    let mut response = answer(&state, request, next).await;
    if let Some(error) = error_in(&mut response) {
        let id = id.to_str().unwrap_or_default();
        if let Some(inside) = &error.inside {
            tracing::error!(request_id = id, path, error = inside, "a request failed");
        }
        response = problem_document::render(&error, &state.config, &path, id);
    }
    // Once for all that follow, which would make the map grow three times.
    response.headers_mut().reserve(OWN_HEADERS);
    let not_modified = response.status() == StatusCode::NOT_MODIFIED;
    slot.finish(response.headers_mut(), not_modified, state.app.now());
    if path == "/api" || path.starts_with("/api/") {
        response.headers_mut().append(header::LINK, documentation_link(&state, host.as_ref()));
    }
    finish(response.headers_mut(), id);
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
    let length = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if length > LONGEST_ADDRESS {
        let detail = "The address is longer than 16 KiB";
        return ApiError::from(Problem::new(ProblemKind::UriTooLong, detail)).into_response();
    }
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(state.config.request_timeout, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let problem = Problem::new(ProblemKind::InternalError, "Something went wrong inside the server");
            let inside = Some(format!("panic: {}", panic_text(&*panic)));
            ApiError { inside, ..ApiError::from(problem) }.into_response()
        }
        Err(_) => {
            let detail = format!(
                "The request took longer than {} seconds; a change may or may not have been made",
                state.config.request_timeout.as_secs()
            );
            ApiError::from(Problem::new(ProblemKind::RequestTimeout, detail)).into_response()
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

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown")
}

/// The client's own id for the request, if it is sane: short, of letters, digits and `-_.:`.
fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let given = headers.get(REQUEST_ID)?;
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let bytes = given.as_bytes();
    (!bytes.is_empty() && bytes.len() <= LONGEST_REQUEST_ID && bytes.iter().all(fine)).then(|| given.clone())
}

/// Headers that every answer has, unless the handler set its own.
fn finish(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(REQUEST_ID, id);
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CACHE_CONTROL, "no-store");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(RESOURCE_POLICY, "same-origin");
}
