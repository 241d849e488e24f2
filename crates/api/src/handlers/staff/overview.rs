//! The figures of the overview, each with the path of the list behind it.

use app::{Figure, Overview};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::super::json_response;
use crate::credentials::{authenticate, require_tenant};
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::state::ApiState;

/// `GET /api/overview`
pub(crate) async fn overview(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&state, &parts).await?;
    require_tenant(&caller)?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let overview = state.app.overview(&caller.tenant, |capability| caller.may(capability)).await?;
    Ok(json_response(document(&overview).to_string().into_bytes()))
}

fn document(overview: &Overview) -> Json {
    let figure = |figure: &Figure| json!({"name": figure.name, "count": figure.count, "path": figure.path});
    let figures = |all: &[Figure]| all.iter().map(figure).collect::<Vec<_>>();
    let members = overview
        .members
        .as_ref()
        .map(|members| json!({"byStatus": figures(&members.by_status), "joined": figures(&members.joined)}));
    let events = overview.next_events.as_ref().map(|(events, path)| {
        let events = events.iter().map(|event| {
            json!({
                "id": event.id.to_string(),
                "name": event.name,
                "status": event.status,
                "eventStart": event.start.to_string(),
                "timezone": event.timezone,
                "path": format!("/api/events/{}", event.id),
            })
        });
        json!({"data": events.collect::<Vec<_>>(), "path": path})
    });
    let quota = &overview.api_use;
    let todo =
        overview.todo.iter().map(|todo| json!({"kind": todo.kind, "title": todo.title, "path": todo.path}));
    json!({
        "members": members,
        "nextEvents": events,
        "coursesLive": overview.courses_live.as_ref().map(figure),
        "apiUse": {
            "limit": quota.limit,
            "used": quota.limit.saturating_sub(quota.remaining),
            "remaining": quota.remaining,
            "resetAt": quota.reset.to_string(),
            "path": "/api/rate-limit",
        },
        "todo": todo.collect::<Vec<_>>(),
    })
}
