//! HTTP headers that somebody wants sent: an object of names and texts.

use serde_json::{Map, Value as Json};

use super::merge_patch;
use crate::problem::Violation;
use crate::record::Value;

/// Reads the object. With an `old` value the given one is a merge patch on it (RFC 7396): its nulls
/// take headers away.
pub(super) fn read(name: &str, value: &Json, old: Option<&Value>) -> Result<Value, Vec<Violation>> {
    let empty = Map::new();
    let given = match value {
        Json::Object(given) => given,
        Json::Null => &empty,
        _ => {
            let message = format!("{name} must be an object of header names and their texts.");
            return Err(vec![Violation::new(name, "invalid_type", message)]);
        }
    };
    let mut merged = merge_patch::base(value, old);
    let mut found = Vec::new();
    for (header, value) in given {
        match value {
            Json::Null if old.is_some() => drop(merged.shift_remove(header)),
            Json::String(text) => drop(merged.insert(header.clone(), Json::from(text.trim()))),
            _ => {
                let path = format!("{name}.{}", header.chars().take(64).collect::<String>());
                found.push(Violation::new(path, "invalid_type", "A header must be text."));
            }
        }
    }
    if found.is_empty() { Ok(Value::Json(Json::Object(merged).to_string())) } else { Err(found) }
}
