//! The state of the plan's limit; asking costs nothing (API §7).

use app::QUOTA_WINDOW_SECONDS;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::json;

use super::json_response;
use crate::credentials::{limit_of, recognise, require_tenant};
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::rate_limit::ChargeSlot;
use crate::state::ApiState;

/// `GET /api/rate-limit`
pub(crate) async fn rate_limit(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = recognise(&state, &parts).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    require_tenant(&credential)?;
    let quota = limit_of(&state, &credential).await?;
    if let Some(slot) = parts.extensions.get::<ChargeSlot>() {
        slot.free(quota);
    }
    let body = json!({
        "plan": credential.tenant.organisation().plan.name(),
        "limit": quota.limit,
        "remaining": quota.remaining,
        "windowSeconds": QUOTA_WINDOW_SECONDS,
        "resetAt": quota.reset.to_string(),
    });
    Ok(json_response(body.to_string().into_bytes()))
}
