//! Phone numbers: E.164 where the number is valid, else kept when it is phone-like (domain §3).

use phonenumber::{Mode, country};

use crate::problem::Violation;
use crate::record::Value;

const MAX_PHONE: usize = 50;

/// Reads a number as one of `country`, an ISO 3166-1 alpha-2 code.
pub(super) fn read(name: &str, text: &str, country: &str) -> Result<Value, Violation> {
    if text.chars().count() <= MAX_PHONE {
        if let Some(number) = e164(text, country) {
            return Ok(Value::Text(number));
        }
        if is_phone_like(text) {
            return Ok(Value::Text(text.to_owned()));
        }
    }
    let message = format!(
        "{name} must be a phone number of at most {MAX_PHONE} characters: digits, spaces and + ( ) - . / x, \
         such as +61 2 9999 1234."
    );
    Err(Violation::new(name, "invalid_phone", message))
}

/// The number in E.164, when it is valid and E.164 can hold all of it.
fn e164(text: &str, country: &str) -> Option<String> {
    let country: Option<country::Id> = country.parse().ok();
    let number = phonenumber::parse(country, text).ok()?;
    if !number.is_valid() || number.extension().is_some() {
        return None;
    }
    Some(number.format().mode(Mode::E164).to_string())
}

fn is_phone_like(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '-' | '.' | '/' | 'x');
    text.chars().all(allowed) && text.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_numbers_become_e164_for_the_country() {
        for (text, country, stored) in [
            ("0421 652 973", "AU", "+61421652973"),
            ("(02) 9999 1234", "AU", "+61299991234"),
            ("+64 21 123 4567", "AU", "+64211234567"),
            ("020 7946 0018", "GB", "+442079460018"),
        ] {
            assert_eq!(read("mobile", text, country), Ok(Value::Text(stored.to_owned())));
        }
    }

    #[test]
    fn phone_like_text_is_kept_and_the_rest_refused() {
        for text in ["12345", "02 9999 1234 x12", "555-1234"] {
            assert_eq!(read("mobile", text, "AU"), Ok(Value::Text(text.to_owned())));
        }
        for text in ["call me", "+", "--", "☎ 12345", &"1".repeat(51)] {
            assert_eq!(read("mobile", text, "AU").unwrap_err().code, "invalid_phone", "{text}");
        }
    }
}
