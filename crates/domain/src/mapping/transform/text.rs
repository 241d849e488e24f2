//! Changes of plain text.

use serde_json::Value as Json;

/// Applies a change to a text; numbers and booleans stay what they are.
pub(super) fn change(value: Json, change: impl Fn(&str) -> String) -> Json {
    match value {
        Json::String(text) => Json::String(change(&text)),
        other => other,
    }
}

/// The text of a scalar as people would write it; none for nothing, lists and objects.
pub(in super::super) fn of_scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A number or boolean as text, for changes that only texts know.
pub(super) fn from_scalar(value: Json) -> Json {
    of_scalar(&value).map_or(value, Json::String)
}
