//! What webhooks have beside the calls of all resources: secrets, tries, the delivery log (API §8).

use app::{Answer, Attempts, DeliveryDetails, WebhookHour};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::definition::Resource;
use domain::json::Object;
use domain::resources::WEBHOOK;
use domain::text::did_you_mean;
use domain::{Problem, RecordId, Timestamp, Violation, event_types as types};
use serde_json::{Value as Json, json};

use super::write::admit;
use super::{json_answer, json_response, no_fields, part_id, record_id};
use crate::body::{MAX_BODY, object, read};
use crate::credentials::{actor, authorise};
use crate::error::ApiError;
use crate::idempotency::once_answered;
use crate::negotiate::{Taken, accepts_json};
use crate::openapi::event_schema;
use crate::query;
use crate::representation::JSON;
use crate::state::ApiState;

/// `POST /api/webhooks/{id}/rotate-secret`
pub(crate) async fn rotate_secret(
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
        let made = state.app.rotate_secret(&credential.tenant, &actor, resource, id).await?;
        let answer = json!({
            "id": id.to_string(),
            "secret": made.secret,
            "previousExpiresAt": made.previous_expires_at.to_string(),
        });
        Ok(Answer { secret: true, ..json_answer(200, &answer) })
    })
    .await
}

/// `POST /api/webhooks/{id}/test`
pub(crate) async fn test(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &WEBHOOK, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let id = record_id(&parts.uri)?;
        no_fields(&parts, &body)?;
        let delivery = state.app.test_webhook(&credential.tenant, &actor(&credential, &parts), id).await?;
        show(&state, &credential.tenant, id, delivery, 202).await
    })
    .await
}

/// `POST /api/webhooks/{id}/recover`
pub(crate) async fn recover(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &WEBHOOK, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let id = record_id(&parts.uri)?;
        let since = since(&object(&parts.headers, &body, Taken::Json)?, state.app.now())?;
        let actor = actor(&credential, &parts);
        let queued = state.app.recover_deliveries(&credential.tenant, &actor, id, since).await?;
        Ok(json_answer(202, &json!({"queued": queued, "since": since.to_string()})))
    })
    .await
}

fn since(body: &Object, now: Timestamp) -> Result<Timestamp, Problem> {
    let mut violations: Vec<Violation> = body
        .keys()
        .filter(|name| *name != "since")
        .map(|name| {
            let near = did_you_mean(name, ["since"]);
            Violation::new(name, "unknown_field", format!("recover takes since.{near}"))
        })
        .collect();
    let given = body.get("since").map(|value| value.as_str().and_then(domain::time::parse_moment));
    let wrong = match given {
        None => ("required", "since is required: the moment from which events are sent again."),
        Some(None) => ("invalid_timestamp", "since must be a date-time such as 2026-11-24T09:00:00Z."),
        Some(Some(since)) if since > now => ("not_in_past", "since must be in the past."),
        Some(Some(since)) if violations.is_empty() => return Ok(since),
        Some(Some(_)) => return Err(Problem::validation(violations)),
    };
    violations.push(Violation::new("since", wrong.0, wrong.1));
    Err(Problem::validation(violations))
}

/// `GET /api/webhooks/{id}/health`
pub(crate) async fn health(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &WEBHOOK.read_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let health = state.app.webhook_health(&credential.tenant, record_id(&parts.uri)?).await?;
    let whole = health.whole();
    let mut shown = figures(&whole);
    shown.insert("since".to_owned(), whole.start.to_string().into());
    shown.insert("successRate".to_owned(), success_rate(&whole));
    let hours = health.hours.iter().map(|hour| {
        let mut shown = figures(hour);
        shown.insert("start".to_owned(), hour.start.to_string().into());
        Json::Object(shown)
    });
    shown.insert("hours".to_owned(), hours.collect());
    Ok(json_response(Json::Object(shown).to_string().into_bytes()))
}

fn figures(hour: &WebhookHour) -> Object {
    let slowest = (hour.attempts() > 0).then_some(hour.slowest_ms);
    Object::from_iter([
        ("succeeded".to_owned(), hour.succeeded.into()),
        ("failed".to_owned(), hour.failed.into()),
        ("averageMs".to_owned(), hour.average_ms().into()),
        ("slowestMs".to_owned(), slowest.into()),
    ])
}

/// To four places: a share of thousands says no more.
fn success_rate(whole: &WebhookHour) -> Json {
    let per_myriad = (whole.succeeded * 10_000).checked_div(whole.attempts());
    per_myriad
        .and_then(|it| u32::try_from(it).ok())
        .map_or(Json::Null, |it| (f64::from(it) / 10_000.0).into())
}

/// `GET /api/webhooks/{id}/deliveries/{deliveryId}`
pub(crate) async fn delivery(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &WEBHOOK.read_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let (webhook, delivery) = (record_id(&parts.uri)?, part_id(&parts.uri)?);
    let answer = show(&state, &credential.tenant, webhook, delivery, 200).await?;
    Ok(json_response(answer.body))
}

/// `POST /api/webhooks/{id}/deliveries/{deliveryId}/retry`
pub(crate) async fn retry(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &WEBHOOK, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let (webhook, delivery) = (record_id(&parts.uri)?, part_id(&parts.uri)?);
        no_fields(&parts, &body)?;
        let actor = actor(&credential, &parts);
        state.app.retry_delivery(&credential.tenant, &actor, webhook, delivery).await?;
        show(&state, &credential.tenant, webhook, delivery, 202).await
    })
    .await
}

/// A delivery with everything that there is to tell of it.
async fn show(
    state: &ApiState,
    tenant: &app::Tenant,
    webhook: RecordId,
    delivery: RecordId,
    status: u16,
) -> Result<Answer, ApiError> {
    let now = state.app.now();
    let row = |row: &app::RecordRow<'_, '_>| {
        let mut json = Vec::with_capacity(1_024);
        row.write_json(&mut json, None, now)?;
        Ok(json)
    };
    let json = state.app.delivery(tenant, webhook, delivery, row).await?;
    let details = state.app.delivery_details(tenant, delivery).await?;
    let mut shown: Object = serde_json::from_slice(&json).unwrap_or_default();
    shown.extend(detail_members(details));
    Ok(json_answer(status, &Json::Object(shown)))
}

fn detail_members(details: DeliveryDetails) -> Object {
    let body = details.body.map_or(Json::Null, Json::from);
    let attempts: Vec<Json> = details.attempts.iter().map(attempt).collect();
    Object::from_iter([
        ("request".to_owned(), json!({"body": body})),
        ("attempts".to_owned(), attempts.into()),
    ])
}

fn attempt(attempt: &Attempts) -> Json {
    let headers = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
    let response = attempt.response_status.map(|status| {
        json!({
            "status": status,
            "headers": headers(&attempt.response_headers),
            "body": attempt.response_body,
        })
    });
    json!({
        "number": attempt.number,
        "startedAt": attempt.started_at.to_string(),
        "durationMs": attempt.duration_ms,
        "request": {
            "method": "POST",
            "url": attempt.url,
            "headers": headers(&attempt.request_headers),
        },
        "response": response,
        "error": attempt.error,
    })
}

/// `GET /api/webhook-event-types`
pub(crate) async fn event_types(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let _ = authorise(&state, &parts, &WEBHOOK.read_scope()).await?;
    accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let all: Vec<Json> = types::event_types(state.app.registry())
        .into_iter()
        .map(|it| {
            json!({
                "name": it.name,
                "description": it.doc,
                "schema": event_schema::schema(&it),
                "example": event_schema::example(&it),
            })
        })
        .collect();
    Ok(json_response(json!({"data": all}).to_string().into_bytes()))
}
