//! Reading a transform from its JSON form, and whether it fits the field of its rule.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::super::rule::Target;
use super::choice::is_one_of;
use super::date::Pattern;
use super::text::of_scalar;
use super::{Otherwise, TRANSFORMS, Transform, is_empty};
use crate::definition::Kind;
use crate::input::shorten;
use crate::text::did_you_mean;
use crate::time;

/// What is wrong with a transform, for people.
#[derive(Debug)]
pub(in super::super) struct Refusal {
    pub(in super::super) code: &'static str,
    pub(in super::super) message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

type Parsed<T> = Result<T, Refusal>;

fn invalid<T>(message: impl Into<String>) -> Parsed<T> {
    Err(Refusal::new("invalid_transform", message))
}

impl Transform {
    /// Reads a transform: an object with one member that names it, and the options of that one.
    pub(in super::super) fn parse(json: &Json) -> Parsed<Self> {
        let Some(object) = json.as_object() else {
            return invalid("A transform must be an object such as {\"trim\": true}.");
        };
        let mut named = TRANSFORMS.iter().filter(|info| object.contains_key(info.name));
        let Some(info) = named.next() else { return unknown(object) };
        if named.next().is_some() {
            return invalid(
                "Write each transform as an object of its own: [{\"trim\": true}, {\"lowercase\": true}].",
            );
        }
        let strange = object.keys().find(|key| *key != info.name && !info.options.contains(&key.as_str()));
        if let Some(strange) = strange {
            let near = did_you_mean(strange, info.options.iter().copied());
            return invalid(format!("{} has no option {}.{near}", info.name, shorten(strange)));
        }
        let argument = object.get(info.name).unwrap_or(&Json::Null);
        let transform = Self::by_name(info.name, argument, object)?;
        transform.map_or_else(|| invalid(format!("{} must be written like {}.", info.name, info.example)), Ok)
    }

    /// The transform of this name; none when its argument is not of the form that the example shows.
    fn by_name(name: &str, argument: &Json, object: &Map<String, Json>) -> Parsed<Option<Self>> {
        let flag = |transform: Self| (*argument == Json::Bool(true)).then_some(transform);
        let text = argument.as_str().filter(|text| !text.is_empty());
        Ok(match name {
            "trim" => flag(Self::Trim),
            "lowercase" => flag(Self::Lowercase),
            "uppercase" => flag(Self::Uppercase),
            "country" => flag(Self::Country),
            "json" => flag(Self::Json),
            "replace" => replace(argument),
            "prefix" => text.map(|text| Self::Prefix(text.to_owned())),
            "split" => text.map(|text| Self::Split(text.to_owned())),
            "nullIf" => word_list(argument).map(Self::NullIf),
            "default" => {
                let given = of_scalar(argument).is_some() && !is_empty(argument);
                given.then(|| Self::Default(argument.clone()))
            }
            "map" => map(argument, object.get("otherwise"))?,
            "boolean" => boolean(argument)?,
            "number" => number(argument),
            "dateFormat" => text.map(Pattern::date).transpose().map_err(pattern)?.map(Self::DateFormat),
            "dateTimeFormat" => {
                let zone = object.get("timezone").map(zone).transpose()?;
                let pattern = text.map(Pattern::date_time).transpose().map_err(pattern)?;
                pattern.map(|pattern| Self::DateTimeFormat { pattern, zone })
            }
            _ => None,
        })
    }

    /// Whether the transform makes a value of a certain kind; a rule has at most one such.
    pub(in super::super) const fn reads(&self) -> bool {
        matches!(
            self,
            Self::Boolean { .. }
                | Self::Number { .. }
                | Self::DateFormat(_)
                | Self::DateTimeFormat { .. }
                | Self::Country
                | Self::Split(_)
                | Self::Json
        )
    }

    /// Refuses a transform that makes another kind of value than the field holds.
    pub(in super::super) fn check_target(&self, target: &Target) -> Parsed<()> {
        let kind = target.kind();
        let (fits, wants) = match self {
            Self::DateFormat(_) => (matches!(kind, None | Some(Kind::Date(_))), "a date"),
            Self::DateTimeFormat { .. } => {
                (matches!(kind, None | Some(Kind::Timestamp)), "a date with a time")
            }
            Self::Number { .. } => (kind.is_none_or(Kind::is_numeric), "a number"),
            Self::Boolean { .. } => (matches!(kind, None | Some(Kind::Boolean)), "true or false"),
            Self::Country => (matches!(kind, None | Some(Kind::Country)), "a country"),
            Self::Split(_) => (matches!(kind, Some(Kind::Tags { .. })), "a list of texts"),
            Self::Json => (kind.is_none_or(Kind::is_json), "a list or an object"),
            Self::Default(_) => (true, ""),
            _ => {
                let deep = matches!(kind, Some(Kind::Objects { .. } | Kind::CustomFields));
                (!deep, "a text, a number or a list of texts")
            }
        };
        if fits {
            return Ok(());
        }
        let instead = match (self, kind) {
            (Self::DateFormat(_), Some(Kind::Timestamp)) => " Use dateTimeFormat instead.",
            (Self::DateTimeFormat { .. }, Some(Kind::Date(_))) => " Use dateFormat instead.",
            _ => "",
        };
        let name = self.name();
        let held = noun(target);
        let message = format!("{name} is for fields that hold {wants}; {target} holds {held}.{instead}");
        Err(Refusal::new("transform_mismatch", message))
    }

    /// The values that this transform itself brings in.
    pub(in super::super) fn constants(&self) -> Vec<&Json> {
        match self {
            Self::Map { pairs, .. } => pairs.values().collect(),
            Self::Default(value) => vec![value],
            _ => Vec::new(),
        }
    }
}

fn unknown(object: &Map<String, Json>) -> Parsed<Transform> {
    let names = || TRANSFORMS.iter().map(|info| info.name);
    let Some(given) = object.keys().next() else {
        return invalid("A transform must be an object such as {\"trim\": true}; this one is empty.");
    };
    let near = did_you_mean(given, names());
    let known = if near.is_empty() {
        format!(" There are {}.", names().collect::<Vec<_>>().join(", "))
    } else {
        near
    };
    Err(Refusal::new("unknown_transform", format!("There is no transform {}.{known}", shorten(given))))
}

fn pattern(message: String) -> Refusal {
    Refusal::new("invalid_pattern", message)
}

fn replace(argument: &Json) -> Option<Transform> {
    let object = argument.as_object().filter(|object| object.len() == 2)?;
    let from = object.get("from")?.as_str().filter(|from| !from.is_empty())?;
    let to = object.get("to")?.as_str()?;
    Some(Transform::Replace { from: from.to_owned(), to: to.to_owned() })
}

/// A list of at least one word.
fn word_list(argument: &Json) -> Option<Vec<String>> {
    let items = argument.as_array().filter(|items| !items.is_empty())?;
    let word = |item: &Json| item.as_str().filter(|word| !word.trim().is_empty()).map(str::to_owned);
    items.iter().map(word).collect()
}

fn map(argument: &Json, otherwise: Option<&Json>) -> Parsed<Option<Transform>> {
    let otherwise = match otherwise {
        None => Otherwise::Keep,
        Some(given) => {
            let found = Otherwise::WORDS.iter().find(|(word, _)| given.as_str() == Some(word));
            let Some((_, otherwise)) = found else {
                return invalid("otherwise must be keep, null or error.");
            };
            *otherwise
        }
    };
    let Some(pairs) = argument.as_object().filter(|pairs| !pairs.is_empty()) else { return Ok(None) };
    if pairs.keys().any(|key| key.trim().is_empty()) {
        return invalid("map does not see empty cells; give them a value with {\"default\": …}.");
    }
    if pairs.values().any(|value| value.is_array() || value.is_object()) {
        return invalid("map takes words to a text, a number, true, false or null.");
    }
    Ok(Some(Transform::Map { pairs: pairs.clone(), otherwise }))
}

fn boolean(argument: &Json) -> Parsed<Option<Transform>> {
    let lists = argument.as_object().filter(|lists| lists.len() == 2);
    let list = |name| lists.and_then(|lists| lists.get(name)).and_then(word_list);
    let (Some(yes), Some(no)) = (list("true"), list("false")) else { return Ok(None) };
    match yes.iter().find(|word| is_one_of(word, &no)) {
        Some(word) => invalid(format!("{} cannot mean both true and false.", shorten(word))),
        None => Ok(Some(Transform::Boolean { yes, no })),
    }
}

fn number(argument: &Json) -> Option<Transform> {
    if *argument == Json::Bool(true) {
        return Some(Transform::Number { decimal: '.' });
    }
    let options = argument.as_object().filter(|options| options.len() == 1)?;
    match options.get("decimal")?.as_str()? {
        "," => Some(Transform::Number { decimal: ',' }),
        "." => Some(Transform::Number { decimal: '.' }),
        _ => None,
    }
}

fn zone(given: &Json) -> Parsed<TimeZone> {
    given.as_str().and_then(time::zone).ok_or_else(|| {
        Refusal::new("invalid_timezone", "timezone must be an IANA time zone, such as Australia/Sydney.")
    })
}

/// What a field holds, in words.
fn noun(target: &Target) -> &'static str {
    match target.kind() {
        None => "one value of any kind",
        Some(Kind::Boolean) => "true or false",
        Some(Kind::Date(_)) => "a date",
        Some(Kind::Timestamp) => "a date with a time",
        Some(Kind::Country) => "a country",
        Some(Kind::Tags { .. }) => "a list of texts",
        Some(Kind::Objects { .. }) => "a list of objects",
        Some(kind) if kind.is_object() => "an object",
        Some(Kind::Choice(_)) => "one of a few words",
        Some(kind) if kind.is_numeric() => "a number",
        Some(_) => "text",
    }
}
