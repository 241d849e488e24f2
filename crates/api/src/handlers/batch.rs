//! Many changes in one request, with a result for each (API §6).

use app::{
    Answer, BatchItem, BatchKind, BatchMode, BatchReport, MAX_ITEMS, Outcome, Remember, WriteRequest,
    match_fields,
};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::definition::Resource;
use domain::json::Object;
use domain::text::did_you_mean;
use domain::{Problem, Violation};
use edge::RequestId;
use serde_json::{Value as Json, json};

use super::write::admit;
use crate::body::{MAX_BATCH_BODY, object, read};
use crate::config::Config;
use crate::credentials::actor;
use crate::error::ApiError;
use crate::idempotency::{once, respond};
use crate::negotiate::Taken;
use crate::problem_document;
use crate::representation;
use crate::state::ApiState;

/// `POST /api/members/batch`
pub(crate) async fn batch(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (credential, _) = admit(&state, &parts, resource, representation::JSON).await?;
    let body = read(body, MAX_BATCH_BODY).await?;
    let path = parts.uri.path().to_owned();
    let id = parts.extensions.get::<RequestId>().map(RequestId::text);
    let id = id.unwrap_or_default().to_owned();
    let shared = state.clone();
    let render = move |report: &BatchReport| answer(report, &shared.config, &path, &id);
    once(&state, &parts, &credential, &body, async |key| {
        let batch = parse(resource, object(&parts.headers, &body, Taken::Json)?)?;
        let from = WriteRequest::from(actor(&credential, &parts));
        let request = WriteRequest { allow_past: batch.allow_past, ..from };
        let remember = key.map(|key| Remember::new(key, render.clone()));
        let (tenant, items) = (&credential.tenant, batch.items);
        let report = state.app.batch(tenant, request, resource, items, batch.kind, remember).await?;
        Ok(respond(render(&report)))
    })
    .await
}

const KNOWN: [&str; 5] = ["mode", "matchBy", "items", "atomic", "allowPast"];
const MODES: [(&str, BatchMode); 3] =
    [("upsert", BatchMode::Upsert), ("create", BatchMode::Create), ("update", BatchMode::Update)];

/// A batch as it was asked for.
struct Batch {
    items: Vec<BatchItem>,
    kind: BatchKind,
    allow_past: bool,
}

/// Reads a batch.
fn parse(resource: &'static Resource, mut body: Object) -> Result<Batch, Problem> {
    let mut violations = Vec::new();
    let mut wrong = |path: &str, code, message: String| violations.push(Violation::new(path, code, message));
    for name in body.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
        let near = did_you_mean(name, KNOWN);
        wrong(name, "unknown_field", format!("A batch takes {}.{near}", KNOWN.join(", ")));
    }
    let mut flag = |name: &str| match body.get(name) {
        None => false,
        Some(Json::Bool(flag)) => *flag,
        Some(_) => {
            wrong(name, "invalid_type", format!("{name} must be true or false."));
            false
        }
    };
    let (atomic, allow_past) = (flag("atomic"), flag("allowPast"));
    let mode = match body.get("mode") {
        None => Some(BatchMode::Upsert),
        Some(given) => MODES.iter().find(|(name, _)| given == name).map(|(_, mode)| *mode),
    };
    if mode.is_none() {
        wrong("mode", "invalid_choice", "mode must be one of upsert, create, update.".to_owned());
    }
    let fields = match_fields(resource);
    let wanted = body.get("matchBy").map_or("externalId", |given| given.as_str().unwrap_or_default());
    let match_by = fields.iter().copied().find(|name| *name == wanted);
    if match_by.is_none() {
        wrong("matchBy", "invalid_choice", format!("matchBy must be one of {}.", fields.join(", ")));
    }
    let items = match body.remove("items") {
        Some(Json::Array(items)) if items.is_empty() => {
            Err(("required", "items must not be empty.".to_owned()))
        }
        Some(Json::Array(items)) if items.len() > MAX_ITEMS => {
            Err(("too_many_items", format!("items has {} entries; a batch takes {MAX_ITEMS}.", items.len())))
        }
        Some(Json::Array(items)) => Ok(items),
        Some(_) => Err(("invalid_type", "items must be a list of objects.".to_owned())),
        None => Err(("required", "items is required.".to_owned())),
    };
    match (items, mode, match_by) {
        (Ok(items), Some(mode), Some(match_by)) if violations.is_empty() => {
            let items = items.into_iter().map(|item| read_item(item, mode, match_by)).collect();
            Ok(Batch { items, kind: if atomic { BatchKind::Atomic } else { BatchKind::Each }, allow_past })
        }
        (items, _, _) => {
            if let Err((code, message)) = items {
                violations.push(Violation::new("items", code, message));
            }
            Err(Problem::validation(violations))
        }
    }
}

/// Reads one item: its body, and the value by which its record is found.
fn read_item(item: Json, mode: BatchMode, match_by: &'static str) -> BatchItem {
    let Json::Object(body) = item else {
        let violation = Violation::new("", "invalid_type", "Each item must be an object.");
        return BatchItem { mode, matches: Vec::new(), body: Err(Problem::validation(vec![violation])) };
    };
    if mode == BatchMode::Create {
        return BatchItem { mode, matches: Vec::new(), body: Ok(body) };
    }
    let given = body.get(match_by).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
    match given.map(str::to_owned) {
        // Ids are given by the server: an unknown one is not made by an upsert.
        Some(value) if match_by == "id" => {
            BatchItem { mode: BatchMode::Update, matches: vec![(match_by, value)], body: Ok(body) }
        }
        Some(value) => BatchItem { mode, matches: vec![(match_by, value)], body: Ok(body) },
        None if match_by == "id" && mode == BatchMode::Upsert => {
            BatchItem { mode: BatchMode::Create, matches: Vec::new(), body: Ok(body) }
        }
        None => {
            let message = format!("{match_by} is required, since records are matched by it.");
            let violation = Violation::new(match_by, "required", message);
            BatchItem { mode, matches: Vec::new(), body: Err(Problem::validation(vec![violation])) }
        }
    }
}

/// `{"results": [{"index", "status", "id" | "problem"}], "summary": {…}}`
fn answer(report: &BatchReport, config: &Config, path: &str, request_id: &str) -> Answer {
    let mut counts = [("created", 0_u32), ("updated", 0), ("unchanged", 0), ("failed", 0)];
    let mut results = Vec::with_capacity(report.results.len());
    for (index, result) in report.results.iter().enumerate() {
        let which = match result {
            Ok((Outcome::Created, _)) => 0,
            Ok((Outcome::Updated, _)) => 1,
            Ok((Outcome::Unchanged, _)) => 2,
            Err(_) => 3,
        };
        counts[which].1 += 1;
        let status = counts[which].0;
        results.push(match result {
            Ok((_, id)) => json!({"index": index, "status": status, "id": id.to_string()}),
            Err(problem) => {
                let error = ApiError::from(problem.clone());
                let problem = problem_document::document(&error, config, path, request_id);
                json!({"index": index, "status": status, "problem": problem})
            }
        });
    }
    let summary: Object = counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    let body = json!({"results": results, "summary": summary}).to_string().into_bytes();
    Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
        secret: false,
    }
}
