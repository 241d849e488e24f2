//! Numbers: whole, decimal and money, from JSON into their stored units.

use serde_json::Value as Json;

use crate::json;
use crate::problem::Violation;
use crate::record::Value;

/// Largest amount of money, in hundredths: ten thousand million.
const MAX_MONEY: i64 = 1_000_000_000_000;

/// A whole number; `5.0` counts as one, as JSON makes no difference.
pub(super) fn integer(name: &str, value: &Json, min: i64, max: i64) -> Result<Value, Violation> {
    let range = || format!("{name} must be a whole number from {min} to {max}.");
    let Json::Number(number) = value else {
        return Err(Violation::new(name, "invalid_type", range()));
    };
    let whole = match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole,
        (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => float_to_integer(float),
        (None, Some(float)) if float.fract() == 0.0 => {
            return Err(Violation::new(name, "out_of_range", range()));
        }
        _ => return Err(Violation::new(name, "invalid_type", range())),
    };
    if (min..=max).contains(&whole) {
        Ok(Value::Integer(whole))
    } else {
        Err(Violation::new(name, "out_of_range", range()))
    }
}

/// A number with at most two decimals, as hundredths.
pub(super) fn decimal(name: &str, value: &Json, min: i64, max: i64, step: i64) -> Result<Value, Violation> {
    let range = || format!("{name} must be a number from {} to {}.", json::money(min), json::money(max));
    let Some(number) = value.as_f64().filter(|_| value.is_number()) else {
        return Err(Violation::new(name, "invalid_type", range()));
    };
    let scaled = number * 100.0;
    if scaled.abs() > 1e15 {
        return Err(Violation::new(name, "out_of_range", range()));
    }
    let hundredths = float_to_integer(scaled.round());
    if !(min..=max).contains(&hundredths) {
        return Err(Violation::new(name, "out_of_range", range()));
    }
    if (scaled - scaled.round()).abs() > 1e-6 || hundredths % step != 0 {
        let message = format!("{name} must be a multiple of {}.", json::money(step));
        return Err(Violation::new(name, "not_a_multiple", message));
    }
    Ok(Value::Integer(hundredths))
}

/// An amount as a decimal string, as hundredths. Numbers are refused: they cannot hold money exactly.
pub(super) fn money(name: &str, value: &Json) -> Result<Value, Violation> {
    let message =
        || format!("{name} must be an amount as a string with at most 2 decimals, such as \"49.00\".");
    let Json::String(text) = value else {
        return Err(Violation::new(name, "invalid_type", message()));
    };
    if text.trim_start().starts_with('-') {
        return Err(Violation::new(name, "out_of_range", format!("{name} must not be negative.")));
    }
    match parse_money(text.trim()) {
        Some(cents) if cents <= MAX_MONEY => Ok(Value::Integer(cents)),
        Some(_) => {
            let message = format!("{name} must be at most {}.", json::money(MAX_MONEY));
            Err(Violation::new(name, "out_of_range", message))
        }
        None => Err(Violation::new(name, "invalid_format", message())),
    }
}

fn parse_money(text: &str) -> Option<i64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    // Digits without end are a mistake of form, not an amount that is too large.
    if whole.len() > 15 { None } else { json::parse_hundredths(text) }
}

#[expect(clippy::cast_possible_truncation, reason = "callers have checked that it is whole and below 1e15")]
fn float_to_integer(whole: f64) -> i64 {
    whole as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn money_is_exact() {
        for (text, cents) in [("49", 4_900), ("49.5", 4_950), ("49.05", 4_905), ("0.00", 0)] {
            assert_eq!(money("price", &json!(text)), Ok(Value::Integer(cents)));
        }
        for (value, code) in [
            (json!(49.0), "invalid_type"),
            (json!("49.005"), "invalid_format"),
            (json!("1,000"), "invalid_format"),
            (json!(".5"), "invalid_format"),
            (json!("-1"), "out_of_range"),
            (json!("99999999999999"), "out_of_range"),
        ] {
            assert_eq!(money("price", &value).unwrap_err().code, code, "{value}");
        }
    }

    #[test]
    fn decimals_are_multiples_of_their_step() {
        let points = |value| decimal("points", &value, 0, 10_000, 50);
        assert_eq!(points(json!(1.5)), Ok(Value::Integer(150)));
        assert_eq!(points(json!(100)), Ok(Value::Integer(10_000)));
        for (value, code) in [
            (json!(1.25), "not_a_multiple"),
            (json!(0.500_001), "not_a_multiple"),
            (json!(-0.5), "out_of_range"),
            (json!(1e300), "out_of_range"),
            (json!("1.5"), "invalid_type"),
        ] {
            assert_eq!(points(value.clone()).unwrap_err().code, code, "{value}");
        }
    }

    #[test]
    fn whole_numbers_are_within_bounds() {
        let seats = |value| integer("capacity", &value, 1, 1_000);
        assert_eq!(seats(json!(5.0)), Ok(Value::Integer(5)));
        for (value, code) in [
            (json!(0), "out_of_range"),
            (json!(1e30), "out_of_range"),
            (json!(u64::MAX), "out_of_range"),
            (json!(1.5), "invalid_type"),
            (json!("5"), "invalid_type"),
            (json!(true), "invalid_type"),
        ] {
            assert_eq!(seats(value.clone()).unwrap_err().code, code, "{value}");
        }
    }
}
