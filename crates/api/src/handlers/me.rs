//! What the credential of the request is.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::json;

use super::json_response;
use crate::credentials::authenticate;
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::state::ApiState;

/// `GET /api/me`
pub(crate) async fn me(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authenticate(&state, &parts).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let quota = state.app.quota_state(&credential.tenant).await?;
    let organisation = credential.tenant.organisation();
    let body = json!({
        "organisation": {
            "id": organisation.id.to_string(),
            "slug": organisation.slug,
            "name": organisation.name,
            "timezone": organisation.timezone,
            "currency": organisation.currency,
        },
        "environment": credential.tenant.environment().name(),
        "key": {
            "id": credential.key.to_string(),
            "name": credential.name,
            "expiresAt": credential.expires_at().map(|end| end.to_string()),
        },
        "scopes": credential.scopes,
        "plan": organisation.plan.name(),
        "rateLimit": {
            "limit": quota.limit,
            "remaining": quota.remaining,
            "resetAt": quota.reset.to_string(),
        },
    });
    Ok(json_response(body.to_string().into_bytes()))
}
