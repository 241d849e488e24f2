//! The entry point: where everything else is.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Map, json};

use super::json_response;
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::state::ApiState;

/// `GET /api`
pub(crate) async fn entry(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    accepts_json(request.headers())?;
    let mut links = Map::new();
    for resource in state.app.registry().iter() {
        links.insert(resource.plural.to_owned(), json!(format!("/api/{}", resource.plural)));
    }
    links.insert("me".to_owned(), json!("/api/me"));
    links.insert("docs".to_owned(), json!("/api/docs"));
    links.insert("openapi".to_owned(), json!("/api/openapi.json"));
    links.insert("errors".to_owned(), json!(state.config.problem_path()));
    let body = json!({ "name": "MemberPulse API", "version": env!("CARGO_PKG_VERSION"), "links": links });
    Ok(json_response(body.to_string().into_bytes()))
}
