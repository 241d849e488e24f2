//! Entity tags made of record versions, and the conditions that name them (RFC 9110 §8.8.3, §13.1).

use app::WriteCondition;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{Problem, ProblemKind};

use crate::error::ApiError;
use crate::representation::Representation;

/// The tag of a version in a representation. A record that shows a derived status has a tag of its own,
/// since its representation changed without a new version.
pub(crate) fn text(version: i64, derived: bool, shown_as: Representation) -> String {
    let ended = if derived { "-ended" } else { "" };
    let form = if shown_as == Representation::LinkedData { "-ld" } else { "" };
    format!("\"{version}{ended}{form}\"")
}

/// The tag as a header's value.
pub(crate) fn etag(version: i64, derived: bool, shown_as: Representation) -> HeaderValue {
    HeaderValue::try_from(text(version, derived, shown_as)).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether `If-None-Match` names this tag: the client has the representation already.
pub(crate) fn none_match_hits(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    values(headers, &header::IF_NONE_MATCH).any(|given| {
        // Weak comparison (RFC 9110 §13.1.2).
        given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag
    })
}

/// The condition that `If-Match` puts on a change.
pub(crate) fn write_condition(headers: &HeaderMap) -> Result<WriteCondition, ApiError> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(WriteCondition::Exists);
    }
    let mut versions = Vec::new();
    for given in values(headers, &header::IF_MATCH) {
        if given == "*" {
            return Ok(WriteCondition::Exists);
        }
        // A weak tag never matches strongly (RFC 9110 §13.1.1).
        if given.starts_with("W/") {
            continue;
        }
        let Some(inner) = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            let detail = "If-Match must be an ETag with its quotes, such as \"3\", or *";
            return Err(Problem::new(ProblemKind::MalformedRequest, detail).into());
        };
        let version = inner.split('-').next().unwrap_or(inner);
        versions.extend(version.parse::<i64>());
    }
    Ok(WriteCondition::Versions(versions))
}

/// The comma-separated values of a header that may be repeated.
fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn conditions_are_read_as_the_rfc_says() {
        let condition = |value| write_condition(&headers(header::IF_MATCH, value));
        assert_eq!(condition("*").unwrap(), WriteCondition::Exists);
        assert_eq!(condition("\"3\", \"4-ended-ld\"").unwrap(), WriteCondition::Versions(vec![3, 4]));
        assert_eq!(condition("W/\"3\"").unwrap(), WriteCondition::Versions(vec![]));
        assert_eq!(condition("\"other\"").unwrap(), WriteCondition::Versions(vec![]));
        assert!(condition("3").is_err());
        assert_eq!(write_condition(&HeaderMap::new()).unwrap(), WriteCondition::Exists);
    }

    #[test]
    fn a_cached_representation_is_recognised() {
        let tag = etag(3, false, Representation::Json);
        for (value, hit) in
            [("\"3\"", true), ("W/\"3\"", true), ("*", true), ("\"2\", \"3\"", true), ("\"33\"", false)]
        {
            assert_eq!(none_match_hits(&headers(header::IF_NONE_MATCH, value), &tag), hit, "{value}");
        }
        for other in [etag(3, true, Representation::Json), etag(3, false, Representation::LinkedData)] {
            assert!(!none_match_hits(&headers(header::IF_NONE_MATCH, "\"3\""), &other));
        }
    }
}
