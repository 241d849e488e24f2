//! Lists as `text/csv`: a page where one is asked for, else everything that the filters match.

use app::csv::Table;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use domain::time;
use futures_util::stream;
use serde_json::Value as Json;

use super::links::Links;
use super::{Question, Representation};
use edge::RequestId;

use crate::credentials::actor;
use crate::error::ApiError;
use crate::query::parameters;

/// The list, or the page of it that the client asked for.
pub(crate) async fn list(question: Question<'_>) -> Result<Response, ApiError> {
    let file_name = file_name(&question);
    let mut asked = parameters(&question.parts.uri).into_iter();
    let mut response = if asked.any(|(name, _)| matches!(&*name, "page" | "itemsPerPage" | "cursor")) {
        page(&question).await?
    } else if question.parts.method == Method::HEAD {
        // Its length is not known without making it, so that none may be told.
        Representation::Csv.response(Body::from_stream(stream::empty::<Result<Bytes, std::io::Error>>()))
    } else {
        Representation::Csv.response(whole(question).await?)
    };
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{file_name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// `members-2026-11-24.csv`, by the organisation's calendar.
fn file_name(question: &Question<'_>) -> String {
    let zone = time::zone(&question.tenant().organisation().timezone);
    let today = zone.map_or_else(
        || question.now.to_string().chars().take(10).collect(),
        |zone| question.now.date_in(&zone).to_string(),
    );
    format!("{}-{today}.csv", question.resource.segment())
}

fn table(question: &Question<'_>) -> Table {
    let query = &question.query;
    Table::new(question.resource, query.fields.as_deref(), query.include_deleted)
}

async fn page(question: &Question<'_>) -> Result<Response, ApiError> {
    let Question { state, resource, query, now, .. } = question;
    let mut table = table(question);
    let each = |row: &app::RecordRow<'_, '_>| table.write(row, *now);
    let listing = state.app.list(question.tenant(), resource, query, each).await?;
    let mut response = Representation::Csv.response(table.take());
    if let Some(links) = Links::of(&question.parts.uri, query, &listing).header() {
        response.headers_mut().insert(header::LINK, links);
    }
    Ok(response)
}

/// Everything, as a stream. That it was exported is on record before anything goes out.
async fn whole(question: Question<'_>) -> Result<Body, ApiError> {
    let table = table(&question);
    let tenant = question.tenant();
    let Question { state, parts, credential, resource, query, now } = question;
    let details = [("format", "csv"), ("query", parts.uri.query().unwrap_or_default())];
    let details = details.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect();
    state.app.note_act(tenant, &actor(credential, parts), "export", resource.name, &details).await?;
    let request = parts.extensions.get::<RequestId>().cloned();
    Ok(edge::export(state.app.walk(tenant, resource, query), table, now, request).await?)
}
