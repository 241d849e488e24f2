//! A list as CSV: all that the filters match, in the columns that are shown, as a stream.
//!
//! The API's export does the same for programs (its `representation::csv`); both stand on `edge`'s.

use app::csv::Table;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::Resource;
use domain::listing::Filter;
use edge::RequestId;
use serde_json::Value as Json;

use super::list::Question;
use crate::visit::{Page, Visit};

/// `GET /members/export`
pub(crate) async fn start(visit: &Visit, resource: &'static Resource) -> Page {
    start_only(visit, resource, None).await
}

/// The same of only what a filter lets through, whatever the address asks.
pub(crate) async fn start_only(visit: &Visit, resource: &'static Resource, only: Option<Filter>) -> Page {
    let question = Question::of(visit, resource)?;
    let mut query = question.query?;
    query.filters.extend(only);
    let tenant = visit.tenant()?;
    let table = Table::new(resource, query.fields.as_deref(), false);
    // That it was exported is on record before anything goes out.
    let details = [("format", "csv"), ("query", question.state.encoded().as_str())]
        .map(|(name, text)| (name.to_owned(), Json::from(text)));
    let details = details.into_iter().collect();
    visit.app.note_act(tenant, &visit.actor(), "export", resource.name, &details).await?;
    let request = visit.parts.extensions.get::<RequestId>().cloned();
    let now = visit.app.now();
    let body = edge::export(visit.app.walk(tenant, resource, query), table, now, request).await?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let today = now.date_in(&visit.place().zone);
    let name = format!("attachment; filename=\"{}-{today}.csv\"", resource.segment());
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
