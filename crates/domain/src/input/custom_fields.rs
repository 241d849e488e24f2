//! The integrator's own fields: an object of at most 50 scalar values (domain §3).

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{merge_patch, text};
use crate::definition::{Kind, Resource};
use crate::json::Object;
use crate::problem::Violation;
use crate::record::Value;

pub(super) const MAX_KEYS: usize = 50;
const MAX_KEY: usize = 64;
const MAX_TEXT: usize = 1_000;

/// Reads the object. With an `old` value the given one is a merge patch on it (RFC 7396): its nulls
/// take keys away.
pub(super) fn read(name: &str, value: &Json, old: Option<&Value>) -> Result<Value, Vec<Violation>> {
    let empty = Map::new();
    let given = match value {
        Json::Object(given) => given,
        Json::Null => &empty,
        _ => {
            let message = format!("{name} must be an object.");
            return Err(vec![Violation::new(name, "invalid_type", message)]);
        }
    };
    let violations: Vec<Violation> =
        given.iter().filter_map(|(key, value)| wrong_entry(name, key, value)).collect();
    if !violations.is_empty() {
        return Err(violations);
    }
    let mut merged = merge_patch::base(value, old);
    for (key, value) in given {
        if old.is_some() && value.is_null() {
            merged.shift_remove(key);
        } else {
            merged.insert(key.clone(), value.clone());
        }
    }
    if merged.len() > MAX_KEYS {
        let message = format!("{name} must have at most {MAX_KEYS} keys; it would have {}.", merged.len());
        return Err(vec![Violation::new(name, "too_many_items", message)]);
    }
    Ok(Value::Json(Json::Object(merged).to_string()))
}

/// The body of an upsert that makes a new record: without the nulls in its custom fields.
///
/// They say what an old record shall lose (RFC 7396). Kept in a new one, the same body sent again
/// would take them away: a change where there is none.
#[must_use]
pub fn for_new<'b>(resource: &Resource, body: &'b Object) -> Cow<'b, Object> {
    let mut body = Cow::Borrowed(body);
    for field in resource.fields.iter().filter(|field| matches!(field.kind, Kind::CustomFields)) {
        let entries = body.get(field.name).and_then(Json::as_object);
        if entries.is_some_and(|entries| entries.values().any(Json::is_null))
            && let Some(Json::Object(entries)) = body.to_mut().get_mut(field.name)
        {
            entries.retain(|_, value| !value.is_null());
        }
    }
    body
}

fn wrong_entry(name: &str, key: &str, value: &Json) -> Option<Violation> {
    let path = || format!("{name}.{}", key.chars().take(MAX_KEY).collect::<String>());
    if !is_key(key) {
        let message =
            format!("Keys of {name} must be a letter, then up to 63 letters, digits or underscores.");
        return Some(Violation::new(path(), "invalid_key", message));
    }
    match value {
        Json::Object(_) | Json::Array(_) => {
            let message = format!("{name} takes text, numbers, true, false and null.");
            Some(Violation::new(path(), "invalid_type", message))
        }
        Json::String(given) if text::forbidden_character(given).is_some() => {
            let message = "Remove the control character.".to_owned();
            Some(Violation::new(path(), "invalid_characters", message))
        }
        Json::String(given) => text::check_length(&path(), given, 0, MAX_TEXT).err(),
        _ => None,
    }
}

/// Whether this is a well-formed key: `[A-Za-z][A-Za-z0-9_]{0,63}`.
pub(crate) fn is_key(key: &str) -> bool {
    key.len() <= MAX_KEY
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
