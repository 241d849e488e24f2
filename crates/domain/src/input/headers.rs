//! HTTP headers that somebody wants sent: an object of names and texts.
//!
//! Their texts may be secrets, so they are written and never read: see [`crate::webhook_headers`].

use serde_json::{Map, Value as Json};

use super::{Mode, merge_patch};
use crate::problem::Violation;
use crate::record::Value;
use crate::webhook_headers::MASK;

/// Reads the object. In a patch the given one is merged into the `old` one (RFC 7396): its nulls take headers away.
/// What is shown in the place of a text keeps the text that is stored.
pub(super) fn read(
    name: &str,
    value: &Json,
    old: Option<&Value>,
    mode: Mode,
) -> Result<Value, Vec<Violation>> {
    let empty = Map::new();
    let given = match value {
        Json::Object(given) => given,
        Json::Null => &empty,
        _ => {
            let message = format!("{name} must be an object of header names and their texts.");
            return Err(vec![Violation::new(name, "invalid_type", message)]);
        }
    };
    let patched = old.filter(|_| mode == Mode::Patch);
    let stored = merge_patch::base(&Json::Bool(true), old);
    let mut merged = merge_patch::base(value, patched);
    let mut found = Vec::new();
    for (header, value) in given {
        let wrong = match value {
            Json::Null if patched.is_some() => {
                merged.shift_remove(header);
                continue;
            }
            Json::String(text) if text.trim() == MASK => match stored.get(header) {
                Some(kept) => {
                    merged.insert(header.clone(), kept.clone());
                    continue;
                }
                None => (
                    "required",
                    format!("{MASK} stands for a stored text, and there is none: give the header's text."),
                ),
            },
            Json::String(text) => {
                merged.insert(header.clone(), Json::from(text.trim()));
                continue;
            }
            _ => ("invalid_type", "A header must be text.".to_owned()),
        };
        let path = format!("{name}.{}", header.chars().take(64).collect::<String>());
        found.push(Violation::new(path, wrong.0, wrong.1));
    }
    if found.is_empty() { Ok(Value::Json(Json::Object(merged).to_string())) } else { Err(found) }
}
