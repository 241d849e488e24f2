//! Syncs of integrations (API §9).

use app::{Answer, MAX_SYNC_RECORDS, Remember, SyncDeletion, SyncOrder, SyncReport, SyncResult, SyncStatus};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::definition::Registry;
use domain::json::Object;
use domain::resources::{INTEGRATION, SYNC_LOG};
use domain::time::parse_moment;
use domain::{Problem, RecordId, Violation};
use serde_json::{Value as Json, json};

use super::integrations::{resource_of, unknown_members, violations};
use super::write::admit;
use super::{json_answer, no_fields, part_id, record_id};
use crate::body::{MAX_BATCH_BODY, MAX_BODY, object, read};
use crate::credentials::actor;
use crate::error::ApiError;
use crate::idempotency::{once, once_answered, respond};
use crate::negotiate::Taken;
use crate::representation::JSON;
use crate::state::ApiState;

/// `POST /api/integrations/{id}/sync`
pub(crate) async fn sync(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &INTEGRATION, JSON).await?;
    let body = read(body, MAX_BATCH_BODY).await?;
    once(&state, &parts, &credential, &body, async |key| {
        let id = record_id(&parts.uri)?;
        // Whether the integration is there counts more than what the body says.
        state.app.require(&credential.tenant, &INTEGRATION, id).await?;
        let order = order(state.app.registry(), object(&parts.headers, &body, Taken::Json)?)?;
        let remember = key.map(|key| Remember::new(key, move |report| shown(id, report)));
        let actor = actor(&credential, &parts);
        let report = state.app.sync(&credential.tenant, &actor, id, order, remember).await?;
        Ok(respond(shown(id, &report)))
    })
    .await
}

/// `POST /api/integrations/{id}/sync-log/{syncEntryId}/retry`
pub(crate) async fn retry(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &INTEGRATION, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let (id, entry) = (record_id(&parts.uri)?, part_id(&parts.uri)?);
        no_fields(&parts, &body)?;
        let (tenant, actor) = (&credential.tenant, actor(&credential, &parts));
        state.app.retry_sync(tenant, &actor, id, entry).await?;
        let now = state.app.now();
        let row = |row: &app::RecordRow<'_, '_>| {
            let mut json = Vec::with_capacity(1_024);
            row.write_json(&mut json, None, now)?;
            Ok(json)
        };
        let body = state.app.get(tenant, &SYNC_LOG, entry, row).await?;
        Ok(Answer { body, ..json_answer(200, &Json::Null) })
    })
    .await
}

const KNOWN: [&str; 3] = ["resource", "records", "deleted"];

fn order(registry: Registry, mut body: Object) -> Result<SyncOrder, Problem> {
    let mut wrong = Vec::new();
    unknown_members(&body, &KNOWN, &mut wrong);
    if !body.contains_key("resource") {
        wrong.push(Violation::new("resource", "required", "resource is required: what the records are."));
    }
    let resource = resource_of(registry, &body, &mut wrong);
    let (records, deleted) = (list(&mut body, "records", &mut wrong), list(&mut body, "deleted", &mut wrong));
    if records.is_empty() && deleted.is_empty() && wrong.is_empty() {
        let message = "records must not be empty, unless there is something in deleted.";
        wrong.push(Violation::new("records", "required", message));
    }
    let deleted: Vec<SyncDeletion> = deleted
        .into_iter()
        .enumerate()
        .filter_map(|(index, given)| deletion(given).map_err(|it| wrong.push(moved(index, it))).ok())
        .collect();
    match resource {
        Some(resource) if wrong.is_empty() => {
            let records = records.into_iter().map(|record| {
                let Json::Object(record) = record else {
                    let message = "Each record must be an object, as the outside system has it.";
                    return Err(Problem::validation(vec![Violation::new("", "invalid_type", message)]));
                };
                Ok(record)
            });
            Ok(SyncOrder { resource, records: records.collect(), deleted })
        }
        _ => Err(Problem::validation(wrong)),
    }
}

fn list(body: &mut Object, name: &str, wrong: &mut Vec<Violation>) -> Vec<Json> {
    match body.remove(name) {
        None => Vec::new(),
        Some(Json::Array(items)) if items.len() <= MAX_SYNC_RECORDS => items,
        Some(Json::Array(items)) => {
            let message =
                format!("{name} has {} entries; a sync takes {MAX_SYNC_RECORDS}. Send several.", items.len());
            wrong.push(Violation::new(name, "too_many_items", message));
            Vec::new()
        }
        Some(_) => {
            wrong.push(Violation::new(name, "invalid_type", format!("{name} must be a list.")));
            Vec::new()
        }
    }
}

fn moved(index: usize, violation: Violation) -> Violation {
    Violation { property_path: format!("deleted[{index}]{}", violation.property_path), ..violation }
}

/// `{"id", "deletedAt"?}`
fn deletion(given: Json) -> Result<SyncDeletion, Violation> {
    let Json::Object(given) = given else {
        let message =
            "This must be an object such as {\"id\": \"CRM-1\", \"deletedAt\": \"2026-11-24T09:00:00Z\"}.";
        return Err(Violation::new("", "invalid_type", message));
    };
    if let Some(name) = given.keys().find(|name| !["id", "deletedAt"].contains(&name.as_str())) {
        return Err(Violation::new(
            format!(".{name}"),
            "unknown_field",
            "A deletion takes id and deletedAt.",
        ));
    }
    let external_id = match given.get("id") {
        Some(Json::String(text)) => text.trim().to_owned(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    if external_id.is_empty() || external_id.chars().count() > 255 {
        let message = "id must be the outside system's id: a text of 1 to 255 characters.";
        return Err(Violation::new(".id", "required", message));
    }
    let at = match given.get("deletedAt") {
        None | Some(Json::Null) => None,
        Some(given) => Some(given.as_str().and_then(parse_moment).ok_or_else(|| {
            let message = "deletedAt must be a date-time such as 2026-11-24T09:00:00Z.";
            Violation::new(".deletedAt", "invalid_date_time", message)
        })?),
    };
    Ok(SyncDeletion { external_id, at })
}

fn shown(integration: RecordId, report: &SyncReport) -> Answer {
    let summary: Object = SyncStatus::ALL
        .iter()
        .map(|status| (status.name().to_owned(), json!(report.count(*status))))
        .collect();
    let results: Vec<Json> = report.results.iter().enumerate().map(|(index, it)| result(index, it)).collect();
    let body = json!({
        "id": report.run.to_string(),
        "integrationId": integration.to_string(),
        "resource": report.resource.plural,
        "status": report.status(),
        "summary": summary,
        "results": results,
    });
    json_answer(200, &body)
}

fn result(index: usize, result: &SyncResult) -> Json {
    let found = result.problem.as_ref().map(|problem| problem.violations.as_slice()).unwrap_or_default();
    json!({
        "index": index,
        "externalId": result.external_id,
        "status": result.status.name(),
        "id": result.record.map(|id| id.to_string()),
        "reason": result.reason,
        "action": result.action,
        "violations": violations(found),
        "entryId": result.entry.map(|id| id.to_string()),
        "nextRetryAt": result.next_retry.map(|at| at.to_string()),
    })
}
