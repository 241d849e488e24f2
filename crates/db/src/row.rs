//! One row of an answer, read in place on either engine: text and bytes are borrowed from the
//! engine's own memory. Columns are counted from 0; a wrong type is an error, never a guess.

use std::ops::ControlFlow;

use postgres_types::{FromSql, Type};
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::DbError;

/// One row of an answer; lives as long as the callback that is given it.
#[derive(Clone, Copy)]
pub struct Row<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// Makes a callback that stops the reading from one that may refuse a row; its error is kept in `refused`.
pub(crate) fn until_refused(
    mut each: impl FnMut(&Row<'_>) -> Result<(), DbError> + Send,
    refused: &mut Result<(), DbError>,
) -> impl FnMut(&Row<'_>) -> ControlFlow<()> + Send {
    move |row: &Row<'_>| match each(row) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            *refused = Err(error);
            ControlFlow::Break(())
        }
    }
}

/// A column's value in what both engines have in common.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// NULL
    Null,
    /// An integer; on SQLite also a boolean.
    Integer(i64),
    /// Text.
    Text(Text<'a>),
    /// Bytes; on SQLite also an identifier.
    Bytes(&'a [u8]),
    /// A truth value (PostgreSQL).
    Boolean(bool),
    /// An identifier (PostgreSQL).
    Uuid(Uuid),
    /// A type no getter reads; its name.
    Foreign(&'a str),
}

/// A text as it lies in the row: whether it is UTF-8 is looked at when it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    bytes: &'a [u8],
    column: usize,
}

impl<'a> Text<'a> {
    /// The bytes, whatever they are.
    #[inline]
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The text; an error when it is not UTF-8, which only a damaged database holds.
    #[inline]
    pub fn as_str(self) -> Result<&'a str, DbError> {
        std::str::from_utf8(self.bytes)
            .map_err(|_| DbError::Corrupt(format!("column {} holds text that is not UTF-8", self.column)))
    }
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self(Source::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Self(Source::Postgres(row))
    }

    /// Text that is there.
    #[inline]
    pub fn text(&self, column: usize) -> Result<&'a str, DbError> {
        self.required(column, "text", self.optional_text(column)?)
    }

    /// Text or NULL.
    #[inline]
    pub fn optional_text(&self, column: usize) -> Result<Option<&'a str>, DbError> {
        match self.value(column)? {
            Column::Text(text) => text.as_str().map(Some),
            Column::Null => Ok(None),
            other => Err(mismatch(column, "text", &other)),
        }
    }

    /// An integer that is there.
    #[inline]
    pub fn integer(&self, column: usize) -> Result<i64, DbError> {
        self.required(column, "an integer", self.optional_integer(column)?)
    }

    /// An integer or NULL.
    #[inline]
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.value(column)? {
            Column::Integer(number) => Ok(Some(number)),
            Column::Null => Ok(None),
            other => Err(mismatch(column, "an integer", &other)),
        }
    }

    /// A truth value that is there.
    #[inline]
    pub fn boolean(&self, column: usize) -> Result<bool, DbError> {
        self.required(column, "a boolean", self.optional_boolean(column)?)
    }

    /// A truth value or NULL.
    #[inline]
    pub fn optional_boolean(&self, column: usize) -> Result<Option<bool>, DbError> {
        match (self.value(column)?, self.0) {
            (Column::Boolean(truth), _) => Ok(Some(truth)),
            // SQLite has no booleans: 0 and 1 stand for them.
            (Column::Integer(number @ (0 | 1)), Source::Sqlite(_)) => Ok(Some(number == 1)),
            (Column::Null, _) => Ok(None),
            (other, _) => Err(mismatch(column, "a boolean", &other)),
        }
    }

    /// An identifier that is there.
    #[inline]
    pub fn uuid(&self, column: usize) -> Result<Uuid, DbError> {
        self.required(column, "an identifier", self.optional_uuid(column)?)
    }

    /// An identifier or NULL.
    #[inline]
    pub fn optional_uuid(&self, column: usize) -> Result<Option<Uuid>, DbError> {
        match (self.value(column)?, self.0) {
            (Column::Uuid(id), _) => Ok(Some(id)),
            (Column::Bytes(bytes), Source::Sqlite(_)) if bytes.len() == 16 => {
                Ok(Uuid::from_slice(bytes).ok())
            }
            (Column::Null, _) => Ok(None),
            (other, _) => Err(mismatch(column, "an identifier", &other)),
        }
    }

    /// Bytes that are there.
    pub fn bytes(&self, column: usize) -> Result<&'a [u8], DbError> {
        self.required(column, "bytes", self.optional_bytes(column)?)
    }

    /// Bytes or NULL.
    pub fn optional_bytes(&self, column: usize) -> Result<Option<&'a [u8]>, DbError> {
        match self.value(column)? {
            Column::Bytes(bytes) => Ok(Some(bytes)),
            Column::Null => Ok(None),
            other => Err(mismatch(column, "bytes", &other)),
        }
    }

    /// Whether the column is NULL.
    pub fn is_null(&self, column: usize) -> Result<bool, DbError> {
        Ok(matches!(self.value(column)?, Column::Null))
    }

    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        match self.0 {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a method beside the getters it serves")]
    fn required<T>(&self, column: usize, wanted: &str, value: Option<T>) -> Result<T, DbError> {
        value.ok_or_else(|| mismatch(column, wanted, &Column::Null))
    }

    /// The value as it lies in the row, for who looks at every column of it. The getters say what a
    /// type means on each engine.
    #[inline]
    pub fn value(&self, column: usize) -> Result<Column<'a>, DbError> {
        match self.0 {
            Source::Sqlite(row) => sqlite_value(row, column),
            Source::Postgres(row) => postgres_value(row, column),
        }
    }
}

#[inline]
fn sqlite_value<'a>(row: &'a rusqlite::Row<'a>, column: usize) -> Result<Column<'a>, DbError> {
    Ok(match row.get_ref(column).map_err(|_| missing(column))? {
        ValueRef::Null => Column::Null,
        ValueRef::Integer(number) => Column::Integer(number),
        ValueRef::Real(_) => Column::Foreign("a floating point number"),
        ValueRef::Text(bytes) => Column::Text(Text { bytes, column }),
        ValueRef::Blob(bytes) => Column::Bytes(bytes),
    })
}

fn postgres_value(row: &tokio_postgres::Row, column: usize) -> Result<Column<'_>, DbError> {
    let kind = row.columns().get(column).ok_or_else(|| missing(column))?.type_();
    let raw: Option<Raw<'_>> = row.try_get(column).map_err(|_| missing(column))?;
    let Some(Raw(raw)) = raw else {
        return Ok(Column::Null);
    };
    let short = || DbError::Corrupt(format!("column {column} has an unexpected length"));
    Ok(match *kind {
        Type::INT8 => Column::Integer(i64::from_be_bytes(raw.try_into().map_err(|_| short())?)),
        Type::INT4 => Column::Integer(i32::from_be_bytes(raw.try_into().map_err(|_| short())?).into()),
        Type::INT2 => Column::Integer(i16::from_be_bytes(raw.try_into().map_err(|_| short())?).into()),
        Type::BOOL => Column::Boolean(raw.first().copied().ok_or_else(short)? != 0),
        Type::UUID => Column::Uuid(Uuid::from_slice(raw).map_err(|_| short())?),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            Column::Text(Text { bytes: raw, column })
        }
        Type::BYTEA => Column::Bytes(raw),
        _ => Column::Foreign(kind.name()),
    })
}

#[cold]
fn missing(column: usize) -> DbError {
    DbError::Other(format!("the answer has no column {column}"))
}

#[cold]
fn mismatch(column: usize, wanted: &str, found: &Column<'_>) -> DbError {
    let found = match found {
        Column::Null => "NULL",
        Column::Integer(_) => "an integer",
        Column::Text(_) => "text",
        Column::Bytes(_) => "bytes",
        Column::Boolean(_) => "a boolean",
        Column::Uuid(_) => "an identifier",
        Column::Foreign(name) => name,
    };
    DbError::Other(format!("column {column} holds {found}, not {wanted}"))
}

/// A value's bytes in PostgreSQL's binary format, whatever its type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
