//! Imports that run in the background: send a file, look at it, start it, watch it, fetch the rows that
//! failed.

use app::domain::mapping::Mapping;
use app::{Answer, ImportJob, ImportPreview, ImportReading, ImportUpload, Outcome, match_fields};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use domain::definition::Resource;
use domain::json::Object;
use domain::listing::Lenience;
use domain::{ImportId, Problem, ProblemKind, Violation};
use futures_util::stream;
use http_body_util::BodyExt as _;
use serde_json::{Value as Json, json};

use super::read::no_content;
use super::{json_response, part_of};
use crate::body::{MAX_BODY, optional_object, read};
use crate::caller::Caller;
use crate::credentials::{actor, authorise};
use crate::error::ApiError;
use crate::idempotency::once_answered;
use crate::negotiate::{self, Taken, check_content_type};
use crate::query;
use crate::representation::{self, Representation};
use crate::state::ApiState;

macro_rules! calls {
    ($($call:ident $method:ident $path:literal $doc:literal;)*) => {
        /// A call about imports of a resource.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum ImportCall { $(#[doc = $doc] $call),* }

        impl ImportCall {
            /// Every call, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$call),*];

            /// Its method.
            #[must_use]
            pub fn method(self) -> Method {
                match self { $(Self::$call => Method::$method),* }
            }

            /// Its path, behind that of the resource.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$call => $path),* }
            }
        }
    };
}

calls! {
    Upload POST "/imports" "`POST /api/members/imports`";
    List GET "/imports" "`GET /api/members/imports`";
    Get GET "/imports/{importId}" "`GET /api/members/imports/{importId}`";
    Preview POST "/imports/{importId}/preview" "`POST /api/members/imports/{importId}/preview`";
    Start POST "/imports/{importId}/start" "`POST /api/members/imports/{importId}/start`";
    Stop POST "/imports/{importId}/stop" "`POST /api/members/imports/{importId}/stop`";
    FailedRows GET "/imports/{importId}/failed-rows" "`GET /api/members/imports/{importId}/failed-rows`";
    Discard DELETE "/imports/{importId}" "`DELETE /api/members/imports/{importId}`";
}

/// Handles a call.
pub(crate) async fn imports(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
    call: ImportCall,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let reads = call.method() == Method::GET;
    let scope = if reads { resource.read_scope() } else { resource.write_scope() };
    let caller = authorise(&state, &parts, &scope).await?;
    let offered: &[Representation] =
        if call == ImportCall::FailedRows { &[Representation::Csv] } else { representation::JSON };
    negotiate::representation(&parts.headers, offered)?;
    if call == ImportCall::Upload {
        return upload(&state, &parts, body, &caller, resource).await;
    }
    query::no_parameters(&parts.uri, &parts.headers)?;
    if call == ImportCall::List {
        let jobs = state.app.import_jobs(&caller.tenant, resource).await?;
        let jobs: Vec<Json> = jobs.iter().map(shown).collect();
        return Ok(json_response(json!({"data": jobs}).to_string().into_bytes()));
    }
    let id: ImportId = part_of(&parts.uri, 4)?;
    let job = state.app.import_job(&caller.tenant, resource, id).await?;
    let (app, tenant) = (&state.app, &caller.tenant);
    match call {
        ImportCall::Preview => {
            let body = read(body, MAX_BODY).await?;
            let reading = reading(resource, optional_object(&parts.headers, &body)?)?.unwrap_or_default();
            let preview = app.preview_import(tenant, &actor(&caller, &parts), resource, id, &reading).await?;
            Ok(json_response(preview_document(&job, &preview).to_string().into_bytes()))
        }
        ImportCall::Start => {
            let body = read(body, MAX_BODY).await?;
            once_answered(&state, &parts, &caller, &body, async || {
                let reading = reading(resource, optional_object(&parts.headers, &body)?)?;
                let started =
                    app.start_import(tenant, &actor(&caller, &parts), resource, id, reading).await?;
                Ok(answer(200, &started))
            })
            .await
        }
        ImportCall::Stop => {
            let stopped = app.stop_import(tenant, resource, id).await?;
            Ok(json_response(shown(&stopped).to_string().into_bytes()))
        }
        ImportCall::Discard => {
            app.discard_import(tenant, resource, id).await?;
            Ok(no_content())
        }
        ImportCall::FailedRows => Ok(failed_rows(state, caller, job)),
        ImportCall::Upload | ImportCall::List | ImportCall::Get => {
            Ok(json_response(shown(&job).to_string().into_bytes()))
        }
    }
}

/// Takes a file in. Its bytes are not kept in memory, so that an `Idempotency-Key` knows only its length.
async fn upload(
    state: &ApiState,
    parts: &Parts,
    body: Body,
    caller: &Caller,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let name = file_name(parts)?;
    check_content_type(&parts.headers, Taken::Csv)?;
    let length = parts.headers.get(header::CONTENT_LENGTH).map_or(&[][..], HeaderValue::as_bytes).to_vec();
    once_answered(state, parts, caller, &length, async || {
        let by = actor(caller, parts);
        let taken = state.app.begin_import(&caller.tenant, &by, resource, &name).await?;
        let job = receive(taken, body).await?;
        let mut answer = answer(201, &job);
        answer.headers.push(("location".to_owned(), format!("{}/imports/{}", resource.list_path(), job.id)));
        Ok(answer)
    })
    .await
}

/// How much of a file that is refused is read and thrown away, so that the client can finish sending and
/// read the answer.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

async fn receive(mut taken: ImportUpload, mut body: Body) -> Result<ImportJob, ApiError> {
    let (mut refused, mut drained) = (None, 0);
    while let Some(frame) = body.frame().await {
        let broken = |_| Problem::new(ProblemKind::MalformedRequest, "The file broke off before its end");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if refused.is_none() {
            refused = taken.write(&data).await.err();
        } else if drained > MAX_DRAINED {
            break;
        } else {
            drained += data.len();
        }
    }
    match refused {
        Some(failure) => Err(failure.into()),
        None => Ok(taken.finish().await?),
    }
}

/// The name of the file, where the client gives one.
fn file_name(parts: &Parts) -> Result<String, ApiError> {
    let mut name = String::new();
    let mut wrong = Vec::new();
    for (parameter, value) in query::parameters(&parts.uri) {
        if parameter == "fileName" {
            name = value.into_owned();
        } else {
            wrong.push(Violation::new(parameter, "unknown_parameter", "This call takes fileName."));
        }
    }
    if wrong.is_empty() || query::lenience(&parts.headers) == Lenience::Lenient {
        return Ok(name);
    }
    let problem = Problem::new(ProblemKind::InvalidQueryParameter, "This call takes no such query parameter");
    Err(problem.violations(wrong).into())
}

/// How the columns are read: `{"mapping": […] | null, "matchBy": "email" | null}`; none in an empty body.
fn reading(resource: &'static Resource, mut body: Object) -> Result<Option<ImportReading>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let mut violations = Vec::new();
    let mapping = match body.remove("mapping") {
        None | Some(Json::Null) => None,
        Some(rules) => match Mapping::parse(resource, &rules) {
            Ok(mapping) => Some(mapping),
            Err(found) => {
                violations.extend(
                    found
                        .into_iter()
                        .map(|it| Violation { property_path: format!("mapping{}", it.property_path), ..it }),
                );
                None
            }
        },
    };
    let fields = match_fields(resource);
    let match_by = match body.remove("matchBy") {
        None | Some(Json::Null) => None,
        Some(given) => {
            let known = fields.iter().copied().find(|name| given == *name);
            if known.is_none() {
                let message = format!("matchBy must be one of {}.", fields.join(", "));
                violations.push(Violation::new("matchBy", "invalid_choice", message));
            }
            known
        }
    };
    for name in body.keys() {
        violations.push(Violation::new(name, "unknown_field", "This call takes mapping and matchBy."));
    }
    if violations.is_empty() {
        Ok(Some(ImportReading { mapping, match_by }))
    } else {
        Err(Problem::validation(violations))
    }
}

fn answer(status: u16, job: &ImportJob) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: shown(job).to_string().into_bytes(),
        secret: false,
    }
}

/// An import as clients see it.
fn shown(job: &ImportJob) -> Json {
    let columns: Vec<&str> = job.header.iter().map(String::as_str).collect();
    let counts = job.counts;
    json!({
        "id": job.id.to_string(),
        "resource": job.resource.plural,
        "fileName": job.file_name,
        "status": job.status.name(),
        "size": job.size,
        "totalRows": job.total_rows,
        "columns": job.header,
        "suggestedMapping": Mapping::suggest(job.resource, &columns).to_json(),
        "mapping": job.mapping,
        "matchBy": job.match_by,
        "lastLine": job.last_line,
        "counts": {
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "failed": counts.failed,
        },
        "failedRowsComplete": !job.is_report_cut(),
        "unmappedColumns": job.unmapped,
        "message": job.message,
        "createdBy": job.created_by,
        "createdAt": job.created_at.to_string(),
        "updatedAt": job.updated_at.to_string(),
    })
}

fn preview_document(job: &ImportJob, preview: &ImportPreview) -> Json {
    let rows = preview.rows.iter().map(|row| {
        let status = match &row.outcome {
            Ok(Outcome::Created) => "created",
            Ok(Outcome::Updated) => "updated",
            Ok(Outcome::Unchanged) => "unchanged",
            Err(_) => "failed",
        };
        let problem = row.outcome.as_ref().err();
        let violations = problem.map(|it| it.violations.as_slice()).unwrap_or_default();
        let violations: Vec<Json> = violations
            .iter()
            .map(|it| json!({"propertyPath": it.property_path, "message": it.message, "code": it.code}))
            .collect();
        json!({
            "line": row.line,
            "cells": row.cells,
            "status": status,
            "detail": problem.map(|it| it.detail.clone()),
            "violations": violations,
        })
    });
    json!({
        "columns": job.header,
        "rows": rows.collect::<Vec<_>>(),
        "unmappedColumns": preview.unmapped,
        "missingFields": preview.missing,
    })
}

/// The report as CSV, part by part.
fn failed_rows(state: ApiState, caller: Caller, job: ImportJob) -> Response {
    let name = format!("attachment; filename=\"{}-failed-rows.csv\"", job.resource.plural);
    let rows = stream::try_unfold((state, caller, job, 0), |(state, caller, job, from)| async move {
        match state.app.failed_rows(&caller.tenant, &job, from).await {
            Ok(Some((part, next))) => Ok(Some((Bytes::from(part), (state, caller, job, next)))),
            Ok(None) => Ok(None),
            Err(failure) => {
                tracing::error!(error = failure.inside(), "a report broke off");
                Err(std::io::Error::other("the report broke off"))
            }
        }
    });
    let mut response = Response::new(Body::from_stream(rows));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
