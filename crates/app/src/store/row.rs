//! Between stored rows and records: values are in the same form on both sides.

use db::{Column, DbError, Param, Row};
use domain::definition::{Kind, Resource};
use domain::json::ValueRef;
use domain::record::{Record, Value};
use domain::text::fold;

use super::schema::Schema;

/// The value of one column, borrowed from the row.
#[inline]
pub(crate) fn value_ref<'r>(row: &Row<'r>, position: usize, kind: Kind) -> Result<ValueRef<'r>, DbError> {
    // What most columns hold, without a way through each getter.
    match row.value(position)? {
        Column::Null => return Ok(ValueRef::Null),
        Column::Text(text)
            if !kind.is_numeric() && !matches!(kind, Kind::Id | Kind::Boolean | Kind::Timestamp) =>
        {
            return Ok(ValueRef::Text(text));
        }
        Column::Integer(number) if kind.is_numeric() || matches!(kind, Kind::Timestamp) => {
            return Ok(ValueRef::Integer(number));
        }
        _ => {}
    }
    Ok(match kind {
        Kind::Id => row.optional_uuid(position)?.map_or(ValueRef::Null, ValueRef::Id),
        Kind::Boolean => row.optional_boolean(position)?.map_or(ValueRef::Null, ValueRef::Boolean),
        kind if kind.is_numeric() || matches!(kind, Kind::Timestamp) => {
            row.optional_integer(position)?.map_or(ValueRef::Null, ValueRef::Integer)
        }
        _ => row.optional_text(position)?.map_or(ValueRef::Null, ValueRef::Text),
    })
}

/// A row that was selected with a schema's select list.
#[derive(Clone, Copy)]
pub(crate) struct RowValues<'a, 'r> {
    pub(crate) resource: &'static Resource,
    pub(crate) row: &'a Row<'r>,
}

impl<'r> RowValues<'_, 'r> {
    /// The value of the field at a position.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Result<ValueRef<'r>, DbError> {
        match self.resource.fields.get(position) {
            Some(field) => value_ref(self.row, position, field.kind),
            None => Ok(ValueRef::Null),
        }
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
