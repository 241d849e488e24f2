//! What integrations have beside the calls of all resources: their field mapping (API §9).

use app::{MappingPreview, MappingQuestion};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::definition::{Registry, Resource};
use domain::json::Object;
use domain::resources::INTEGRATION;
use domain::text::did_you_mean;
use domain::{Problem, Violation};
use serde_json::{Value as Json, json};

use super::write::{admit, answer, write_request};
use super::{json_answer, record_id};
use crate::body::{MAX_BODY, object, read};
use crate::error::ApiError;
use crate::idempotency::{once_answered, respond};
use crate::negotiate::Taken;
use crate::representation::{JSON, RECORD};
use crate::state::ApiState;

/// `PUT /api/integrations/{id}/field-mapping`
pub(crate) async fn replace_field_mapping(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, shown_as) = admit(&state, &parts, &INTEGRATION, RECORD).await?;
    let id = record_id(&parts.uri)?;
    let request = write_request(&state, &parts, &credential, &INTEGRATION, shown_as, None)?;
    let mapping = object(&parts.headers, &read(body, MAX_BODY).await?, Taken::Json)?;
    let stored = state.app.replace_field_mapping(&credential.tenant, request, id, mapping).await?;
    Ok(respond(answer(&state, &INTEGRATION, shown_as, &stored)))
}

/// `POST /api/integrations/{id}/field-mapping/preview`
pub(crate) async fn preview_field_mapping(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, &INTEGRATION, JSON).await?;
    let body = read(body, MAX_BODY).await?;
    once_answered(&state, &parts, &credential, &body, async || {
        let id = record_id(&parts.uri)?;
        // Whether the integration is there counts more than what the body says.
        state.app.require(&credential.tenant, &INTEGRATION, id).await?;
        let question = question(state.app.registry(), object(&parts.headers, &body, Taken::Json)?)?;
        let preview = state.app.preview_mapping(&credential.tenant, id, &question).await?;
        Ok(json_answer(200, &shown(question.resource, &preview)))
    })
    .await
}

/// Names the resource of a body, `members` when it names none.
pub(super) fn resource_of(
    registry: Registry,
    body: &Object,
    violations: &mut Vec<Violation>,
) -> Option<&'static Resource> {
    let Some(given) = body.get("resource") else { return registry.iter().next() };
    let given = given.as_str().unwrap_or_default();
    let found = registry.by_plural(given);
    if found.is_none() {
        let known: Vec<&str> = registry.iter().map(|resource| resource.plural).collect();
        let near = did_you_mean(given, known.iter().copied());
        let message = format!("resource must be one of {}.{near}", known.join(", "));
        violations.push(Violation::new("resource", "invalid_choice", message));
    }
    found
}

/// Finds members of a body that are not of the known ones.
pub(super) fn unknown_members(body: &Object, known: &[&str], violations: &mut Vec<Violation>) {
    for name in body.keys().filter(|name| !known.contains(&name.as_str())) {
        let near = did_you_mean(name, known.iter().copied());
        let message = format!("This call takes {}.{near}", known.join(", "));
        violations.push(Violation::new(name, "unknown_field", message));
    }
}

fn question(registry: Registry, mut body: Object) -> Result<MappingQuestion, Problem> {
    let mut violations = Vec::new();
    unknown_members(&body, &["resource", "rules", "sample"], &mut violations);
    let resource = resource_of(registry, &body, &mut violations);
    let sample = match body.remove("sample") {
        Some(Json::Object(sample)) => Some(sample),
        given => {
            let code = if given.is_none() { "required" } else { "invalid_type" };
            let message = "sample must be an object: a record as the outside system has it.";
            violations.push(Violation::new("sample", code, message));
            None
        }
    };
    match (resource, sample) {
        (Some(resource), Some(sample)) if violations.is_empty() => {
            Ok(MappingQuestion { resource, rules: body.remove("rules"), sample })
        }
        _ => Err(Problem::validation(violations)),
    }
}

fn shown(resource: &Resource, preview: &MappingPreview) -> Json {
    json!({
        "resource": resource.plural,
        "valid": preview.violations.is_empty(),
        "record": preview.record,
        "matches": preview.matches.map(|id| id.to_string()),
        "violations": violations(&preview.violations),
        "unmapped": preview.unread,
    })
}

pub(super) fn violations(violations: &[Violation]) -> Json {
    violations
        .iter()
        .map(|it| json!({"propertyPath": it.property_path, "message": it.message, "code": it.code}))
        .collect()
}
