//! Copies of a database file: made beside a running server, and put back.

use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{from_open, from_sqlite};
use super::inspect::{self, header};
use super::partial::{Partial, with_suffix};
use crate::backup::{BackupReport, RestoreReport};
use crate::migrate::{pending_versions, prepare};
use crate::{DbError, Engine, Migration};

/// What SQLite keeps beside a database file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The page cache of the copying connection, in KiB.
const CACHE: u32 = 16 * 1024;

/// Writes a copy of the database at `source` to `target`. Blocks.
pub(crate) fn backup(source: &Path, target: &Path, overwrite: bool) -> Result<BackupReport, DbError> {
    check_target(source, target, overwrite)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(source, flags).map_err(|error| from_open(error, source))?;
    let settings =
        format!("PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -{CACHE};");
    connection.execute_batch(&settings).map_err(|error| from_open(error, source))?;
    let partial = Partial::create(target)?;
    let name = partial.path().to_str();
    let name =
        name.ok_or_else(|| DbError::Backup("the file's path is not UTF-8: choose another".to_owned()))?;
    // One reading transaction: a copy of one moment, while others write. What was deleted is not
    // copied, as it would be with the file's free pages.
    connection.execute("VACUUM INTO ?", [name]).map_err(|error| copying(error, target))?;
    let inspected = inspect::whole(partial.path(), None)?;
    partial.publish(overwrite)?;
    Ok(BackupReport { bytes: inspected.bytes, version: inspected.version })
}

fn copying(error: rusqlite::Error, target: &Path) -> DbError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => {
            DbError::Backup(format!("there is not enough room for {}", target.display()))
        }
        _ => from_sqlite(error),
    }
}

/// Refuses what would be overwritten by accident, and above all the database itself.
fn check_target(source: &Path, target: &Path, overwrite: bool) -> Result<(), DbError> {
    let file = target.display();
    let refuse = |why: &str| Err(DbError::Backup(format!("{file} {why}")));
    if target.is_dir() {
        return refuse("is a directory: name a file in it");
    }
    if let Ok(found) = target.canonicalize() {
        let own = source.canonicalize().unwrap_or_else(|_| source.to_owned());
        if found == own || BESIDE.iter().any(|suffix| found == with_suffix(&own, suffix)) {
            return refuse("is the database itself: choose another file");
        }
        if !overwrite {
            return refuse("is there already: choose another file, or overwrite it with --force");
        }
    }
    Ok(())
}

/// Puts the copy at `source` in the place `target`, where there must be nothing. Blocks.
pub(crate) fn restore(
    source: &Path,
    target: &Path,
    migrations: &[Migration],
) -> Result<RestoreReport, DbError> {
    let prepared = prepare(migrations, Engine::Sqlite)?;
    header(source)?;
    for suffix in std::iter::once("").chain(BESIDE) {
        let path = with_suffix(target, suffix);
        if path.symlink_metadata().is_ok() {
            let file = path.display();
            return Err(DbError::Backup(format!(
                "{file} is there already: a backup is only restored where there is no data; name another \
                 directory with --data-dir, or move the present data away"
            )));
        }
    }
    let failed = |error: io::Error| {
        DbError::Backup(format!("cannot copy {} to {}: {error}", source.display(), target.display()))
    };
    let mut partial = Partial::create(target)?;
    let mut from = File::open(source).map_err(failed)?;
    io::copy(&mut from, partial.file()).map_err(failed)?;
    // The copy, not what was copied: it is the one that will be used.
    let inspected =
        inspect::whole(partial.path(), Some(&prepared)).map_err(|error| named(&error, &partial, source))?;
    partial.publish(false)?;
    let pending = pending_versions(&prepared, inspected.version);
    Ok(RestoreReport { bytes: inspected.bytes, version: inspected.version, pending })
}

/// The same error, with the name of the file that the operator knows.
fn named(error: &DbError, partial: &Partial, source: &Path) -> DbError {
    let name =
        |text: &str| text.replace(&partial.path().display().to_string(), &source.display().to_string());
    match error {
        DbError::Backup(text) => DbError::Backup(name(text)),
        DbError::Migration(text) => {
            DbError::Backup(format!("{} does not fit this program: {text}", source.display()))
        }
        other => other.clone(),
    }
}
