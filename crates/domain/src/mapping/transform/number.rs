//! Numbers as people write them, with a point or a comma and thousands in groups.

use serde_json::{Number, Value as Json};

use super::{Outcome, Wrong};
use crate::input::shorten;

/// What may stand between groups of three digits; no-break spaces are what spreadsheets put there.
const GROUPING: [char; 6] = [',', '.', '\'', ' ', '\u{a0}', '\u{202f}'];

/// Reads a number whose decimals follow `decimal`.
pub(super) fn read(item: Json, decimal: char) -> Outcome {
    let Json::String(text) = &item else { return Ok(item) };
    digits(text, decimal, &GROUPING).and_then(|digits| plain(&digits)).map(Json::Number).ok_or_else(|| {
        let example = if decimal == ',' { "1.234,50" } else { "1,234.50" };
        let message = format!("{} must be a number, such as {example}.", shorten(text.trim()));
        Wrong::new("invalid_type", message)
    })
}

/// Writes a number with `decimal` before its decimals, without groups.
pub(super) fn write(item: Json, decimal: char) -> Json {
    let text = match &item {
        // Money is kept as text.
        Json::String(text) if plain(text).is_some() => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return item,
    };
    if decimal == '.' { item } else { Json::String(text.replace('.', &decimal.to_string())) }
}

/// Reads digits, at most one point and a sign: a number as programs write it.
pub(in super::super) fn plain(text: &str) -> Option<Number> {
    let text = digits(text, '.', &[])?;
    match text.parse::<i64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}

/// The number with a point for `decimal` and without groups; none when it is not well-formed.
fn digits(text: &str, decimal: char, grouping: &[char]) -> Option<String> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if !fraction.is_none_or(all_digits) {
        return None;
    }
    let separator = whole.chars().find(|c| grouping.contains(c) && *c != decimal);
    let whole = match separator {
        None => whole.to_owned(),
        Some(separator) => {
            let mut groups = whole.split(separator);
            let first = groups.next().filter(|first| first.len() <= 3)?;
            let rest: Vec<&str> = groups.collect();
            if !rest.iter().all(|group| group.len() == 3) {
                return None;
            }
            format!("{first}{}", rest.concat())
        }
    };
    if !all_digits(&whole) {
        return None;
    }
    Some(match fraction {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    })
}
