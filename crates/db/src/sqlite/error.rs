//! SQLite's errors in our words. Its messages name tables and columns but no values, so they may
//! be passed on.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::DbError;

/// An error while a statement ran.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> DbError {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => failure(code, message.unwrap_or_default()),
        rusqlite::Error::SqlInputError { msg, .. } => DbError::Other(msg),
        rusqlite::Error::InvalidParameterCount(given, wanted) => {
            DbError::Other(format!("the statement takes {wanted} parameters, {given} were given"))
        }
        rusqlite::Error::ExecuteReturnedResults => {
            DbError::Other("a statement that returns rows was run as one that returns none".to_owned())
        }
        other => DbError::Other(other.to_string()),
    }
}

/// An error while the database file was opened; says what to do about it.
pub(crate) fn from_open(error: rusqlite::Error, path: &Path) -> DbError {
    let code = error.sqlite_error_code();
    let file = path.display();
    match code {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            DbError::Unavailable(format!(
                "cannot write to {file}: the file and its directory must belong to the user that \
                 runs the program and must not be read-only"
            ))
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => DbError::Corrupt(format!(
            "{file} is not a sound SQLite database: restore it from a backup, or choose another \
             data directory"
        )),
        _ => from_sqlite(error),
    }
}

fn failure(code: ffi::Error, message: String) -> DbError {
    let unavailable = |text: &str| DbError::Unavailable(text.to_owned());
    match code.code {
        ErrorCode::ConstraintViolation => constraint(code.extended_code, &message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => unavailable(
            "another process has been writing to it for too long (a command or a backup?): try \
             again",
        ),
        ErrorCode::DiskFull => unavailable("the disk is full: free some space in the data directory"),
        ErrorCode::ReadOnly => {
            unavailable("the data directory is read-only: make it writable for the server")
        }
        ErrorCode::SystemIoFailure => DbError::Unavailable(format!(
            "the data directory cannot be read or written ({message}, code {}): check the disk",
            code.extended_code
        )),
        ErrorCode::CannotOpen => unavailable(
            "a file of the data directory cannot be opened: check that the directory is there and \
             belongs to the server's user",
        ),
        ErrorCode::OutOfMemory => unavailable("the machine is out of memory"),
        ErrorCode::OperationInterrupted => unavailable("the statement was interrupted"),
        ErrorCode::FileLockingProtocolFailed => {
            unavailable("the file system does not lock files: use a local disk")
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            DbError::Corrupt(format!("{message}: restore it from a backup"))
        }
        _ if message.is_empty() => DbError::Other(code.to_string()),
        _ => DbError::Other(message),
    }
}

fn constraint(extended_code: i32, message: &str) -> DbError {
    let unique = matches!(
        extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    );
    let Some((_, key)) = message.split_once(": ").filter(|_| unique) else {
        return DbError::Constraint(message.to_owned());
    };
    // "UNIQUE constraint failed: index 'name'" for an index over an expression.
    if let Some(index) = key.strip_prefix("index '") {
        return DbError::Unique {
            table: String::new(),
            columns: Vec::new(),
            index: Some(index.trim_end_matches('\'').to_owned()),
        };
    }
    // "UNIQUE constraint failed: table.column, table.column"
    let mut table = String::new();
    let mut columns = Vec::new();
    for name in key.split(", ") {
        let (of, column) = name.split_once('.').unwrap_or(("", name));
        of.clone_into(&mut table);
        columns.push(column.to_owned());
    }
    DbError::Unique { table, columns, index: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite_error(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn store_troubles_are_retryable_and_say_what_to_do() {
        for (code, advice) in [
            (ffi::SQLITE_FULL, "free some space"),
            (ffi::SQLITE_READONLY, "make it writable"),
            (ffi::SQLITE_BUSY, "try again"),
            (ffi::SQLITE_IOERR_FSYNC, "check the disk"),
            (ffi::SQLITE_CANTOPEN, "belongs to the server's user"),
        ] {
            let error = from_sqlite(sqlite_error(code));
            assert!(error.is_retryable(), "{error}");
            assert!(error.to_string().contains(advice), "{error}");
        }
    }

    #[test]
    fn damage_is_not_retryable() {
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            let error = from_sqlite(sqlite_error(code));
            assert!(matches!(error, DbError::Corrupt(_)), "{error}");
            assert!(!error.is_retryable());
            let error = from_open(sqlite_error(code), Path::new("/d/x.db"));
            assert!(error.to_string().contains("/d/x.db"), "{error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = from_open(sqlite_error(ffi::SQLITE_READONLY), Path::new("/d/x.db"));
        assert!(error.to_string().contains("cannot write to /d/x.db"), "{error}");
    }
}
