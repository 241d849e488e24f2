//! Running one statement on an SQLite connection, synchronously. Statements are prepared once per
//! connection and kept.

use std::ops::ControlFlow;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use super::error::from_sqlite;
use crate::DbError;
use crate::row::Row;
use crate::value::Param;

impl ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Boolean(truth) => ToSqlOutput::Owned(Value::Integer(i64::from(*truth))),
            Self::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Param]) -> rusqlite::Result<()> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(params.len(), wanted));
    }
    for (index, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, param)?;
    }
    Ok(())
}

/// Runs a statement without rows.
pub(crate) fn execute(connection: &Connection, sql: &str, params: &[Param]) -> Result<u64, DbError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    bind(&mut statement, params).map_err(from_sqlite)?;
    let changed = statement.raw_execute().map_err(from_sqlite)?;
    Ok(changed as u64)
}

/// Runs a statement without rows once per row of parameters.
pub(crate) fn batch(connection: &Connection, sql: &str, rows: &[Vec<Param>]) -> Result<u64, DbError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut changed = 0;
    for params in rows {
        bind(&mut statement, params).map_err(from_sqlite)?;
        changed += statement.raw_execute().map_err(from_sqlite)? as u64;
    }
    Ok(changed)
}

/// Calls `each` for every row until it breaks off.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    params: &[Param],
    each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> Result<(), DbError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    bind(&mut statement, params).map_err(from_sqlite)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        if each(&Row::sqlite(row)).is_break() {
            break;
        }
    }
    Ok(())
}
