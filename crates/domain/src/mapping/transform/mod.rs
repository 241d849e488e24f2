//! The transforms of a rule: each a small function on one value, and its inverse where there is one.
//!
//! Inbound they run in the order of the rule, outbound their inverses run in the opposite order. All
//! but `default` leave an empty value as it is; those on text work on each item of a list. A transform
//! knows the value in hand and nothing of the record around it.

mod catalogue;
mod choice;
mod country;
mod date;
mod list;
mod number;
mod parse;
mod text;

pub use catalogue::{TRANSFORMS, TransformInfo};
pub(super) use number::plain as plain_number;
pub(super) use text::of_scalar as scalar_text;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use date::Pattern;

/// What is wrong with a value, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wrong {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

type Outcome = Result<Json, Wrong>;

/// A change of one value, as its catalogue entry describes it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Transform {
    Trim,
    Lowercase,
    Uppercase,
    Replace { from: String, to: String },
    Prefix(String),
    NullIf(Vec<String>),
    Default(Json),
    Map { pairs: Map<String, Json>, otherwise: Otherwise },
    Boolean { yes: Vec<String>, no: Vec<String> },
    Number { decimal: char },
    DateFormat(Pattern),
    DateTimeFormat { pattern: Pattern, zone: Option<TimeZone> },
    Country,
    Split(String),
    Json,
}

/// What `map` does with a value that it does not list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Otherwise {
    Keep,
    Null,
    Error,
}

impl Otherwise {
    /// The words of the JSON form.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("keep", Self::Keep), ("null", Self::Null), ("error", Self::Error)];
}

impl Transform {
    /// The value on our side. `zone` is that of date-times which name none.
    pub(super) fn inbound(&self, value: Json, zone: &TimeZone) -> Outcome {
        match self {
            Self::Default(default) => Ok(if is_empty(&value) { default.clone() } else { value }),
            Self::Split(separator) => list::split(value, separator),
            Self::Json => Ok(list::read_json(value)),
            _ => each(value, |item| self.inbound_item(item, zone)),
        }
    }

    fn inbound_item(&self, item: Json, zone: &TimeZone) -> Outcome {
        Ok(match self {
            Self::Trim => text::change(item, |text| text.trim().to_owned()),
            Self::Lowercase => text::change(item, str::to_lowercase),
            Self::Uppercase => text::change(item, str::to_uppercase),
            Self::Replace { from, to } => {
                text::change(text::from_scalar(item), |text| text.replace(from, to))
            }
            Self::Prefix(prefix) => {
                text::change(text::from_scalar(item), |text| format!("{prefix}{}", text.trim()))
            }
            Self::NullIf(words) => choice::null_if(item, words),
            Self::Map { pairs, otherwise } => choice::map(item, pairs, *otherwise)?,
            Self::Boolean { yes, no } => choice::boolean(item, yes, no)?,
            Self::Number { decimal } => number::read(item, *decimal)?,
            Self::DateFormat(pattern) => pattern.read_date(&item)?,
            Self::DateTimeFormat { pattern, zone: own } => {
                pattern.read_moment(&item, own.as_ref().unwrap_or(zone))?
            }
            Self::Country => country::code(&item)?,
            Self::Default(_) | Self::Split(_) | Self::Json => item,
        })
    }

    /// The value on their side. What cannot be turned back is left as it is: nothing fails outbound.
    pub(super) fn outbound(&self, value: Json, zone: &TimeZone) -> Json {
        match self {
            Self::Split(separator) => list::join(value, separator),
            Self::Json => list::write_json(value),
            _ => match value {
                Json::Array(items) => items.into_iter().map(|item| self.outbound_item(item, zone)).collect(),
                item => self.outbound_item(item, zone),
            },
        }
    }

    fn outbound_item(&self, item: Json, zone: &TimeZone) -> Json {
        match self {
            Self::Prefix(prefix) => {
                text::change(item, |text| text.strip_prefix(prefix).unwrap_or(text).to_owned())
            }
            Self::Map { pairs, otherwise } => choice::unmap(item, pairs, *otherwise),
            Self::Boolean { yes, no } => choice::from_boolean(item, yes, no),
            Self::Number { decimal } => number::write(item, *decimal),
            Self::DateFormat(pattern) => pattern.write_date(item),
            Self::DateTimeFormat { pattern, zone: own } => {
                pattern.write_moment(item, own.as_ref().unwrap_or(zone))
            }
            Self::Country => country::name(item),
            // What these took away cannot be known.
            Self::Trim
            | Self::Lowercase
            | Self::Uppercase
            | Self::Replace { .. }
            | Self::NullIf(_)
            | Self::Default(_)
            | Self::Split(_)
            | Self::Json => item,
        }
    }

    /// The name, as the catalogue and the JSON form have it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Trim => "trim",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Replace { .. } => "replace",
            Self::Prefix(_) => "prefix",
            Self::NullIf(_) => "nullIf",
            Self::Default(_) => "default",
            Self::Map { .. } => "map",
            Self::Boolean { .. } => "boolean",
            Self::Number { .. } => "number",
            Self::DateFormat(_) => "dateFormat",
            Self::DateTimeFormat { .. } => "dateTimeFormat",
            Self::Country => "country",
            Self::Split(_) => "split",
            Self::Json => "json",
        }
    }

    /// The JSON form that it was read from.
    pub(super) fn to_json(&self) -> Json {
        let argument = match self {
            Self::Trim
            | Self::Lowercase
            | Self::Uppercase
            | Self::Country
            | Self::Json
            | Self::Number { decimal: '.' } => json!(true),
            Self::Replace { from, to } => json!({"from": from, "to": to}),
            Self::Prefix(text) | Self::Split(text) => json!(text),
            Self::NullIf(words) => json!(words),
            Self::Default(value) => value.clone(),
            Self::Map { pairs, .. } => Json::Object(pairs.clone()),
            Self::Boolean { yes, no } => json!({"true": yes, "false": no}),
            Self::Number { decimal } => json!({"decimal": decimal.to_string()}),
            Self::DateFormat(pattern) | Self::DateTimeFormat { pattern, .. } => json!(pattern.text()),
        };
        let mut object = Map::new();
        object.insert(self.name().to_owned(), argument);
        match self {
            Self::DateTimeFormat { zone: Some(zone), .. } => {
                object.insert("timezone".to_owned(), json!(zone.iana_name()));
            }
            Self::Map { otherwise, .. } if *otherwise != Otherwise::Keep => {
                let word = Otherwise::WORDS.iter().find(|(_, it)| it == otherwise).map(|(word, _)| *word);
                object.insert("otherwise".to_owned(), json!(word));
            }
            _ => {}
        }
        Json::Object(object)
    }
}

/// Whether an outside value says nothing: absent cells, blank texts, empty lists.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.iter().all(is_scalar_and_empty),
        _ => false,
    }
}

/// Items of lists are scalars; anything deeper is something.
fn is_scalar_and_empty(item: &Json) -> bool {
    match item {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Runs `change` on a scalar, or on each scalar of a list. Empty ones stay as they are.
fn each(value: Json, change: impl Fn(Json) -> Outcome) -> Outcome {
    let scalar = |item: Json| match item {
        Json::Array(_) | Json::Object(_) => {
            Err(Wrong::new("invalid_type", "This must be one value, not a list or an object within another."))
        }
        item if is_empty(&item) => Ok(item),
        item => change(item),
    };
    match value {
        Json::Array(items) => items.into_iter().map(scalar).collect(),
        value => scalar(value),
    }
}

#[cfg(test)]
mod tests;
