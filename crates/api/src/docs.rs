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

/// Scripts and styles come from files only. Swagger UI sets styles by script, property by property, which needs no
/// `unsafe-inline`; its pictures stand in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of the page.
pub(crate) const FILES: &[&str] = &["swagger-ui.css", "swagger-ui-bundle.js", OWN_STYLE, OWN_SCRIPT];

const OWN_STYLE: &str = "reference.css";
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
        let content: Cow<'static, [u8]> = match name {
            OWN_STYLE => Cow::Borrowed(include_bytes!("docs/reference.css")),
            OWN_SCRIPT => Cow::Borrowed(include_bytes!("docs/reference.js")),
            _ => {
                let config = Arc::new(utoipa_swagger_ui::Config::default());
                utoipa_swagger_ui::serve(name, config).ok()??.bytes
            }
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;

    use super::*;

    fn get(address: &str, if_none_match: Option<&HeaderValue>) -> Result<Response, ApiError> {
        let mut request = Request::get(address).body(Body::empty()).unwrap();
        if let Some(tag) = if_none_match {
            request.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
        }
        asset(request).now_or_never().unwrap()
    }

    fn text(response: Response) -> String {
        let body = response.into_body().collect().now_or_never().unwrap().unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// What stands in the attributes with this name.
    fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
        let start = format!(" {name}=\"");
        page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn the_page_consists_of_own_files_that_can_be_kept() {
        let page = page().now_or_never().unwrap();
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        let page = text(page);
        assert!(!page.contains("://"), "the page names another host");
        assert!(page.split("<script").skip(1).all(|it| it.starts_with(" src=")), "a script is in the page");
        let mut addresses = attributes(&page, "src");
        addresses.extend(attributes(&page, "href"));
        addresses.retain(|address| address.starts_with("/api/docs/"));
        assert_eq!(addresses.len(), FILES.len());
        for address in addresses {
            let response = get(address, None).unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{address}");
            assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            let kind = if address.contains(".css") {
                "text/css; charset=utf-8"
            } else {
                "text/javascript; charset=utf-8"
            };
            assert_eq!(response.headers()[header::CONTENT_TYPE], kind);
            let tag = response.headers()[header::ETAG].clone();
            assert!(text(response).len() > 100, "{address}");
            let again = get(address, Some(&tag)).unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(again.headers()[header::ETAG], tag);
        }
    }

    #[test]
    fn another_version_of_a_file_is_not_kept() {
        for address in ["/api/docs/reference.js", "/api/docs/reference.js?v=0"] {
            assert_eq!(get(address, None).unwrap().headers()[header::CACHE_CONTROL], "no-cache", "{address}");
        }
    }

    #[test]
    fn nothing_else_is_served() {
        for name in ["index.html", "swagger-initializer.js", "..", "reference.js%00", ""] {
            assert!(get(&format!("/api/docs/{name}"), None).is_err(), "{name}");
        }
    }
}
