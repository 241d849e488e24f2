//! Lists as `application/json` (API §4).

use axum::http::header;
use axum::response::Response;
use domain::json::{Layout, write_integer, write_string};
use domain::listing::{ListQuery, Page};

use super::links::{Links, total_pages};
use super::{Question, Representation};
use crate::error::ApiError;

/// A page of a list.
pub(crate) async fn list(question: &Question<'_>) -> Result<Response, ApiError> {
    let Question { state, resource, query, now, .. } = question;
    let layout = query.fields.as_deref().map(|names| Layout::new(resource, Some(names)));
    let mut body = Vec::with_capacity(64 + question.room());
    body.extend_from_slice(b"{\"data\":[");
    let start = body.len();
    let each = |row: &app::RecordRow<'_, '_>| {
        if body.len() > start {
            body.push(b',');
        }
        row.write_json(&mut body, layout.as_ref(), *now)
    };
    let listing = state.app.list(question.tenant(), resource, query, each).await?;
    finish(&mut body, query, &listing);
    let mut response = Representation::Json.response(body);
    if let Some(links) = Links::of(&question.parts.uri, query, &listing).header() {
        response.headers_mut().insert(header::LINK, links);
    }
    Ok(response)
}

/// Closes the list with what is known of it.
fn finish(body: &mut Vec<u8>, query: &ListQuery, listing: &app::Listing) {
    let page = match query.page {
        Page::Number(page) => Some(page),
        Page::After(_) => None,
    };
    let numbers = [
        ("],\"page\":", page),
        (",\"itemsPerPage\":", Some(u64::from(query.items_per_page))),
        (",\"totalItems\":", listing.total),
        (",\"totalPages\":", total_pages(query, listing)),
    ];
    for (key, number) in numbers {
        body.extend_from_slice(key.as_bytes());
        match number.and_then(|it| i64::try_from(it).ok()) {
            Some(number) => write_integer(body, number),
            None => body.extend_from_slice(b"null"),
        }
    }
    body.extend_from_slice(b",\"nextCursor\":");
    match &listing.next_cursor {
        Some(cursor) => write_string(body, cursor),
        None => body.extend_from_slice(b"null"),
    }
    body.push(b'}');
}
