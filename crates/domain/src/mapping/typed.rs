//! The JSON form that `input` expects of a field, made from what a column holds: CSV knows texts only,
//! and outside systems send numbers where we keep text. Bounds are not checked here but in `input`.

use serde_json::Value as Json;

use super::rule::Target;
use super::transform::{Wrong, is_empty, plain_number, scalar_text};
use crate::definition::{Field, Kind, Resource};
use crate::input::shorten;
use crate::text::fold;

/// The member of a body; none to leave it out.
///
/// An empty value is null, so that a row states the whole record: what was deleted there is deleted
/// here. A field that cannot be null but has a default is left out: it gets the default in a new
/// record and keeps its value in an old one.
pub(super) fn value(resource: &Resource, target: &Target, value: Json) -> Result<Option<Json>, Wrong> {
    let Some(kind) = target.kind() else { return custom(value).map(Some) };
    let field = target.field;
    if is_empty(&value) {
        return Ok(match kind {
            Kind::Tags { .. } | Kind::Objects { .. } => Some(Json::Array(Vec::new())),
            _ if field.nullable || field.required => Some(Json::Null),
            _ => None,
        });
    }
    let typed = match kind {
        Kind::Boolean => boolean(&value)?,
        Kind::Integer { .. } | Kind::Decimal { .. } => number(value)?,
        Kind::Tags { .. } => tags(value),
        Kind::Objects { .. } => structure(value, Json::is_array, "a list of objects as JSON")?,
        kind if kind.is_object() => structure(value, Json::is_object, "an object as JSON")?,
        Kind::Choice(_) => {
            let text = text(value)?;
            let known = text.as_str().and_then(|text| choice(resource, field, text));
            known.map_or(text, Json::from)
        }
        _ => text(value)?,
    };
    Ok(Some(typed))
}

/// The word of a choice, in any case. A status that is shown but not stored counts as the stored one,
/// so that what was exported can be imported.
pub(super) fn choice(resource: &Resource, field: &Field, given: &str) -> Option<&'static str> {
    let Kind::Choice(choices) = field.kind else { return None };
    let folded = fold(given.trim());
    if let Some(choice) = choices.iter().find(|choice| fold(choice) == folded) {
        return Some(choice);
    }
    let derived = resource.derived.filter(|it| it.field == field.name && it.shown == folded);
    derived.map(|it| it.stored)
}

/// A custom field takes any scalar; nothing takes it away.
fn custom(value: Json) -> Result<Json, Wrong> {
    match value {
        Json::Array(items) if items.is_empty() => Ok(Json::Null),
        Json::Array(_) | Json::Object(_) => Err(one_value()),
        scalar => Ok(scalar),
    }
}

fn text(value: Json) -> Result<Json, Wrong> {
    match value {
        Json::Number(number) => Ok(Json::String(number.to_string())),
        Json::Array(_) | Json::Object(_) => Err(one_value()),
        other => Ok(other),
    }
}

fn one_value() -> Wrong {
    Wrong::new("invalid_type", "This must be one value, not a list or an object.")
}

fn boolean(value: &Json) -> Result<Json, Wrong> {
    let text = scalar_text(value).unwrap_or_default();
    match fold(text.trim()).as_str() {
        "true" | "yes" | "1" => Ok(Json::Bool(true)),
        "false" | "no" | "0" => Ok(Json::Bool(false)),
        _ => {
            let message = format!("{} must be true or false, yes or no, 1 or 0.", shorten(text.trim()));
            Err(Wrong::new("invalid_type", message))
        }
    }
}

fn number(value: Json) -> Result<Json, Wrong> {
    let Json::String(text) = &value else { return Ok(value) };
    plain_number(text).map(Json::Number).ok_or_else(|| {
        let message = format!("{} must be a number in digits, such as 12 or 1.5.", shorten(text.trim()));
        Wrong::new("invalid_type", message)
    })
}

/// One text is a list of one.
fn tags(value: Json) -> Json {
    let items = match value {
        Json::Array(items) => items,
        one => vec![one],
    };
    let as_text = |item: Json| match item {
        Json::Number(number) => Json::String(number.to_string()),
        other => other,
    };
    items.into_iter().filter(|item| !is_empty(item)).map(as_text).collect()
}

/// A list or object, given as such or as JSON text.
fn structure(value: Json, fits: fn(&Json) -> bool, what: &str) -> Result<Json, Wrong> {
    let read = match &value {
        Json::String(text) => crate::json::parse(text.as_bytes()).ok(),
        _ => Some(value),
    };
    read.filter(fits).ok_or_else(|| Wrong::new("invalid_type", format!("This must be {what}.")))
}
