//! `GET /metrics`: figures for operators (API §10).

use app::App;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::state::ApiState;

/// The media type of OpenMetrics 1.0, which Prometheus reads.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// On the API's own listener.
pub(crate) async fn metrics(State(state): State<ApiState>) -> Response {
    show(state.app.metrics_text().await)
}

/// A service that shows the figures at `/metrics` and nothing else, for a listener of its own.
pub fn metrics_router(app: App) -> Router {
    let shown = || async move { show(app.metrics_text().await) };
    Router::new().route("/metrics", get(shown))
}

fn show(text: String) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")], text).into_response()
}
