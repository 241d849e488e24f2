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

/// Seconds after which a dispatcher that does not look for work is stuck.
const LONGEST_PAUSE: i64 = 60;

/// `GET /readyz`: the database answers, its schema was brought up to date at the start, and the dispatcher
/// of webhooks runs; and nobody has told the server to stop.
pub(crate) async fn readyz(State(state): State<ApiState>) -> Result<Response, ApiError> {
    if state.app.is_stopping() {
        let detail = "The server is about to stop: send requests to another one";
        return Err(Problem::new(ProblemKind::Unavailable, detail).into());
    }
    if let Err(failure) = state.app.check_ready().await {
        let problem = Problem::new(ProblemKind::Unavailable, "The database does not answer").retry_after(2);
        return Err(ApiError { inside: failure.inside(), ..ApiError::from(problem) });
    }
    let dispatcher = match state.app.wakes().last_beat() {
        // This server sends no webhooks: others do.
        None => "off",
        Some(beat) if beat.plus_seconds(LONGEST_PAUSE) < state.app.now() => {
            let detail = "The dispatcher of webhooks has not looked for work for a minute";
            return Err(Problem::new(ProblemKind::Unavailable, detail).retry_after(5).into());
        }
        Some(_) => "ok",
    };
    let body = format!("{{\"status\":\"ready\",\"database\":\"ok\",\"dispatcher\":\"{dispatcher}\"}}");
    Ok(json_response(body.into_bytes()))
}
