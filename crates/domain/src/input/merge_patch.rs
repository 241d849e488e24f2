//! What kinds that are JSON objects have in common when a body is a merge patch (RFC 7396).

use serde_json::Value as Json;

use crate::json::Object;
use crate::record::Value;

/// What the members of a given object are merged into: the stored object where there is an `old` value,
/// since then the given one is a patch on it, else the empty one. Null takes the whole object away.
pub(super) fn base(given: &Json, old: Option<&Value>) -> Object {
    match old.and_then(Value::as_text).map(serde_json::from_str) {
        Some(Ok(Json::Object(stored))) if !given.is_null() => stored,
        _ => Object::new(),
    }
}
