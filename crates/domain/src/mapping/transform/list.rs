//! Lists and objects in one cell: items with a separator, or JSON text.

use serde_json::{Value as Json, from_str};

use super::text::of_scalar;
use super::{Outcome, Wrong};

/// The items of a cell: trimmed, without empty ones, each once. A cell that holds a JSON list of
/// texts, which is how [`join`] writes what a separator cannot part, is that list.
pub(super) fn split(value: Json, separator: &str) -> Outcome {
    let text = match &value {
        Json::Null | Json::Array(_) => return Ok(value),
        Json::Object(_) => {
            return Err(Wrong::new("invalid_type", "This must be a text or a list, not an object."));
        }
        scalar => of_scalar(scalar).unwrap_or_default(),
    };
    Ok(Json::from(items(&text, separator)))
}

fn items(text: &str, separator: &str) -> Vec<String> {
    let parts = match from_str::<Vec<String>>(text) {
        Ok(parts) => parts,
        Err(_) => text.split(separator).map(str::to_owned).collect(),
    };
    let mut items: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        let part = part.trim();
        if !part.is_empty() && !items.iter().any(|item| item == part) {
            items.push(part.to_owned());
        }
    }
    items
}

/// The items in one text, or a JSON list where the separator stands within an item.
pub(super) fn join(value: Json, separator: &str) -> Json {
    let Json::Array(given) = &value else { return value };
    let texts: Vec<String> = given.iter().filter_map(of_scalar).collect();
    let joined = texts.join(separator);
    if items(&joined, separator) == texts {
        Json::String(joined)
    } else {
        Json::String(Json::from(texts).to_string())
    }
}

/// What a cell says in JSON, where it does; any other text is just text. So are numbers in a form
/// that would be lost: `1.50`, or more digits than a number holds.
pub(super) fn read_json(value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    match crate::json::parse(text.as_bytes()) {
        Ok(Json::Number(number)) if number.to_string() != *text => value,
        Ok(read) => read,
        Err(_) => value,
    }
}

/// JSON text for everything that is not text, and for texts that would be taken for JSON or nothing.
pub(super) fn write_json(value: Json) -> Json {
    match &value {
        Json::Null => value,
        Json::String(text) if !text.trim().is_empty() && read_json(value.clone()) == value => value,
        other => Json::String(other.to_string()),
    }
}
