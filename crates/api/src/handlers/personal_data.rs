//! What is kept of a person: all of it in one document, and its erasure.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::definition::Resource;
use domain::resources::AUDIT_LOG;
use serde_json::json;

use super::write::admit;
use super::{json_answer, json_response, no_fields, record_id};
use crate::body::{MAX_BODY, read};
use crate::credentials::{actor, authorise};
use crate::error::ApiError;
use crate::idempotency::once_answered;
use crate::negotiate::accepts_json;
use crate::query;
use crate::representation::JSON;
use crate::state::ApiState;

/// `POST /api/members/{id}/erase`
pub(crate) async fn erase(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, resource, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let id = record_id(&parts.uri)?;
        no_fields(&parts, &body)?;
        let actor = actor(&credential, &parts);
        let erased = state.app.erase(&credential.tenant, &actor, resource, id).await?;
        let answer = json!({
            "id": id.to_string(),
            "changes": erased.changes,
            "auditEntries": erased.audit_entries,
            "deliveries": erased.deliveries,
            "answers": erased.answers,
            "imports": erased.imports,
        });
        Ok(json_answer(200, &answer))
    })
    .await
}

/// `GET /api/members/{id}/personal-data`
pub(crate) async fn show(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &AUDIT_LOG.read_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let id = record_id(&parts.uri)?;
    Ok(json_response(state.app.personal_data(&credential.tenant, resource, id).await?))
}
