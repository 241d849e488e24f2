//! Headers of a customer's own that each delivery of a webhook carries, such as `Authorization`.
//!
//! Checked when the webhook is made, so that a delivery never fails because of them. Names that belong to
//! the connection, the body, the signature or the sender cannot be set; it must never know who sends.
//!
//! Their texts are secrets more often than not. A stored text is an object `{"sealed": "…", "bytes": 12}`, encrypted by
//! whoever stores it; nothing shows it again.

use serde_json::{Value as Json, json};

use crate::json::Object;
use crate::problem::Violation;

/// What is shown in the place of a header's text. Sent back, it keeps the text that is stored.
pub const MASK: &str = "********";

/// The member of a stored text that holds it, encrypted, in Base64.
pub const SEALED: &str = "sealed";
const BYTES: &str = "bytes";

/// A text as it is stored: encrypted, with its length.
#[must_use]
pub fn sealed(encrypted: &str, text: &str) -> Json {
    json!({ SEALED: encrypted, BYTES: text.len() })
}

/// Headers as they are shown: with the mask for every text.
#[must_use]
pub fn shown(stored: &str) -> String {
    let headers: Object = serde_json::from_str(stored).unwrap_or_default();
    headers.into_iter().map(|(name, _)| (name, Json::from(MASK))).collect::<Json>().to_string()
}

/// Checks headers, of which some may be stored already.
pub fn check_stored(headers: &Object) -> Result<(), Vec<Violation>> {
    let text = |value: &Json| match value {
        // What was stored was checked; only its length counts still.
        Json::Object(stored) => {
            let bytes =
                stored.get(BYTES).and_then(Json::as_u64).and_then(|bytes| usize::try_from(bytes).ok());
            "x".repeat(bytes.unwrap_or_default().min(MOST_BYTES))
        }
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    let pairs: Vec<(&str, String)> =
        headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    check(pairs.iter().map(|(name, value)| (*name, value.as_str())))
}

const MOST: usize = 20;
const MOST_BYTES: usize = 4_096;
const SHOWN: usize = 64;

/// What the sender or the connection decides (RFC 9110 §7.6.1, §10.1; RFC 9112 §6).
const RESERVED: [&str; 15] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];
const RESERVED_PREFIXES: [&str; 2] = ["proxy-", "webhook-"];

/// Checks names and values, all at once; paths are `headers.NAME`.
pub fn check<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut bytes = 0_usize;
    let mut count = 0_usize;
    for (name, value) in headers {
        count += 1;
        bytes = bytes.saturating_add(name.len()).saturating_add(value.len());
        // What is too much is said once, not once for each.
        if count > MOST || bytes > MOST_BYTES {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let wrong = wrong_name(name, &lower)
            .or_else(|| names.contains(&lower).then(|| ("duplicate", "Give each header once.".to_owned())))
            .or_else(|| wrong_value(value));
        if let Some((code, message)) = wrong {
            let path = format!("headers.{}", name.chars().take(SHOWN).collect::<String>());
            found.push(Violation::new(path, code, message));
        }
        names.push(lower);
    }
    if count > MOST {
        let message = format!("A webhook can have {MOST} headers of its own; these are {count}.");
        found.push(Violation::new("headers", "too_many_items", message));
    }
    if bytes > MOST_BYTES {
        let message = format!(
            "The names and values of a webhook's own headers can have {MOST_BYTES} bytes in all; these have {bytes}."
        );
        found.push(Violation::new("headers", "too_long", message));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Whether the name, in lower case, is one that only the sender may set.
#[must_use]
pub fn is_reserved(lower: &str) -> bool {
    RESERVED.contains(&lower) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
}

fn wrong_name(name: &str, lower: &str) -> Option<(&'static str, String)> {
    // RFC 9110 §5.6.2: token.
    let is_token = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if !is_token {
        let message = "A header's name has letters, digits and hyphens only, such as X-Api-Key.";
        return Some(("invalid_characters", message.to_owned()));
    }
    is_reserved(lower).then(|| {
        (
            "reserved",
            format!("{name} is set by the server that sends the webhook. Remove it or choose another name."),
        )
    })
}

fn wrong_value(value: &str) -> Option<(&'static str, String)> {
    // RFC 9110 §5.5: what lies outside visible ASCII has no meaning that receivers agree on.
    if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        let message = "A header's value is one line of letters, digits, spaces and signs of ASCII. Encode others, for \
                       example with %C3%BC or Base64.";
        return Some(("invalid_characters", message.to_owned()));
    }
    (value.trim_matches(' ').len() < value.len())
        .then(|| ("invalid_characters", "Remove the spaces around the header's value.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(headers: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        check(headers.iter().copied())
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|violation| (violation.property_path, violation.code))
            .collect()
    }

    #[test]
    fn own_headers_are_taken() {
        let headers =
            [("Authorization", "Bearer abc=="), ("X-Api_Key.2", "a b"), ("cookie", "a=1"), ("x-empty", "")];
        assert_eq!(codes(&headers), []);
        assert_eq!(codes(&[]), []);
    }

    #[test]
    fn reserved_names_are_refused_in_any_case() {
        for name in RESERVED.iter().copied().chain(["webhook-id", "webhook-anything", "proxy-authorization"])
        {
            for name in [name.to_owned(), name.to_uppercase()] {
                assert_eq!(codes(&[(&name, "x")]), [(format!("headers.{name}"), "reserved")]);
            }
        }
    }

    #[test]
    fn names_are_tokens() {
        for name in ["", "a b", "a:b", "a\nb", "ü", "a(b)", "a/b", "a\"b", "a\0", "{a}"] {
            assert_eq!(codes(&[(name, "x")]), [(format!("headers.{name}"), "invalid_characters")]);
        }
    }

    #[test]
    fn values_cannot_end_the_line() {
        for value in ["a\r\nx: y", "a\nb", "a\0b", "a\tb", "\u{7f}", "ü", "a\u{85}b", " a", "a "] {
            assert_eq!(
                codes(&[("x-a", value)]),
                [("headers.x-a".to_owned(), "invalid_characters")],
                "{value:?}"
            );
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let headers = [("X-A", "1"), ("x-a", "2"), ("Host", "h"), ("X-B", "\n")];
        let expected = [
            ("headers.x-a", "duplicate"),
            ("headers.Host", "reserved"),
            ("headers.X-B", "invalid_characters"),
        ];
        assert_eq!(codes(&headers), expected.map(|(path, code)| (path.to_owned(), code)));
    }

    #[test]
    fn number_and_size_have_bounds() {
        let named = |count: usize| (0..count).map(|index| format!("x-{index}")).collect::<Vec<_>>();
        let check_count = |count| {
            let names = named(count);
            codes(&names.iter().map(|name| (name.as_str(), "v")).collect::<Vec<_>>())
        };
        assert_eq!(check_count(20), []);
        assert_eq!(check_count(21), [("headers".to_owned(), "too_many_items")]);
        let fits = "v".repeat(MOST_BYTES - 3);
        assert_eq!(codes(&[("x-a", &fits)]), []);
        assert_eq!(codes(&[("x-ab", &fits)]), [("headers".to_owned(), "too_long")]);
    }
}
