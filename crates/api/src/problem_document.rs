//! Problems as documents (RFC 9457), the form of every error.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use crate::config::Config;
use crate::error::ApiError;

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// The document of an error for the request with this id and path.
pub(crate) fn document(error: &ApiError, config: &Config, path: &str, request_id: &str) -> Json {
    let problem = &error.problem;
    let entry = problem.kind.entry();
    let mut document = Map::new();
    let mut put = |name: &str, value: Json| document.insert(name.to_owned(), value);
    put("type", json!(format!("{}/{}", config.problem_base, entry.slug)));
    put("title", json!(entry.title));
    put("status", json!(entry.status));
    put("detail", json!(problem.detail));
    put("instance", json!(path));
    put("requestId", json!(request_id));
    if let Some(hint) = &problem.hint {
        put("hint", json!(hint));
    }
    if let Some(code) = problem.code {
        put("code", json!(code));
    }
    if let Some(id) = problem.merged_into {
        put("mergedInto", json!(id.to_string()));
    }
    if !problem.violations.is_empty() {
        let violations = problem.violations.iter().map(|violation| {
            json!({
                "propertyPath": violation.property_path,
                "message": violation.message,
                "code": violation.code,
            })
        });
        put("violations", violations.collect());
    }
    Json::Object(document)
}

/// The answer to the request with this id and path.
pub(crate) fn render(error: &ApiError, config: &Config, path: &str, request_id: &str) -> Response {
    let problem = &error.problem;
    let body = document(error, config, path, request_id).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    for (name, value) in &error.headers {
        headers.append(name.clone(), value.clone());
    }
    response
}
