//! Whether the process runs, and whether it can serve (API §10).

use axum::extract::State;
use axum::response::Response;
use domain::{Problem, ProblemKind};

use super::json_response;
use crate::error::ApiError;
use crate::state::ApiState;

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz() -> Response {
    json_response(b"{\"status\":\"ok\"}".to_vec())
}

/// `GET /readyz`: the database answers, and its schema was brought up to date at the start.
pub(crate) async fn readyz(State(state): State<ApiState>) -> Result<Response, ApiError> {
    if let Err(failure) = state.app.check_ready().await {
        let problem = Problem::new(ProblemKind::Unavailable, "The database does not answer").retry_after(2);
        return Err(ApiError { inside: failure.inside(), ..ApiError::from(problem) });
    }
    Ok(json_response(b"{\"status\":\"ready\",\"database\":\"ok\"}".to_vec()))
}
