//! Files for the browser: embedded, compressed by the build, and named for their content, so that they
//! can be kept for good.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use domain::Problem;

use crate::pages::error;

/// A file in its encodings.
struct Asset {
    /// The name under which templates know it.
    name: &'static str,
    /// Its name with the hash of its content.
    file: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The address of a file; of a name that there is not, one that answers 404.
#[must_use]
pub(crate) fn address(name: &str) -> String {
    let file = ASSETS.iter().find(|asset| asset.name == name).map_or(name, |asset| asset.file);
    format!("/assets/{file}")
}

/// `GET /assets/{file}`
pub(crate) async fn serve(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let headers = &parts.headers;
    let file = parts.uri.path().rsplit('/').next().unwrap_or_default();
    let Some(asset) = ASSETS.iter().find(|asset| asset.file == file) else {
        return error::plain(&parts, &Problem::not_found().into());
    };
    let (encoding, content) = if accepts(headers, "br") {
        (Some("br"), asset.brotli)
    } else if accepts(headers, "gzip") {
        (Some("gzip"), asset.gzip)
    } else {
        (None, asset.plain)
    };
    let mut response = Response::new(Body::from(Bytes::from_static(content)));
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD));
    head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the client takes an encoding (RFC 9110 §12.5.3); one with the weight 0 it does not.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|part| {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_loads_within_its_budget() {
        let loaded = ["tabler.css", "portal.css", "htmx.js", "portal.js", "theme.js"];
        let of = |name: &str| ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.gzip.len());
        let sizes: Vec<usize> = loaded.iter().map(|name| of(name).unwrap()).collect();
        // The specification allows 150 KB for the whole first load of a list (portal.md).
        assert!(sizes.iter().sum::<usize>() < 125_000, "{sizes:?}");
    }

    #[test]
    fn encodings_are_taken_as_offered() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        assert!(accepts(&headers("gzip, deflate, br"), "br"));
        assert!(accepts(&headers("BR;q=0.5"), "br"));
        assert!(!accepts(&headers("gzip, br;q=0"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }
}
