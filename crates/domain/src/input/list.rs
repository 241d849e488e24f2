//! Lists: of short texts, and of objects with fields of their own.

use serde_json::{Map, Value as Json};

use super::read::Reader;
use super::{Mode, default_value, text};
use crate::definition::Field;
use crate::json;
use crate::problem::Violation;
use crate::record::Value;
use crate::text::did_you_mean;

/// A list of distinct short texts.
pub(super) fn tags(
    name: &str,
    value: &Json,
    max_items: usize,
    max_length: usize,
) -> Result<Value, Vec<Violation>> {
    let items = items(name, value, max_items)?;
    let mut violations = Vec::new();
    let mut kept: Vec<&str> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{name}[{index}]");
        match tag(&path, item, max_length) {
            Ok(text) if kept.contains(&text) => violations.push(Violation::new(
                path,
                "duplicate_item",
                format!("{name} must not list the same text twice."),
            )),
            Ok(text) => kept.push(text),
            Err(violation) => violations.push(violation),
        }
    }
    if violations.is_empty() { Ok(Value::Json(Json::from(kept).to_string())) } else { Err(violations) }
}

fn tag<'a>(path: &str, item: &'a Json, max_length: usize) -> Result<&'a str, Violation> {
    let Some(given) = item.as_str() else {
        return Err(Violation::new(path, "invalid_type", format!("{path} must be a string.")));
    };
    if text::forbidden_character(given).is_some() {
        let message = format!("{path} contains a control character; remove it.");
        return Err(Violation::new(path, "invalid_characters", message));
    }
    let given = given.trim();
    if given.is_empty() {
        return Err(Violation::new(path, "required", format!("{path} must not be empty.")));
    }
    text::check_length(path, given, 1, max_length)?;
    Ok(given)
}

/// A list of objects; each of their members is read by its own field definition.
pub(super) fn objects(
    outer: &Reader<'_>,
    fields: &'static [Field],
    value: &Json,
    max_items: usize,
) -> Result<Value, Vec<Violation>> {
    let name = outer.field.name;
    let items = items(name, value, max_items)?;
    let mut violations = Vec::new();
    let mut kept = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{name}[{index}]");
        match item {
            Json::Object(members) => match object(outer, fields, members) {
                Ok(object) => kept.push(Json::Object(object)),
                Err(found) => violations.extend(found.into_iter().map(|mut violation| {
                    violation.property_path = format!("{path}.{}", violation.property_path);
                    violation
                })),
            },
            _ => violations.push(Violation::new(
                path.clone(),
                "invalid_type",
                format!("{path} must be an object."),
            )),
        }
    }
    if violations.is_empty() { Ok(Value::Json(Json::Array(kept).to_string())) } else { Err(violations) }
}

/// One object, with every field of its definition in the definition's order.
fn object(
    outer: &Reader<'_>,
    fields: &'static [Field],
    members: &Map<String, Json>,
) -> Result<Map<String, Json>, Vec<Violation>> {
    let mut violations = Vec::new();
    for name in members.keys().filter(|name| !fields.iter().any(|field| field.name == name.as_str())) {
        let near = did_you_mean(name, fields.iter().map(|field| field.name));
        let message = format!("There is no field {}.{near}", super::shorten(name));
        violations.push(Violation::new(name.clone(), "unknown_field", message));
    }
    let mut read = Map::with_capacity(fields.len());
    for field in fields {
        let reader = Reader { field, change: outer.change, old: None, mode: Mode::Create };
        let value = match members.get(field.name) {
            Some(value) => reader.read(value),
            None if field.required => {
                let message = format!("{} is required.", field.name);
                Err(vec![Violation::new(field.name, "required", message)])
            }
            None => Ok(default_value(field, outer.change.context)),
        };
        match value {
            Ok(value) => {
                read.insert(field.name.to_owned(), json::to_json(field.kind, &value));
            }
            Err(found) => violations.extend(found),
        }
    }
    if violations.is_empty() { Ok(read) } else { Err(violations) }
}

fn items<'a>(name: &str, value: &'a Json, max_items: usize) -> Result<&'a [Json], Vec<Violation>> {
    let Json::Array(items) = value else {
        let message = format!("{name} must be a list.");
        return Err(vec![Violation::new(name, "invalid_type", message)]);
    };
    if items.len() > max_items {
        let message = format!("{name} must have at most {max_items} items; it has {}.", items.len());
        return Err(vec![Violation::new(name, "too_many_items", message)]);
    }
    Ok(items)
}
