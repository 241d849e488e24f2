//! Between stored rows and records: values are in the same form on both sides.

use db::{Column, DbError, Param, Row};
use domain::definition::{Kind, Resource};
use domain::json::{Cell, ValueRef, Values};
use domain::record::{Record, Value};
use domain::text::fold;

use super::schema::Schema;

/// The value of one column, borrowed from the row.
#[inline]
pub(crate) fn value_ref<'r>(row: &Row<'r>, position: usize, kind: Kind) -> Result<ValueRef<'r>, DbError> {
    // What most columns hold, without a way through each getter.
    match row.value(position)? {
        Column::Null => Ok(ValueRef::Null),
        Column::Text(text) if is_text(kind) => text.as_str().map(ValueRef::Text),
        Column::Integer(number) if is_integer(kind) => Ok(ValueRef::Integer(number)),
        _ => by_kind(row, position, kind),
    }
}

const fn is_integer(kind: Kind) -> bool {
    kind.is_numeric() || matches!(kind, Kind::Timestamp)
}

/// Whether the kind is kept as text, JSON text among it.
const fn is_text(kind: Kind) -> bool {
    !is_integer(kind) && !matches!(kind, Kind::Id | Kind::Boolean)
}

/// Through the getter of the kind: what engines keep differently, and the errors of wrong types.
fn by_kind<'r>(row: &Row<'r>, position: usize, kind: Kind) -> Result<ValueRef<'r>, DbError> {
    Ok(match kind {
        Kind::Id => row.optional_uuid(position)?.map_or(ValueRef::Null, ValueRef::Id),
        Kind::Boolean => row.optional_boolean(position)?.map_or(ValueRef::Null, ValueRef::Boolean),
        kind if is_integer(kind) => row.optional_integer(position)?.map_or(ValueRef::Null, ValueRef::Integer),
        _ => row.optional_text(position)?.map_or(ValueRef::Null, ValueRef::Text),
    })
}

/// A row that was selected with a schema's select list.
#[derive(Clone, Copy)]
pub(crate) struct RowValues<'a, 'r> {
    pub(crate) resource: &'static Resource,
    pub(crate) row: &'a Row<'r>,
}

impl<'r> Values<'r> for RowValues<'_, 'r> {
    type Error = DbError;

    #[inline]
    fn get(&self, position: usize) -> Result<ValueRef<'r>, DbError> {
        match self.resource.fields.get(position) {
            Some(field) => value_ref(self.row, position, field.kind),
            None => Ok(ValueRef::Null),
        }
    }

    #[inline]
    fn cell(&self, position: usize) -> Result<Cell<'r>, DbError> {
        Ok(match self.row.value(position)? {
            Column::Null => Cell::Null,
            Column::Text(text) => Cell::Text(text.bytes()),
            Column::Integer(number) => Cell::Integer(number),
            Column::Bytes(bytes) => Cell::Bytes(bytes),
            _ => Cell::Other,
        })
    }
}

/// The whole row as a record.
pub(crate) fn read_record(resource: &'static Resource, row: &Row<'_>) -> Result<Record, DbError> {
    let values = RowValues { resource, row };
    let read = (0..resource.fields.len()).map(|position| {
        let kind = resource.fields[position].kind;
        Ok(match values.get(position)? {
            ValueRef::Null => Value::Null,
            ValueRef::Text(text) if kind.is_json() => Value::Json(text.to_owned()),
            ValueRef::Text(text) => Value::Text(text.to_owned()),
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Boolean(flag) => Value::Boolean(flag),
            ValueRef::Id(uuid) => Value::Id(uuid),
        })
    });
    Ok(Record::new(resource, read.collect::<Result<_, DbError>>()?))
}

/// A value as a parameter.
pub(crate) fn param(value: &Value) -> Param {
    match value {
        Value::Null => Param::Null,
        Value::Text(text) | Value::Json(text) => Param::Text(text.clone()),
        Value::Integer(number) => Param::Integer(*number),
        Value::Boolean(flag) => Param::Boolean(*flag),
        Value::Id(uuid) => Param::Uuid(*uuid),
    }
}

/// A value as the parameter for a case-insensitive twin.
pub(crate) fn folded_param(value: &Value) -> Param {
    value.as_text().map_or(Param::Null, |text| Param::Text(fold(text)))
}

/// The parameters of [`Schema::insert`].
pub(crate) fn insert_params(schema: &Schema, record: &Record) -> Vec<Param> {
    let mut params = Vec::with_capacity(schema.columns.len() + 4);
    for (column, value) in schema.columns.iter().zip(record.values()) {
        params.push(param(value));
        if column.folded.is_some() {
            params.push(folded_param(value));
        }
    }
    params
}
