//! A record in memory: the values of a resource's fields, in the order of its definition.
//!
//! Values are in the form in which they are stored, so that reading a row, comparing, and writing
//! JSON need no conversion in between.

use uuid::Uuid;

use crate::definition::Resource;
use crate::id::RecordId;
use crate::time::{Date, Timestamp};

/// One field's value as it is stored.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// Text, choice, date, e-mail, URL and the like.
    Text(String),
    /// A whole number; a timestamp in microseconds; a decimal or money in hundredths.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// An id.
    Id(Uuid),
    /// A list or object as compact JSON text.
    Json(String),
}

impl Value {
    /// The text, for text-like kinds.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Json(text) => Some(text),
            _ => None,
        }
    }

    /// The number, for number-like kinds.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// A record: one value for each field of its resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    values: Vec<Value>,
}

impl Record {
    /// A record from values in the order of the definition.
    ///
    /// Missing ones are null, so that a record always has exactly as many values as fields.
    #[must_use]
    pub fn new(resource: &Resource, mut values: Vec<Value>) -> Self {
        values.resize(resource.fields.len(), Value::Null);
        Self { values }
    }

    /// All values in the order of the definition.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value at a position; null where there is none.
    #[must_use]
    pub fn at(&self, position: usize) -> &Value {
        self.values.get(position).unwrap_or(&Value::Null)
    }

    /// Replaces the value at a position.
    pub fn set_at(&mut self, position: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(position) {
            *slot = value;
        }
    }

    /// The value of a field by name; null where there is no such field.
    #[must_use]
    pub fn get(&self, resource: &Resource, name: &str) -> &Value {
        resource.position(name).map_or(&Value::Null, |position| self.at(position))
    }

    /// Replaces the value of a field by name.
    pub fn set(&mut self, resource: &Resource, name: &str, value: Value) {
        if let Some(position) = resource.position(name) {
            self.set_at(position, value);
        }
    }

    /// The text of a field by name.
    #[must_use]
    pub fn text(&self, resource: &Resource, name: &str) -> Option<&str> {
        self.get(resource, name).as_text()
    }

    /// The number of a field by name.
    #[must_use]
    pub fn integer(&self, resource: &Resource, name: &str) -> Option<i64> {
        self.get(resource, name).as_integer()
    }

    /// The moment of a field by name.
    #[must_use]
    pub fn timestamp(&self, resource: &Resource, name: &str) -> Option<Timestamp> {
        self.integer(resource, name).map(Timestamp::from_micros)
    }

    /// The date of a field by name.
    #[must_use]
    pub fn date(&self, resource: &Resource, name: &str) -> Option<Date> {
        self.text(resource, name).and_then(Date::parse)
    }

    /// The record's id; `None` only for a record that was never given one.
    #[must_use]
    pub fn id(&self) -> Option<RecordId> {
        match self.at(0) {
            Value::Id(uuid) => Some(RecordId::from(*uuid)),
            _ => None,
        }
    }

    /// The record's version, from 1; 0 for a record that was never stored.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.values
            .len()
            .checked_sub(Resource::SYSTEM_TAIL)
            .and_then(|position| self.at(position).as_integer())
            .unwrap_or(0)
    }
}
