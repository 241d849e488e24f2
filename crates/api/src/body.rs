//! Reading bodies: bounded, complete, strict JSON.

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::BytesMut;
use domain::json::{self, Object};
use domain::{Problem, ProblemKind};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;

use crate::error::ApiError;
use crate::negotiate::{Taken, check_content_type};

/// Most bytes of a body (API §5).
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// Most bytes of the body of a batch (API §5).
pub(crate) const MAX_BATCH_BODY: usize = 8 * 1024 * 1024;

/// How much of a body that is too large is read and thrown away, so that the client can finish
/// sending and read the answer.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// The JSON object in a body.
pub(crate) fn object(headers: &HeaderMap, bytes: &[u8], taken: Taken) -> Result<Object, ApiError> {
    check_content_type(headers, taken)?;
    parse_object(bytes)
}

/// The JSON object in a body that may be missing; then it is an empty one.
pub(crate) fn optional_object(headers: &HeaderMap, bytes: &[u8]) -> Result<Object, ApiError> {
    if bytes.is_empty() { Ok(Object::new()) } else { object(headers, bytes, Taken::Json) }
}

fn parse_object(bytes: &[u8]) -> Result<Object, ApiError> {
    // RFC 8259 §8.1 lets parsers ignore a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let malformed = |detail: String| ApiError::from(Problem::new(ProblemKind::MalformedJson, detail));
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(malformed("The body is empty; send a JSON object".to_owned()));
    }
    match json::parse(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(malformed("The body must be a JSON object".to_owned())),
        // The text names line and column.
        Err(error) => Err(malformed(format!("The body is not well-formed JSON: {error}"))),
    }
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read(mut body: Body, limit: usize) -> Result<BytesMut, ApiError> {
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Problem::new(ProblemKind::MalformedRequest, "The body broke off before its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= limit {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length <= limit {
        return Ok(bytes);
    }
    let detail = format!("The body is larger than {limit} bytes");
    Err(Problem::new(ProblemKind::PayloadTooLarge, detail).into())
}
