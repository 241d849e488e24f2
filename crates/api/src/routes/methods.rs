//! Methods that a path does not have, and OPTIONS, which every path has.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use domain::{Problem, ProblemKind};

use crate::error::ApiError;
use crate::state::ApiState;

/// Answers OPTIONS, and refuses every method that a path does not have, with `Allow` (RFC 9110 §10.2.1).
pub(super) fn with_other_methods(
    methods: MethodRouter<ApiState>,
    allowed: &[Method],
) -> MethodRouter<ApiState> {
    let mut names: Vec<&str> = Vec::new();
    for method in allowed {
        names.push(method.as_str());
        if method == Method::GET {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    let names = names.join(", ");
    let allow = HeaderValue::from_str(&names).unwrap_or(HeaderValue::from_static("OPTIONS"));
    let takes_patches = allowed.contains(&Method::PATCH);
    methods.fallback(move |request: Request| {
        let answer = answer_other_method(request.method(), &names, allow.clone(), takes_patches);
        async move { answer }
    })
}

fn answer_other_method(method: &Method, names: &str, allow: HeaderValue, takes_patches: bool) -> Response {
    if method != Method::OPTIONS {
        let problem = Problem::new(ProblemKind::MethodNotAllowed, format!("This path takes {names}"));
        return ApiError::from(problem).header(header::ALLOW, allow).into_response();
    }
    let mut response: Response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ALLOW, allow);
    if takes_patches {
        let patches = HeaderValue::from_static("application/merge-patch+json, application/json");
        response.headers_mut().insert("accept-patch", patches);
    }
    response
}
