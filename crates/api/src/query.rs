//! Query parameters of a request, decoded, and the `Prefer` header that softens their reading.

use std::borrow::Cow;

use axum::http::{HeaderMap, Uri};
use domain::listing::Lenience;
use domain::{Problem, ProblemKind, Violation};

use crate::error::ApiError;

/// The decoded parameters in the order given.
pub(crate) fn parameters(uri: &Uri) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect()
}

/// Whether the client asked to have unknown parameters ignored (RFC 7240 §4.4).
pub(crate) fn lenience(headers: &HeaderMap) -> Lenience {
    let lenient = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|preference| preference.trim().eq_ignore_ascii_case("handling=lenient"));
    if lenient { Lenience::Lenient } else { Lenience::Strict }
}

/// Refuses parameters on a call that takes none.
pub(crate) fn no_parameters(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    if uri.query().is_none_or(str::is_empty) || lenience(headers) == Lenience::Lenient {
        return Ok(());
    }
    let wrong = parameters(uri)
        .into_iter()
        .map(|(name, _)| Violation::new(name, "unknown_parameter", "This call takes no query parameters."));
    let problem = Problem::new(ProblemKind::InvalidQueryParameter, "This call takes no query parameters");
    Err(problem.violations(wrong.collect()).into())
}
