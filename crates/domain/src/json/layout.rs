//! Records as JSON objects: which fields are written, in which order, with their keys ready.

use std::convert::Infallible;
use std::ops::Range;

use super::text::{is_plain, write_plain, write_string};
use super::{ValueRef, write_value};
use uuid::Uuid;

use crate::definition::{Derived, Kind, Resource};
use crate::record::{Record, Value};
use crate::time::Timestamp;

/// Where the values of a record are: in a row of the database or in memory.
pub trait Values<'v> {
    /// Why a value cannot be had.
    type Error;

    /// The stored value of the field at a position.
    fn get(&self, position: usize) -> Result<ValueRef<'v>, Self::Error>;

    /// The same before anybody has looked at what it is.
    fn cell(&self, position: usize) -> Result<Cell<'v>, Self::Error>;
}

/// What nearly all values are. Most of the time of a long list goes into telling them apart, so that they
/// are not asked for their kind first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A text, which should be UTF-8.
    Text(&'a [u8]),
    /// A number, moment, decimal or money in its stored unit; in a store without booleans 0 or 1 for one.
    Integer(i64),
    /// Bytes: in a store without ids the sixteen of one.
    Bytes(&'a [u8]),
    /// Something else: [`Values::get`] tells.
    Other,
}

/// Which fields of a resource are written, with their keys ready.
#[derive(Clone, Debug)]
pub struct Layout {
    members: Vec<LayoutMember>,
    derived: Option<DerivedPositions>,
}

#[derive(Clone, Debug)]
struct LayoutMember {
    position: usize,
    kind: Kind,
    form: Form,
    /// The key with its quotes and colon, and before all but the first a comma.
    key: Box<[u8]>,
    /// The same with `null` behind it.
    null: Box<[u8]>,
}

/// How a value is written when nothing stands against it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Between quotes, where nothing needs an escape.
    Text,
    /// As digits.
    Number,
    /// As a date-time.
    Moment,
    /// As `true` or `false`.
    Truth,
    /// As a UUID.
    Id,
    /// As the JSON that it is.
    Json,
    /// As its kind wants.
    Other,
}

impl Form {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Timestamp => Self::Moment,
            Kind::Serial | Kind::Version | Kind::Integer { .. } => Self::Number,
            Kind::Boolean => Self::Truth,
            Kind::Id => Self::Id,
            // What of it is shown is its own affair.
            Kind::Headers => Self::Other,
            kind if kind.is_json() => Self::Json,
            kind if kind.is_numeric() => Self::Other,
            _ => Self::Text,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct DerivedPositions {
    field: usize,
    ended_by: usize,
    rule: Derived,
}

impl DerivedPositions {
    fn of(resource: &Resource) -> Option<Self> {
        let rule = resource.derived?;
        let (field, ended_by) = (resource.position(rule.field)?, resource.position(rule.ended_by)?);
        Some(Self { field, ended_by, rule })
    }

    fn is_shown<'v, V: Values<'v>>(&self, now: Timestamp, values: &V) -> Result<bool, V::Error> {
        Ok(values.get(self.field)? == ValueRef::Text(self.rule.stored)
            && matches!(values.get(self.ended_by)?, ValueRef::Integer(end) if end <= now.as_micros()))
    }
}

impl Layout {
    /// The layout of all fields, or of those whose names are given, in the order of the definition.
    #[must_use]
    pub fn new(resource: &'static Resource, only: Option<&[&str]>) -> Self {
        let mut members: Vec<LayoutMember> = Vec::with_capacity(resource.fields.len());
        for (position, field) in resource.fields.iter().enumerate() {
            if only.is_some_and(|names| !names.contains(&field.name)) {
                continue;
            }
            let comma = if members.is_empty() { "" } else { "," };
            let key = format!("{comma}\"{}\":", field.name);
            let null = format!("{key}null").into_bytes().into_boxed_slice();
            let key = key.into_bytes().into_boxed_slice();
            let form = Form::of(field.kind);
            members.push(LayoutMember { position, kind: field.kind, form, key, null });
        }
        Self { members, derived: DerivedPositions::of(resource) }
    }

    /// Appends a record as a JSON object.
    pub fn write<'v, V: Values<'v>>(
        &self,
        out: &mut Vec<u8>,
        now: Timestamp,
        values: &V,
    ) -> Result<(), V::Error> {
        out.push(b'{');
        // Most records were never changed after they were made, so that two moments are the same.
        let mut moment: Option<(i64, Range<usize>)> = None;
        for member in &self.members {
            let cell = values.cell(member.position)?;
            if cell == Cell::Null {
                out.extend_from_slice(&member.null);
                continue;
            }
            out.extend_from_slice(&member.key);
            if let Some(derived) = &self.derived
                && derived.field == member.position
                && derived.is_shown(now, values)?
            {
                write_string(out, derived.rule.shown);
                continue;
            }
            let sure = match (member.form, cell) {
                (Form::Text, Cell::Text(bytes)) if is_plain(bytes) => {
                    write_plain(out, bytes);
                    continue;
                }
                (Form::Moment, Cell::Integer(micros)) => {
                    match &moment {
                        Some((same, text)) if micros == *same => out.extend_from_within(text.clone()),
                        _ => {
                            let start = out.len();
                            write_value(out, member.kind, ValueRef::Integer(micros));
                            moment = Some((micros, start..out.len()));
                        }
                    }
                    continue;
                }
                (Form::Number, Cell::Integer(number)) => Some(ValueRef::Integer(number)),
                (Form::Truth, Cell::Integer(truth @ (0 | 1))) => Some(ValueRef::Boolean(truth == 1)),
                (Form::Id, Cell::Bytes(bytes)) => Uuid::from_slice(bytes).ok().map(ValueRef::Id),
                (Form::Json, Cell::Text(bytes)) => std::str::from_utf8(bytes).ok().map(ValueRef::Text),
                _ => None,
            };
            let value = match sure {
                Some(value) => value,
                None => values.get(member.position)?,
            };
            write_value(out, member.kind, value);
        }
        out.push(b'}');
        Ok(())
    }

    /// Appends a record in memory as a JSON object.
    pub fn write_record(&self, out: &mut Vec<u8>, now: Timestamp, record: &Record) {
        match self.write(out, now, &record) {
            Ok(()) => {}
        }
    }
}

impl<'v> Values<'v> for &'v Record {
    type Error = Infallible;

    fn get(&self, position: usize) -> Result<ValueRef<'v>, Infallible> {
        Ok(ValueRef::from(self.at(position)))
    }

    fn cell(&self, position: usize) -> Result<Cell<'v>, Infallible> {
        Ok(match self.at(position) {
            Value::Null => Cell::Null,
            Value::Text(text) | Value::Json(text) => Cell::Text(text.as_bytes()),
            Value::Integer(number) => Cell::Integer(*number),
            Value::Boolean(truth) => Cell::Integer((*truth).into()),
            Value::Id(id) => Cell::Bytes(id.as_bytes()),
        })
    }
}

/// Whether a record shows its derived status at this moment, wherever its values are.
pub fn shows_derived_from<'v, V: Values<'v>>(
    resource: &Resource,
    now: Timestamp,
    values: &V,
) -> Result<bool, V::Error> {
    DerivedPositions::of(resource).map_or(Ok(false), |derived| derived.is_shown(now, values))
}

/// Whether a record in memory shows its derived status at this moment.
#[must_use]
pub fn shows_derived(resource: &Resource, record: &Record, now: Timestamp) -> bool {
    match shows_derived_from(resource, now, &record) {
        Ok(shown) => shown,
    }
}
