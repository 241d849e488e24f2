//! JSON in and out: strict reading of bodies, direct writing of stored values.
//!
//! Reading refuses what most parsers let pass and users regret: a key given twice. Writing goes from
//! the stored form of a value straight into bytes; there is no tree of values on the way.

mod layout;
mod text;

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

pub use layout::{Cell, Layout, Values, shows_derived, shows_derived_from};
pub use text::write_string;

use crate::definition::Kind;
use crate::record::Value;
use crate::time::Timestamp;
use crate::webhook_headers;

/// A JSON object as bodies bring it, keys in the order given.
pub type Object = Map<String, Json>;

/// Reads one JSON value and refuses duplicate keys. The error text names line and column.
pub fn parse(bytes: &[u8]) -> Result<Json, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Builds a JSON value, refusing objects that give a key twice (RFC 8259 §4 leaves them undefined).
#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key `{key}` is given twice")));
            }
            let value = access.next_value_seed(self)?;
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// A stored value, borrowed from wherever it is: a database row or a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueRef<'a> {
    /// No value.
    Null,
    /// Text, or JSON text for list and object kinds.
    Text(&'a str),
    /// A number, moment, decimal or money in its stored unit.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// An id.
    Id(Uuid),
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) | Value::Json(text) => Self::Text(text),
            Value::Integer(number) => Self::Integer(*number),
            Value::Boolean(flag) => Self::Boolean(*flag),
            Value::Id(uuid) => Self::Id(*uuid),
        }
    }
}

/// Appends a whole number.
pub fn write_integer(out: &mut Vec<u8>, number: i64) {
    drop(serde_json::to_writer(out, &number));
}

/// Appends a stored value as the JSON of its kind.
#[inline]
pub fn write_value(out: &mut Vec<u8>, kind: Kind, value: ValueRef<'_>) {
    match (kind, value) {
        (_, ValueRef::Null) => out.extend_from_slice(b"null"),
        (_, ValueRef::Boolean(flag)) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        (_, ValueRef::Id(uuid)) => {
            let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
            out.push(b'"');
            out.extend_from_slice(uuid.hyphenated().encode_lower(&mut buffer).as_bytes());
            out.push(b'"');
        }
        (Kind::Timestamp, ValueRef::Integer(micros)) => {
            out.push(b'"');
            Timestamp::from_micros(micros).write(out);
            out.push(b'"');
        }
        (Kind::Decimal { .. }, ValueRef::Integer(hundredths)) => write_decimal(out, hundredths),
        (Kind::Money, ValueRef::Integer(cents)) => {
            out.push(b'"');
            out.extend_from_slice(money(cents).as_bytes());
            out.push(b'"');
        }
        (_, ValueRef::Integer(number)) => write_integer(out, number),
        (Kind::Headers, ValueRef::Text(json)) => {
            out.extend_from_slice(webhook_headers::shown(json).as_bytes());
        }
        (kind, ValueRef::Text(json)) if kind.is_json() => out.extend_from_slice(json.as_bytes()),
        (_, ValueRef::Text(text)) => write_string(out, text),
    }
}

/// An amount in hundredths as text with two decimals: `49.00`.
#[must_use]
pub fn money(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let amount = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

/// Reads digits, and optionally a point and one or two digits, as hundredths: `49`, `49.5`, `49.05`. What
/// is too large to be held is none.
pub(crate) fn parse_hundredths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let cents: i64 = fraction.parse().ok()?;
    let cents = if fraction.len() == 1 { cents * 10 } else { cents };
    whole.checked_mul(100)?.checked_add(cents)
}

/// Appends hundredths as a JSON number with as few decimals as needed: `1`, `1.5`, `1.25`.
fn write_decimal(out: &mut Vec<u8>, hundredths: i64) {
    let text = money(hundredths);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    out.extend_from_slice(text.as_bytes());
}

/// One stored value as a JSON value, for comparisons and diffs.
#[must_use]
pub fn to_json(kind: Kind, value: &Value) -> Json {
    let mut out = Vec::new();
    write_value(&mut out, kind, ValueRef::from(value));
    serde_json::from_slice(&out).unwrap_or(Json::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_twice_is_refused_with_its_place() {
        let error = parse(b"{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}").unwrap_err();
        assert_eq!((error.line(), error.column() > 0), (2, true));
        assert!(error.to_string().contains("`c` is given twice"), "{error}");
    }

    #[test]
    fn trailing_text_deep_nesting_and_infinite_numbers_are_refused() {
        assert!(parse(b"{} x").is_err());
        assert!(parse(&[b'['; 10_000]).is_err());
        assert!(parse(b"{\"points\": 1e309}").is_err());
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn stored_values_become_the_json_of_their_kind() {
        let shown = |kind, value: Value| to_json(kind, &value).to_string();
        let decimal = Kind::Decimal { min: 0, max: 1_000, step: 50 };
        assert_eq!(shown(decimal, Value::Integer(150)), "1.5");
        assert_eq!(shown(decimal, Value::Integer(1_000)), "10");
        assert_eq!(shown(decimal, Value::Integer(0)), "0");
        assert_eq!(shown(Kind::Money, Value::Integer(4_905)), "\"49.05\"");
        assert_eq!(shown(Kind::Timestamp, Value::Integer(0)), "\"1970-01-01T00:00:00Z\"");
        assert_eq!(shown(Kind::CustomFields, Value::Json("{\"a\":1}".to_owned())), "{\"a\":1}");
    }
}
