//! The terms of a record: what its inverted index is searched by.
//!
//! Three families share one table, told apart by a prefix: `w:` words for search, `t:` elements of
//! list fields, `c:` values of custom fields. An index entry on both engines is far below 2,700
//! bytes (PostgreSQL's bound) because long terms are cut and closed with a hash.

use std::collections::BTreeSet;

use domain::definition::{Kind, Resource};
use domain::record::{Record, Value};
use domain::text::words;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

const LONGEST: usize = 300;

/// Every term of a record.
pub(crate) fn terms_of(resource: &Resource, record: &Record) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for name in resource.search {
        let mut add = |text: &str| terms.extend(words(text).iter().map(|word| word_term(word)));
        match record.get(resource, name) {
            Value::Text(text) => add(text),
            Value::Integer(number) => add(&number.to_string()),
            // The elements themselves: in JSON a line break is written with a letter.
            Value::Json(text) => {
                let items: Vec<String> = serde_json::from_str(text).unwrap_or_default();
                for item in &items {
                    add(item);
                }
            }
            _ => {}
        }
    }
    for (field, value) in resource.fields.iter().zip(record.values()) {
        match (field.kind, value.as_text().map(serde_json::from_str)) {
            (Kind::Tags { .. }, Some(Ok(Json::Array(items)))) if field.filter => {
                terms.extend(items.iter().filter_map(Json::as_str).map(|item| tag_term(field.name, item)));
            }
            (Kind::CustomFields, Some(Ok(Json::Object(members)))) => {
                let texts = members.iter().filter_map(|(key, value)| Some((key, scalar(value)?)));
                terms.extend(texts.map(|(key, text)| custom_field_term(key, &text)));
            }
            _ => {}
        }
    }
    terms
}

/// A custom field's value as the text it is compared by; null has none.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn word_term(word: &str) -> String {
    format!("w:{word}")
}

/// The term of a number that is searched for.
pub(crate) fn number_term(number: i64) -> String {
    word_term(&number.to_string())
}

/// The term of an element of a list field.
pub(crate) fn tag_term(field: &str, item: &str) -> String {
    bounded(format!("t:{field}:{item}"))
}

/// The term of a custom field's value.
pub(crate) fn custom_field_term(key: &str, text: &str) -> String {
    bounded(format!("c:{key}:{text}"))
}

/// The half-open range of the terms of all words that begin with this one.
pub(crate) fn prefix_range(word: &str) -> (String, String) {
    // No character is above U+10FFFF, and both engines compare bytes, which keeps UTF-8's order.
    (word_term(word), format!("w:{word}\u{10FFFF}"))
}

/// Long terms are cut; a hash of the whole keeps different ones different.
fn bounded(term: String) -> String {
    if term.len() <= LONGEST {
        return term;
    }
    let cut = term.floor_char_boundary(LONGEST);
    let mut short = term[..cut].to_owned();
    short.push('#');
    for byte in Sha256::digest(term.as_bytes()) {
        short.push_str(&format!("{byte:02x}"));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_terms_are_bounded_and_stay_distinct() {
        let one = custom_field_term("note", &"é".repeat(900));
        let other = custom_field_term("note", &format!("{}x", "é".repeat(900)));
        assert!(one.len() < 400 && other.len() < 400);
        assert_ne!(one, other);
    }

    #[test]
    fn a_prefix_range_holds_the_words_that_begin_so() {
        let (from, to) = prefix_range("smi");
        let within = |word: &str| (from.as_str()..to.as_str()).contains(&word_term(word).as_str());
        assert!(within("smi") && within("smith") && within("smi陽"));
        assert!(!within("sm") && !within("smj") && !within("smythe"));
    }
}
