//! Whether a file is a whole and sound database of this program. The file is only read, and nothing
//! is made beside it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::partial::with_suffix;
use crate::DbError;
use crate::migrate::{Applied, Prepared, SELECT, pending_here};

/// What is known of a sound file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inspected {
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// The version of its schema.
    pub(super) version: u32,
}

/// Reads the beginning of the file, which tells most mistakes without reading the rest.
pub(super) fn header(path: &Path) -> Result<(), DbError> {
    let file = path.display();
    let refuse = |why: String| Err(DbError::Backup(format!("{file} {why}")));
    let unreadable = |error: std::io::Error| DbError::Backup(format!("cannot read {file}: {error}"));
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return refuse("is not a file".to_owned());
    }
    // The format of a database file, https://www.sqlite.org/fileformat2.html#the_database_header
    let mut head = [0; 100];
    let complete = File::open(path).map_err(unreadable)?.read_exact(&mut head).is_ok();
    if !complete || !head.starts_with(b"SQLite format 3\0") {
        return refuse("is not a backup: it is no database file".to_owned());
    }
    let page = match u64::from(u16::from_be_bytes([head[16], head[17]])) {
        1 => 65_536,
        size => size,
    };
    let pages = u64::from(u32::from_be_bytes([head[28], head[29], head[30], head[31]]));
    let (wanted, found) = (page * pages, metadata.len());
    if found < wanted {
        return refuse(format!("is truncated: {found} of {wanted} bytes are there; copy it again"));
    }
    let log = with_suffix(path, "-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let log = log.display();
        return refuse(format!(
            "is not a backup but a database in use, part of which is in {log}: make a backup of it with \
             `memberpulse backup`"
        ));
    }
    Ok(())
}

/// Reads the whole file. With `migrations` it must also be no newer than they are.
pub(super) fn whole(path: &Path, migrations: Option<&[Prepared]>) -> Result<Inspected, DbError> {
    header(path)?;
    let file = path.display();
    let damaged = |error: rusqlite::Error| DbError::Backup(format!("{file} is damaged: {error}"));
    // Immutable: read as it is, without the files that SQLite would make beside it.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable(path)?, flags).map_err(damaged)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384;").map_err(damaged)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(damaged)?;
    if verdict != "ok" {
        return Err(DbError::Backup(format!("{file} is damaged: {}", verdict.trim())));
    }
    let applied = applied(&connection).map_err(|_| {
        DbError::Backup(format!("{file} is not a backup: it is the database of another program"))
    })?;
    if let Some(migrations) = migrations {
        pending_here(migrations, &applied)?;
    }
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    Ok(Inspected { bytes, version: applied.last().map_or(0, |last| last.version) })
}

/// The history of the schema; an error too when there is none.
fn applied(connection: &Connection) -> rusqlite::Result<Vec<Applied>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? })
    };
    let applied: Vec<Applied> = connection.prepare(SELECT)?.query_map([], read)?.collect::<Result<_, _>>()?;
    if applied.is_empty() { Err(rusqlite::Error::QueryReturnedNoRows) } else { Ok(applied) }
}

/// The file's path as a URI that has SQLite take it as it is.
fn immutable(path: &Path) -> Result<String, DbError> {
    let text =
        path.to_str().ok_or_else(|| DbError::Backup("the file's path is not UTF-8: rename it".to_owned()))?;
    let mut uri = "file:".to_owned();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_are_escaped() {
        assert_eq!(
            immutable(Path::new("/a b/ü?#%.db")).unwrap(),
            "file:/a%20b/%C3%BC%3F%23%25.db?immutable=1"
        );
        assert_eq!(immutable(Path::new("x.db")).unwrap(), "file:x.db?immutable=1");
    }
}
