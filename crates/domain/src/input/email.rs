//! E-mail addresses: RFC 5321 form as people use it, without display names or address literals.

use email_address::{EmailAddress, Options};

use crate::problem::Violation;
use crate::record::Value;

const MAX_EMAIL: usize = 254;

/// Reads an address outside a record, e.g. of a member of staff; trimmed, otherwise as given.
pub fn parse(text: &str) -> Result<String, Violation> {
    let text = text.trim();
    read("email", text).map(|_| text.to_owned())
}

/// Reads an address and keeps it as given (domain §3).
pub(super) fn read(name: &str, text: &str) -> Result<Value, Violation> {
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let valid = text.len() <= MAX_EMAIL
        && !text.contains(char::is_whitespace)
        && EmailAddress::parse_with_options(text, options).is_ok();
    if valid {
        return Ok(Value::Text(text.to_owned()));
    }
    let message =
        format!("{name} must be a valid e-mail address of at most 254 characters, such as jane@example.org.");
    Err(Violation::new(name, "invalid_email", message))
}
