//! The error of a handler: a problem for the client, words for the log, headers for both.

use app::Failure;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Problem;

/// Why a request is not answered as it wanted.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) problem: Box<Problem>,
    /// What only the log is told.
    pub(crate) inside: Option<String>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Another request with the same idempotency key was answered meanwhile.
    pub(crate) answered: bool,
}

impl ApiError {
    /// Adds a header to the answer.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), inside: None, headers: Vec::new(), answered: false }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self {
            problem: Box::new(failure.problem()),
            inside: failure.inside(),
            headers: Vec::new(),
            answered: matches!(failure, Failure::Answered),
        }
    }
}

impl IntoResponse for ApiError {
    /// An empty answer that carries the error: the edge, which knows the request's id and path,
    /// writes the problem document.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.kind.entry().status);
        let mut response = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(Box::new(self));
        response
    }
}
