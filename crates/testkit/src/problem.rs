//! What every error must be: a complete problem document (API §5, RFC 9457) with the headers that belong
//! to its status.

use domain::ProblemKind;
use serde_json::Value as Json;

use crate::response::Response;

/// What problem types begin with when nothing else is set.
const BASE: &str = "https://api.memberpulse.com/errors";

/// Members that a document can have beside the six that each has.
const OPTIONAL: &[&str] = &["violations", "hint", "code", "mergedInto"];

/// Headers that belong to a status.
const OF_STATUS: &[(u16, &str)] =
    &[(401, "www-authenticate"), (405, "allow"), (429, "retry-after"), (503, "retry-after")];

/// Asserts it of an answer to a request for this path; an answer to HEAD has no body to look at.
#[track_caller]
pub(crate) fn check(response: &Response, path: &str, is_head: bool) {
    let request = response.request();
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{request}");
    for (status, header) in OF_STATUS {
        let needed = response.code() == *status;
        assert!(!needed || response.header(header).is_some(), "{request}: {status} without {header}");
    }
    if !is_head {
        let document = response.json();
        let fault = fault_in(&document, response, path);
        assert_eq!(fault, None, "{request}: {document}");
    }
}

/// What is wrong with a document, if anything is.
fn fault_in(document: &Json, response: &Response, path: &str) -> Option<String> {
    let text = |name: &str| document[name].as_str().filter(|text| !text.is_empty());
    let slug = text("type").and_then(|kind| kind.strip_prefix(BASE)?.strip_prefix('/'));
    let Some(entry) = slug.and_then(ProblemKind::by_slug).map(ProblemKind::entry) else {
        return Some("its type is not in the table".to_owned());
    };
    let expected = [
        ("title", Json::from(entry.title)),
        ("status", Json::from(entry.status)),
        ("instance", Json::from(path)),
        ("requestId", response.header("x-request-id").into()),
    ];
    // An answer that is given again names the request that it was first given to.
    let replayed = response.header("idempotency-replayed").is_some();
    for (name, value) in expected.into_iter().filter(|(name, _)| !(replayed && *name == "requestId")) {
        if document[name] != value {
            return Some(format!("{name} is not {value}"));
        }
    }
    if entry.status != response.code() || text("detail").is_none() {
        return Some("no detail, or another status than the answer's".to_owned());
    }
    let known = |name: &String| {
        ["type", "title", "status", "detail", "instance", "requestId"].contains(&name.as_str())
            || OPTIONAL.contains(&name.as_str())
    };
    if let Some(name) = document.as_object()?.keys().find(|name| !known(name)) {
        return Some(format!("the member {name} is not known"));
    }
    let violations = document.get("violations");
    let needed = matches!(slug, Some("validation-error" | "invalid-query-parameter"));
    let complete = |violation: &Json| {
        let path = violation["propertyPath"].as_str();
        // The name of a parameter can be empty; that of a field cannot.
        path.is_some_and(|path| !path.is_empty() || slug == Some("invalid-query-parameter"))
            && ["message", "code"]
                .iter()
                .all(|&name| violation[name].as_str().is_some_and(|text| !text.is_empty()))
            && violation.as_object().is_some_and(|members| members.len() == 3)
    };
    match violations.map(Json::as_array) {
        None if needed => Some("no violations".to_owned()),
        Some(None) => Some("violations are no list".to_owned()),
        Some(Some(list)) if list.is_empty() || !list.iter().all(complete) => {
            Some("violations are incomplete".to_owned())
        }
        _ => None,
    }
}
