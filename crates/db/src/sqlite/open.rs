//! Opening connections to the database file: what every connection is set to, and clear words
//! when the file or its directory does not allow it.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::from_open;
use crate::{DbError, SqliteOptions};

/// Prepared statements kept per connection. More than the program has of fixed ones; lists add
/// one per shape of filter, of which the least used are dropped.
const STATEMENTS: usize = 256;

/// The log is cut back to this size when it is restarted after a burst.
const LOG_SIZE_LIMIT: u32 = 64 * 1024 * 1024;

/// Creates the database file readable by its owner only, unless it is there already.
pub(super) fn create(path: &Path) -> Result<(), DbError> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    if !dir.is_dir() {
        return Err(DbError::Unavailable(format!(
            "the data directory {} does not exist: create it, or choose another one",
            dir.display()
        )));
    }
    if path.is_dir() {
        return Err(DbError::Unavailable(format!(
            "{} is a directory, not a database file: choose another path",
            path.display()
        )));
    }
    let mut options = OpenOptions::new();
    // `create_new` and never plain `create`: opening and closing a database file behind SQLite's
    // back would drop the locks of this process's other connections to it (POSIX locks).
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DbError::Unavailable(format!(
            "cannot create {}: {error}; the data directory must be writable by the user that runs \
             the program",
            path.display()
        ))),
    }
}

/// A connection that may write. It leaves checkpoints to others.
pub(super) fn writing(options: &SqliteOptions) -> Result<Connection, DbError> {
    let path = options.path.as_path();
    let failed = |error| from_open(error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    // SQLite falls back to reading when it may not write: say so now, not at the first change.
    if connection.is_readonly("main").map_err(failed)? {
        return Err(DbError::Unavailable(format!(
            "{} is read-only: make the file and its directory writable for the user that runs the \
             program",
            path.display()
        )));
    }
    write_ahead(&connection, options.busy_timeout).map_err(failed)?;
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = {LOG_SIZE_LIMIT};
             PRAGMA cache_size = -{};",
            options.writer_cache_kib
        ))
        .map_err(failed)?;
    prepare_once(&connection).map_err(failed)?;
    Ok(connection)
}

/// Keeps statements prepared. SQLite would prepare most of them anew each time: where a parameter's
/// value may matter to the plan, as in `LIMIT ?` or `column = ?`, it does so whenever one is bound. With
/// the stability guarantee a plan depends on the text alone, so that the plan that tests look at is
/// the one that runs.
fn prepare_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Switches to the write-ahead log. While another process does the same SQLite answers "busy" at
/// once, without the usual waiting, so the waiting is done here.
fn write_ahead(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        let result = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match result {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
                    None,
                ));
            }
            Err(error)
                if waited < wait && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) =>
            {
                std::thread::sleep(step);
                waited += step;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A connection that only reads.
pub(super) fn reading(options: &SqliteOptions) -> Result<Connection, DbError> {
    let failed = |error| from_open(error, &options.path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&options.path, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    connection
        .execute_batch(&format!(
            "PRAGMA query_only = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -{};",
            options.reader_cache_kib
        ))
        .map_err(failed)?;
    prepare_once(&connection).map_err(failed)?;
    Ok(connection)
}

/// A connection that sees the database as it is now until it is closed. What it has to sort goes to
/// temporary files, so that it needs little memory whatever it is asked.
pub(super) fn snapshot(options: &SqliteOptions) -> Result<Connection, DbError> {
    let connection = reading(options)?;
    connection
        .execute_batch("PRAGMA temp_store = FILE; BEGIN; SELECT COUNT(*) FROM sqlite_schema;")
        .map_err(|error| from_open(error, &options.path))?;
    Ok(connection)
}
