//! Media types: what the client accepts, what it sends (RFC 9110 §12.5.1, §8.3).

use axum::http::{HeaderMap, HeaderValue, header};
use domain::{Problem, ProblemKind};
use mime::Mime;

use crate::error::ApiError;

/// Checks that the client accepts JSON; other representations come with their own issues.
pub(crate) fn accepts_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut values = headers.get_all(header::ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    let mut best: Option<(u8, f32)> = None;
    for value in values {
        let Ok(text) = value.to_str() else { continue };
        for range in text.split(',').filter_map(|part| part.trim().parse::<Mime>().ok()) {
            let Some(precision) = matches_json(&range) else { continue };
            let quality = range.get_param("q").map_or(1.0, |q| q.as_str().parse().unwrap_or(0.0));
            // The most specific range decides (RFC 9110 §12.5.1).
            if best.is_none_or(|(known, _)| precision > known) {
                best = Some((precision, quality));
            }
        }
    }
    if best.is_some_and(|(_, quality)| quality > 0.0) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::NotAcceptable, "This path answers with application/json").into())
}

fn matches_json(range: &Mime) -> Option<u8> {
    match (range.type_().as_str(), range.essence_str()) {
        (_, "application/json") => Some(2),
        (_, "application/*") => Some(1),
        (_, "*/*") => Some(0),
        _ => None,
    }
}

/// Which bodies a call takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// JSON.
    Json,
    /// JSON, or a JSON Merge Patch.
    Patch,
}

/// Checks the media type of a body.
pub(crate) fn check_content_type(headers: &HeaderMap, taken: Taken) -> Result<(), ApiError> {
    let given = headers.get(header::CONTENT_TYPE);
    let parsed: Option<Mime> = given.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let fine = parsed.as_ref().is_some_and(|mime| {
        let utf8 = mime.get_param(mime::CHARSET).is_none_or(|charset| charset == mime::UTF_8);
        let known = mime.essence_str() == "application/json"
            || (taken == Taken::Patch && mime.essence_str() == "application/merge-patch+json");
        utf8 && known
    });
    if fine {
        return Ok(());
    }
    let given = given
        .map_or("none".to_owned(), |value| format!("`{:.100}`", String::from_utf8_lossy(value.as_bytes())));
    let wanted = match taken {
        Taken::Json => "application/json",
        Taken::Patch => "application/merge-patch+json or application/json",
    };
    let detail = format!("The body must be {wanted} in UTF-8; its Content-Type is {given}");
    let error = ApiError::from(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    Err(match taken {
        Taken::Json => error,
        // RFC 5789 §2.2.
        Taken::Patch => error.header(
            header::HeaderName::from_static("accept-patch"),
            HeaderValue::from_static("application/merge-patch+json, application/json"),
        ),
    })
}
