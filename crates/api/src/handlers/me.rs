//! What the credential of the request is.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::json_response;
use crate::caller::Credentials;
use crate::credentials::{authenticate, limit_of, require_tenant};
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::state::ApiState;

/// `GET /api/me`
pub(crate) async fn me(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&state, &parts).await?;
    require_tenant(&caller)?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let quota = limit_of(&state, &caller).await?;
    let organisation = caller.tenant.organisation();
    let (key, user) = match &caller.by {
        Credentials::Key(key) => {
            let expires_at = key.expires_at().map(|end| end.to_string());
            (json!({"id": key.key.to_string(), "name": key.name, "expiresAt": expires_at}), Json::Null)
        }
        Credentials::Session(session) => {
            let user = &session.user;
            (Json::Null, json!({"id": user.id.to_string(), "email": user.email, "role": user.role.name()}))
        }
    };
    let body = json!({
        "organisation": {
            "id": organisation.id.to_string(),
            "slug": organisation.slug,
            "name": organisation.name,
            "timezone": organisation.timezone,
            "currency": organisation.currency,
        },
        "environment": caller.tenant.environment().name(),
        "key": key,
        "user": user,
        "scopes": caller.scopes(),
        "plan": organisation.plan.name(),
        "rateLimit": {
            "limit": quota.limit,
            "remaining": quota.remaining,
            "resetAt": quota.reset.to_string(),
        },
    });
    Ok(json_response(body.to_string().into_bytes()))
}
