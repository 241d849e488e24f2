//! Backups of the embedded engine. A PostgreSQL server has tools of its own for them.

use std::path::Path;

use crate::lock::ServerLock;
use crate::{DbError, Migration, sqlite};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The size of the file.
    pub bytes: u64,
    /// The version of the schema in it.
    pub version: u32,
}

/// A backup that was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The size of the file.
    pub bytes: u64,
    /// The version of the schema in it.
    pub version: u32,
    /// The migrations that it still lacks.
    pub pending: Vec<u32>,
}

/// Writes a copy of the database file `source`, as it is at one moment, to the file `target`. Servers
/// and commands go on using the database, and writing to it. The copy is written beside its place,
/// checked, and put there when it is complete: a process that is killed leaves nothing under this name.
///
/// A file that is there already is left as it is and refused, unless it may be overwritten.
pub async fn backup(source: &Path, target: &Path, overwrite: bool) -> Result<BackupReport, DbError> {
    let (source, target) = (source.to_owned(), target.to_owned());
    sqlite::blocking(move || sqlite::backup::backup(&source, &target, overwrite)).await?
}

/// Puts the copy `source` in the place of the database file `target`, where there must be none yet.
/// Refuses what is no copy, damaged, or newer than `migrations`; then nothing is changed. What is older
/// is put back as it is. Takes the lock of the directory as a proof that no server works there.
pub async fn restore(
    _lock: &ServerLock,
    source: &Path,
    target: &Path,
    migrations: &[Migration],
) -> Result<RestoreReport, DbError> {
    let (source, target, migrations) = (source.to_owned(), target.to_owned(), migrations.to_vec());
    sqlite::blocking(move || sqlite::backup::restore(&source, &target, &migrations)).await?
}
