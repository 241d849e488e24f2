//! How an integration does (API §9).

use app::{IntegrationStatus, RequestCounts, SyncCounts, SyncStatus};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::json::Object;
use domain::resources::INTEGRATION;
use domain::{RecordId, Timestamp};
use serde_json::{Value as Json, json};

use super::{json_response, record_id};
use crate::credentials::authorise;
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::state::ApiState;

/// `GET /api/integrations/{id}/status`
pub(crate) async fn status(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &INTEGRATION.read_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let id = record_id(&parts.uri)?;
    let status = state.app.integration_status(&credential.tenant, id).await?;
    Ok(json_response(shown(id, &status).to_string().into_bytes()))
}

fn shown(id: RecordId, status: &IntegrationStatus) -> Json {
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let errors: Vec<Json> = status
        .errors
        .iter()
        .map(|error| {
            json!({
                "type": error.kind,
                "message": error.message,
                "action": error.action,
                "timestamp": error.at.to_string(),
                "entryId": error.entry.map(|id| id.to_string()),
            })
        })
        .collect();
    json!({
        "id": id.to_string(),
        "status": status.health.name(),
        "connected": status.connected,
        "credentialExpiresAt": moment(status.credential_expires_at),
        "lastRequestAt": moment(status.last_request_at),
        "lastSyncAt": moment(status.last_sync_at),
        "pendingSyncs": status.pending_syncs,
        "failedSyncs": status.failed_syncs,
        "authFailures24h": status.requests.unauthorised + status.requests.forbidden,
        "rateLimited24h": status.requests.rate_limited,
        "webhookFailures24h": status.webhook_failures,
        "errors": errors,
        "hours": status.hours.iter().map(hour).collect::<Vec<Json>>(),
    })
}

fn hour((at, requests, syncs): &(Timestamp, RequestCounts, SyncCounts)) -> Json {
    let syncs: Object = SyncStatus::ALL
        .iter()
        .zip(syncs)
        .map(|(status, count)| (status.name().to_owned(), json!(count)))
        .collect();
    json!({
        "hour": at.to_string(),
        "requests": {
            "succeeded": requests.succeeded,
            "clientErrors": requests.client_errors + requests.unauthorised + requests.forbidden,
            "rateLimited": requests.rate_limited,
            "serverErrors": requests.server_errors,
        },
        "syncs": syncs,
    })
}
