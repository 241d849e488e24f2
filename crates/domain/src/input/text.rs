//! Plain text values: lengths, names, URLs, forbidden characters.

use unicode_script::{Script, UnicodeScript};

use crate::problem::Violation;
use crate::record::Value;

const MAX_URL: usize = 2_000;

/// The first control character that no text may contain. Tabs and line breaks are fine.
pub(super) fn forbidden_character(text: &str) -> Option<u32> {
    text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')).map(u32::from)
}

/// Checks the length in characters.
pub(super) fn check_length(name: &str, text: &str, min: usize, max: usize) -> Result<(), Violation> {
    // A character has at least one byte: short texts need no counting.
    if text.len() <= max && min <= 1 {
        return Ok(());
    }
    let length = text.chars().count();
    if length < min {
        let message = format!("{name} must have at least {min} characters.");
        return Err(Violation::new(name, "too_short", message));
    }
    if length > max {
        let message = format!("{name} must have at most {max} characters; it has {length}.");
        return Err(Violation::new(name, "too_long", message));
    }
    Ok(())
}

/// A person's name: 2–100 characters; one letter is enough outside the Latin script (domain §3).
pub(super) fn person_name(name: &str, text: &str) -> Result<Value, Violation> {
    if text.contains(['\n', '\r', '\t']) {
        let message = format!("{name} must be on one line.");
        return Err(Violation::new(name, "invalid_characters", message));
    }
    let one_letter_is_a_name =
        text.chars().next().is_some_and(|c| c.is_alphabetic() && c.script() != Script::Latin);
    check_length(name, text, if one_letter_is_a_name { 1 } else { 2 }, 100)?;
    Ok(Value::Text(text.to_owned()))
}

/// An absolute http or https URL, kept as given.
pub(super) fn url(name: &str, text: &str) -> Result<Value, Violation> {
    check_length(name, text, 1, MAX_URL)?;
    let parsed = url::Url::parse(text).ok();
    let good = parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if good && !text.contains(char::is_whitespace) {
        return Ok(Value::Text(text.to_owned()));
    }
    let message = format!("{name} must be a full http or https address, such as https://example.org/page.");
    Err(Violation::new(name, "invalid_url", message))
}
