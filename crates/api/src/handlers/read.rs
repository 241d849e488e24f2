//! Reading records: one, and lists.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::definition::Resource;
use domain::json::{Layout, write_string};
use domain::listing::{self, Lenience, ListQuery, Page};

use super::{json_response, record_id};
use crate::credentials::authorise;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::{etag, negotiate, query};

/// `GET /api/members/{id}`
pub(crate) async fn get(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &resource.read_scope()).await?;
    negotiate::accepts_json(&parts.headers)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let id = record_id(&parts.uri)?;
    let now = state.app.now();
    let view = |row: &app::RecordRow<'_, '_>| {
        let tag = etag::etag(row.version()?, row.shows_derived(now)?);
        let mut body = Vec::with_capacity(1_024);
        if !etag::none_match_hits(&parts.headers, &tag) {
            row.write_json(&mut body, None, now)?;
        }
        Ok((tag, body))
    };
    let (tag, body) = state.app.get(&credential.tenant, resource, id, view).await?;
    let mut response =
        if body.is_empty() { StatusCode::NOT_MODIFIED.into_response() } else { json_response(body) };
    put_tag(response.headers_mut(), tag);
    Ok(response)
}

/// The `Cache-Control` of an answer with a tag: keep it, but ask each time.
pub(super) const TAGGED: &str = "private, no-cache";

/// An entity tag, and leave to keep the representation for asking again.
pub(crate) fn put_tag(headers: &mut HeaderMap, tag: HeaderValue) {
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(TAGGED));
}

/// `GET /api/members`
pub(crate) async fn list(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &resource.read_scope()).await?;
    negotiate::accepts_json(&parts.headers)?;
    let parameters = query::parameters(&parts.uri);
    let lenience = query::lenience(&parts.headers);
    let pairs = parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let query = listing::parse(resource, pairs, lenience)?;
    let now = state.app.now();
    let layout = query.fields.as_deref().map(|names| Layout::new(resource, Some(names)));
    let mut body = Vec::with_capacity(64 + query.items_per_page as usize * 1_024);
    body.extend_from_slice(b"{\"data\":[");
    let start = body.len();
    let each = |row: &app::RecordRow<'_, '_>| {
        if body.len() > start {
            body.push(b',');
        }
        row.write_json(&mut body, layout.as_ref(), now)
    };
    let listing = state.app.list(&credential.tenant, resource, &query, each).await?;
    finish(&mut body, &query, &listing);
    let mut response = json_response(body);
    if let Some(links) = links(&parts.uri, &query, &listing) {
        response.headers_mut().insert(header::LINK, links);
    }
    if lenience == Lenience::Lenient {
        response.headers_mut().insert("preference-applied", HeaderValue::from_static("handling=lenient"));
    }
    Ok(response)
}

/// Closes the list with what is known of it.
fn finish(body: &mut Vec<u8>, query: &ListQuery, listing: &app::Listing) {
    let number = |it: Option<u64>| it.map_or_else(|| "null".to_owned(), |it| it.to_string());
    let page = match query.page {
        Page::Number(page) => Some(page),
        Page::After(_) => None,
    };
    body.extend_from_slice(
        format!(
            "],\"page\":{},\"itemsPerPage\":{},\"totalItems\":{},\"totalPages\":{},\"nextCursor\":",
            number(page),
            query.items_per_page,
            number(listing.total),
            number(total_pages(query, listing)),
        )
        .as_bytes(),
    );
    match &listing.next_cursor {
        Some(cursor) => write_string(body, cursor),
        None => body.extend_from_slice(b"null"),
    }
    body.push(b'}');
}

fn total_pages(query: &ListQuery, listing: &app::Listing) -> Option<u64> {
    listing.total.map(|total| total.div_ceil(u64::from(query.items_per_page)))
}

/// The `Link` header (RFC 8288): relative addresses with the same filters.
fn links(uri: &Uri, query: &ListQuery, listing: &app::Listing) -> Option<HeaderValue> {
    let mut links = Vec::new();
    let mut add = |relation: &str, name: &str, value: &str| {
        let kept = query::parameters(uri).into_iter().filter(|(name, _)| name != "page" && name != "cursor");
        let mut address = form_urlencoded::Serializer::new(String::new());
        address.extend_pairs(kept).append_pair(name, value);
        links.push(format!("<{}?{}>; rel=\"{relation}\"", uri.path(), address.finish()));
    };
    add("first", "page", "1");
    match query.page {
        Page::Number(page) => {
            if page > 1 {
                add("prev", "page", &(page - 1).to_string());
            }
            if listing.next_cursor.is_some() {
                add("next", "page", &(page + 1).to_string());
            }
        }
        Page::After(_) => {
            if let Some(cursor) = &listing.next_cursor {
                add("next", "cursor", cursor);
            }
        }
    }
    if let Some(pages) = total_pages(query, listing) {
        add("last", "page", &pages.max(1).to_string());
    }
    HeaderValue::from_str(&links.join(", ")).ok()
}

/// A body-less answer, for deletions.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
