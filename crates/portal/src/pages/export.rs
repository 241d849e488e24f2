//! A list as CSV: all that the filters match, in the columns that are shown, as a stream.
//!
//! The API's export does the same for programs (its `representation::csv`); both stand on `app`'s.

use app::Walk;
use app::csv::Table;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::listing::Filter;
use domain::{Resource, Timestamp};
use edge::RequestId;
use futures_util::stream::{self, StreamExt as _};
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
    let mut export = Export { walk: visit.app.walk(tenant, resource, query), table, now, request };
    let first = export.part().await?;
    let rest = stream::try_unfold(export, |mut export| async move {
        if export.walk.ended() {
            return Ok(None);
        }
        match export.part().await {
            Ok(part) => Ok(Some((part, export))),
            Err(failure) => Err(export.broken_off(&failure)),
        }
    });
    let mut response = Response::new(Body::from_stream(stream::once(async { Ok(first) }).chain(rest)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let today = now.date_in(&visit.place().zone);
    let name = format!("attachment; filename=\"{}-{today}.csv\"", resource.segment());
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A list on its way to the browser.
struct Export {
    walk: Walk,
    table: Table,
    now: Timestamp,
    request: Option<RequestId>,
}

impl Export {
    async fn part(&mut self) -> Result<Bytes, app::Failure> {
        let Self { walk, table, now, .. } = self;
        walk.part(|row| table.write(row, *now)).await?;
        let part = table.take();
        walk.made(part.len());
        Ok(Bytes::from(part))
    }

    /// Ends the body early, which the browser shows as a failed download: the status is already sent.
    fn broken_off(&self, failure: &app::Failure) -> std::io::Error {
        let request = self.request.as_ref().map(RequestId::text);
        let error = failure.inside().unwrap_or_else(|| failure.problem().detail);
        tracing::error!(request_id = request, error, "an export broke off");
        std::io::Error::other("the export cannot go on")
    }
}
