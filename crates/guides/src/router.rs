//! The site over HTTP: pages, their Markdown, and the style sheet.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use edge::RequestIds;
use tower_http::compression::CompressionLayer;

use crate::site::{File, site};

/// Styles come from here, nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The site, at `/docs` and below. `random` begins the ids of requests.
pub fn router(random: [u8; 8]) -> Router {
    let ids = Arc::new(RequestIds::new(random));
    let only = |methods: MethodRouter| methods.fallback(method_not_allowed);
    Router::new()
        .route("/docs", only(get(|headers: HeaderMap| async move { page("", &headers) })))
        .route("/docs/", only(get(|| async { Redirect::permanent("/docs") })))
        .route("/docs/style.css", only(get(style)))
        .route(
            "/docs/{page}",
            only(get(|Path(name): Path<String>, headers: HeaderMap| async move { named(&name, &headers) })),
        )
        .route("/docs/{page}/{*rest}", only(get(|| async { not_found() })))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(ids, outermost))
}

/// Gives every answer its headers.
async fn outermost(State(ids): State<Arc<RequestIds>>, request: Request, next: Next) -> Response {
    let id = ids.of(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    edge::put_headers(headers, id);
    response
}

/// `GET /docs/{page}`: a page, or with `.md` its Markdown.
fn named(name: &str, headers: &HeaderMap) -> Response {
    let Some(slug) = name.strip_suffix(".md") else { return page(name, headers) };
    let slug = if slug == "README" { "" } else { slug };
    match site().page(slug) {
        Some(page) => {
            ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], page.source.markdown).into_response()
        }
        None => not_found(),
    }
}

fn page(slug: &str, headers: &HeaderMap) -> Response {
    match site().page(slug) {
        Some(page) => tagged(&page.file, "text/html; charset=utf-8", "no-cache", headers),
        None => not_found(),
    }
}

/// `GET /docs/style.css?v=HASH`
async fn style(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let file = &site().style;
    let of_this = query.as_deref().and_then(|query| query.strip_prefix("v=")) == Some(&file.version);
    tagged(file, "text/css; charset=utf-8", if of_this { FOR_GOOD } else { "no-cache" }, &headers)
}

/// The file, unless the client has it already.
fn tagged(file: &'static File, kind: &'static str, keep: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", file.version);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok()).unwrap_or_default();
    // Compared weakly (RFC 9110 §13.1.2).
    let known = known.split(',').any(|it| it.trim().trim_start_matches("W/") == tag);
    let head = [(header::ETAG, tag), (header::CACHE_CONTROL, keep.to_owned())];
    if known {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(header::CONTENT_TYPE, kind)], file.text.as_str()).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Html(site().not_found.as_str())).into_response()
}

async fn method_not_allowed() -> Response {
    let page = Html(site().method_not_allowed.as_str());
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], page).into_response()
}

#[cfg(test)]
mod tests;
