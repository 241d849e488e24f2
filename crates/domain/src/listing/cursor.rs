//! The place after which a list goes on: the order's values of the last record seen.
//!
//! It is opaque to clients: base64url of compact JSON. It carries no tenant and grants nothing; the
//! tenant is added to every query elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Order;
use crate::definition::{Kind, Resource};
use crate::id::parse_hyphenated;
use crate::record::Value;

/// Longest cursor that is read, in bytes: an order by every text of a record fits, each as long as it may
/// be in the widest script; a flood does not.
const MAX_LENGTH: usize = 12_000;

/// A place in an ordered list: one stored value for each term of the order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The values of the last record seen; for case-insensitive fields the folded ones.
    pub values: Vec<Value>,
}

impl Cursor {
    /// The text for `nextCursor`.
    #[must_use]
    pub fn encode(&self, resource: &Resource, order: &[Order]) -> String {
        let values: Vec<Json> = self
            .values
            .iter()
            .map(|value| match value {
                Value::Null => Json::Null,
                Value::Text(text) | Value::Json(text) => json!(text),
                Value::Integer(number) => json!(number),
                Value::Boolean(flag) => json!(flag),
                Value::Id(uuid) => json!(uuid.hyphenated().to_string()),
            })
            .collect();
        let text = json!([signature(resource, order), values]).to_string();
        URL_SAFE_NO_PAD.encode(text)
    }

    /// Reads a cursor that was made for this order. The error says what would be right.
    pub fn decode(resource: &Resource, order: &[Order], text: &str) -> Result<Self, String> {
        let unreadable =
            || "The cursor cannot be read; use nextCursor of the page before as it is.".to_owned();
        if text.len() > MAX_LENGTH {
            return Err(unreadable());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unreadable())?;
        let (made_for, values): (String, Vec<Json>) =
            serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        if made_for != signature(resource, order) {
            return Err(format!(
                "The cursor was made for the order {made_for:.100}; keep the order parameters of the first page."
            ));
        }
        if values.len() != order.len() {
            return Err(unreadable());
        }
        let values = order.iter().zip(&values).map(|(term, value)| read(resource, term, value));
        let values = values.collect::<Option<Vec<_>>>().ok_or_else(unreadable)?;
        Ok(Self { values })
    }
}

/// The order in words: `-createdAt,-id`.
fn signature(resource: &Resource, order: &[Order]) -> String {
    let names = order.iter().filter_map(|term| {
        let field = resource.fields.get(term.position)?;
        Some(format!("{}{}", if term.descending { "-" } else { "" }, field.name))
    });
    names.collect::<Vec<_>>().join(",")
}

fn read(resource: &Resource, term: &Order, value: &Json) -> Option<Value> {
    let kind = resource.fields.get(term.position)?.kind;
    match (kind, value) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Id, Json::String(text)) => parse_hyphenated(text).map(|uuid: Uuid| Value::Id(uuid)),
        (Kind::Boolean, Json::Bool(flag)) => Some(Value::Boolean(*flag)),
        (kind, Json::Number(number)) if kind.is_numeric() || matches!(kind, Kind::Timestamp) => {
            number.as_i64().map(Value::Integer)
        }
        (Kind::Id | Kind::Boolean | Kind::Timestamp, _) => None,
        (kind, Json::String(text)) if !kind.is_numeric() && !text.contains('\0') => {
            Some(Value::Text(text.clone()))
        }
        _ => None,
    }
}
