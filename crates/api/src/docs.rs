//! The reference page `/api/docs`: Swagger UI on the server's own OpenAPI document, with everything that
//! it consists of served from here, so that it works without any other host.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use bytes::Bytes;
use domain::Problem;

use crate::error::ApiError;
use crate::etag::none_match_hits;
use crate::openapi::content_tag;

/// Scripts come from files only. Swagger UI sets styles on elements, which needs `unsafe-inline`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of the page.
pub(crate) const FILES: &[&str] = &["swagger-ui.css", "swagger-ui-bundle.js", OWN_SCRIPT];

const OWN_SCRIPT: &str = "reference.js";

/// `GET /api/docs`
pub(crate) async fn page() -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let page = include_str!("docs/page.html").to_owned();
        files().iter().fold(page, |page, file| page.replace(&format!("{{{}}}", file.name), &file.address()))
    });
    let mut response = Html(page.as_str()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `GET /api/docs/{file}`
pub(crate) async fn asset(request: Request) -> Result<Response, ApiError> {
    let uri = request.uri();
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let file = files().iter().find(|file| file.name == name).ok_or_else(Problem::not_found)?;
    Ok(file.answer(uri.query(), request.headers()))
}

struct File {
    name: &'static str,
    content_type: &'static str,
    content: Bytes,
    tag: HeaderValue,
}

/// The files, read once.
fn files() -> &'static [File] {
    static CACHE: OnceLock<Vec<File>> = OnceLock::new();
    CACHE.get_or_init(|| FILES.iter().filter_map(|name| File::read(name)).collect())
}

impl File {
    fn read(name: &'static str) -> Option<Self> {
        let content: Cow<'static, [u8]> = if name == OWN_SCRIPT {
            Cow::Borrowed(include_bytes!("docs/reference.js"))
        } else {
            let config = Arc::new(utoipa_swagger_ui::Config::default());
            utoipa_swagger_ui::serve(name, config).ok()??.bytes
        };
        let content = Bytes::from(content.into_owned());
        let is_style = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "css");
        let content_type =
            if is_style { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        Some(Self { name, content_type, tag: content_tag(&content), content })
    }

    /// The version in the address: another content has another address, so that it can be kept for good.
    fn version(&self) -> &str {
        self.tag.to_str().unwrap_or_default().trim_matches('"')
    }

    fn address(&self) -> String {
        format!("/api/docs/{}?v={}", self.name, self.version())
    }

    fn answer(&self, query: Option<&str>, headers: &HeaderMap) -> Response {
        let mut response = if none_match_hits(headers, &self.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(self.content.clone()));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            response
        };
        let versioned = query.and_then(|query| query.strip_prefix("v=")) == Some(self.version());
        let keep = if versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::ETAG, self.tag.clone());
        response
    }
}
