//! Headers that every answer has, unless its handler set its own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::request_id::{REQUEST_ID, RequestId};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// At least as many as are added to an answer.
pub const OWN_HEADERS: usize = 16;

/// Adds the headers of every answer.
pub fn put_headers(headers: &mut HeaderMap, id: RequestId) {
    headers.insert(REQUEST_ID, id.0);
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CACHE_CONTROL, "no-store");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(RESOURCE_POLICY, "same-origin");
}
