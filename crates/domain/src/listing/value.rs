//! Values in filters: text from the address, read by the field's kind into stored form.

use super::{Comparison, Test};
use crate::definition::{Field, Kind, Resource};
use crate::json::parse_hundredths;
use crate::record::Value;
use crate::text::did_you_mean;
use crate::time::{Date, Timestamp, parse_moment};

/// Reads the value of an equality filter. The error says what would be right.
pub(super) fn equal(resource: &Resource, field: &Field, text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Err(if field.nullable {
            format!("The value is empty; for records without a value use exists[{}]=false.", field.name)
        } else {
            "The value is empty; give one or leave the parameter out.".to_owned()
        });
    }
    match field.kind {
        Kind::Choice(choices) => {
            let derived = resource.derived.filter(|it| it.field == field.name).map(|it| it.shown);
            if choices.contains(&text) || derived == Some(text) {
                return Ok(Value::Text(text.to_owned()));
            }
            let known: Vec<&str> = choices.iter().copied().chain(derived).collect();
            let near = did_you_mean(text, known.iter().copied());
            Err(format!("The value must be one of {}.{near}", known.join(", ")))
        }
        Kind::Boolean => match text {
            "true" | "1" => Ok(Value::Boolean(true)),
            "false" | "0" => Ok(Value::Boolean(false)),
            _ => Err("The value must be true or false.".to_owned()),
        },
        Kind::Country => Ok(Value::Text(text.to_ascii_uppercase())),
        Kind::Id => match text.parse() {
            Ok(id) => Ok(Value::Id(id)),
            Err(_) => Err("The value must be an id, a UUID.".to_owned()),
        },
        Kind::Date(_) => match Date::parse(text) {
            Some(date) => Ok(Value::Text(date.to_string())),
            None => Err("The value must be a date YYYY-MM-DD.".to_owned()),
        },
        Kind::Timestamp => moment(text).map(|it| Value::Integer(it.as_micros())),
        kind if kind.is_numeric() => number(kind, text),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// Reads `createdAt[after]=…`, `cpdPoints[between]=…` and the like into one or two tests.
pub(super) fn range(field: &Field, operator: &str, text: &str) -> Result<Vec<Test>, String> {
    let kind = field.kind;
    if kind.is_temporal() {
        let comparison = match operator {
            "after" => Comparison::GreaterOrEqual,
            "strictly_after" => Comparison::Greater,
            "before" => Comparison::LessOrEqual,
            "strictly_before" => Comparison::Less,
            _ => return Err(unknown_operator(field, operator, TEMPORAL)),
        };
        let test = match (kind, Date::parse(text)) {
            (Kind::Date(_), Some(date)) => Test::Compare(comparison, Value::Text(date.to_string())),
            (Kind::Date(_), None) => compare_date(comparison, moment(text)?),
            _ => Test::Compare(comparison, Value::Integer(moment(text)?.as_micros())),
        };
        return Ok(vec![test]);
    }
    if kind.is_numeric() {
        let comparison = match operator {
            "gt" => Comparison::Greater,
            "gte" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "lte" => Comparison::LessOrEqual,
            "between" => return between(kind, text),
            _ => return Err(unknown_operator(field, operator, NUMERIC)),
        };
        return Ok(vec![Test::Compare(comparison, number(kind, text)?)]);
    }
    Err(format!("{} takes no [{operator}]; use {0}=value or {0}[]=value.", field.name))
}

/// Operators on dates and moments (API §4).
pub(super) const TEMPORAL: &[&str] = &["after", "before", "strictly_after", "strictly_before"];
/// Operators on numbers (API §4).
pub(super) const NUMERIC: &[&str] = &["gt", "gte", "lt", "lte", "between"];

fn unknown_operator(field: &Field, given: &str, known: &[&str]) -> String {
    let near = did_you_mean(given, known.iter().copied());
    format!("{} takes [{}].{near}", field.name, known.join("], ["))
}

fn between(kind: Kind, text: &str) -> Result<Vec<Test>, String> {
    let Some((low, high)) = text.split_once("..") else {
        return Err("The value must be two numbers, such as 1..5.".to_owned());
    };
    let (low, high) = (number(kind, low)?, number(kind, high)?);
    if low.as_integer() > high.as_integer() {
        return Err("The first number must not be larger than the second.".to_owned());
    }
    Ok(vec![Test::Compare(Comparison::GreaterOrEqual, low), Test::Compare(Comparison::LessOrEqual, high)])
}

fn moment(text: &str) -> Result<Timestamp, String> {
    // An offset's plus that was not percent-encoded arrives as a space.
    let mended = text.replace(' ', "+");
    parse_moment(text).or_else(|| parse_moment(&mended)).ok_or_else(|| {
        "The value must be a date such as 2024-01-01 or a date-time such as 2024-01-01T09:00:00Z.".to_owned()
    })
}

/// A date stands for its first instant in UTC, so a moment within a day falls between two dates.
fn compare_date(comparison: Comparison, moment: Timestamp) -> Test {
    let date = moment.date_in(&jiff::tz::TimeZone::UTC);
    let at_midnight = date.first_instant_utc() == moment;
    let comparison = match comparison {
        Comparison::GreaterOrEqual if !at_midnight => Comparison::Greater,
        Comparison::Less if !at_midnight => Comparison::LessOrEqual,
        other => other,
    };
    Test::Compare(comparison, Value::Text(date.to_string()))
}

/// A number in the stored unit of its kind: whole, or hundredths.
fn number(kind: Kind, text: &str) -> Result<Value, String> {
    let hundredths = matches!(kind, Kind::Decimal { .. } | Kind::Money);
    let parsed = if hundredths { signed_hundredths(text) } else { text.parse().ok() };
    match parsed {
        Some(number) => Ok(Value::Integer(number)),
        None if hundredths => Err("The value must be a number with at most 2 decimals.".to_owned()),
        None => Err("The value must be a whole number.".to_owned()),
    }
}

fn signed_hundredths(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(digits) => parse_hundredths(digits).map(|amount| -amount),
        None => parse_hundredths(text),
    }
}
