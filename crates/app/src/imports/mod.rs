//! Imports that run in the background: a file is sent, looked at, started, watched, and its failed rows
//! fetched. What is read from a file and how rows are stored is `import`'s.
//!
//! File and report lie in the database, as rows of the tenant: every server of an installation sees them,
//! and nobody else does. They are bounded, and forgotten when they are done with.

mod checkpoint;
mod erase;
mod manage;
mod parts;
mod preview;
mod run;
mod upload;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use erase::{KnownBy, busy, busy_params};
pub use preview::{ImportPreview, PreviewRow};
pub(crate) use run::Running;
pub use upload::ImportUpload;

use db::{DbError, Row};
use domain::mapping::Mapping;
use domain::{ImportId, Resource, Timestamp};
use serde_json::Value as Json;

use crate::import::ImportCounts;

/// Most bytes of a file that is imported in the background: 32 MiB, about 150,000 members.
pub const MAX_IMPORT_FILE: u64 = 32 * 1024 * 1024;
/// Most files of a tenant that wait, run or have stopped.
pub const MAX_IMPORT_FILES: i64 = 5;
/// Rows of a preview.
pub const PREVIEW_ROWS: usize = 20;
/// Most bytes of failed rows that are kept of an import.
const MAX_FAILED: u64 = MAX_IMPORT_FILE;
/// Bytes of a part of a file.
const PART: usize = 512 * 1024;
/// Seconds after which an import that nobody has moved on is one whose server was killed.
const LEASE: i64 = 20;

/// How a file's columns are read.
#[derive(Clone, Default, Debug)]
pub struct ImportReading {
    /// The rules from columns to fields; without them, columns are named like fields.
    pub mapping: Option<Mapping>,
    /// The field by which rows find their records; without one, the first that a row has.
    pub match_by: Option<&'static str>,
}

/// Where an import stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportStatus {
    /// The file is there; nothing was started.
    Waiting,
    /// Rows are being stored.
    Running,
    /// It ended before the end of the file, and can go on.
    Stopped,
    /// All rows were tried.
    Done,
    /// The file cannot be read any further, or is gone.
    Failed,
}

impl ImportStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Stopped, Self::Done, Self::Failed];

    /// The name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether the import can be started, or go on.
    #[must_use]
    pub const fn can_start(self) -> bool {
        matches!(self, Self::Waiting | Self::Stopped)
    }
}

/// An import as it stands.
#[derive(Clone, Debug)]
pub struct ImportJob {
    /// Its id.
    pub id: ImportId,
    /// What its rows are.
    pub resource: &'static Resource,
    /// What the file is called where it came from.
    pub file_name: String,
    /// Where it stands.
    pub status: ImportStatus,
    /// Bytes of the file.
    pub size: u64,
    /// Rows of the file.
    pub total_rows: u64,
    /// The names of the file's columns.
    pub header: Vec<String>,
    /// The rules from columns to fields with which it was started.
    pub mapping: Option<Json>,
    /// The field by which rows find their records.
    pub match_by: Option<String>,
    /// The line of the last row that was tried; 0 before the first.
    pub last_line: u64,
    /// What became of the rows so far.
    pub counts: ImportCounts,
    /// Bytes of the failed rows that are kept.
    pub failed_bytes: u64,
    /// Columns that nothing was read from.
    pub unmapped: Vec<String>,
    /// Why it ended, unless all is well.
    pub message: Option<String>,
    /// Who sent it: the id of a user or key.
    pub created_by: Option<String>,
    /// When the file came.
    pub created_at: Timestamp,
    /// When it was last moved on.
    pub updated_at: Timestamp,
    /// How often it was started.
    run: i64,
}

impl ImportJob {
    /// Whether not all of the failed rows could be kept.
    #[must_use]
    pub fn is_report_cut(&self) -> bool {
        self.failed_bytes >= MAX_FAILED
    }
}

/// The columns that [`read_job`] reads.
pub(crate) const COLUMNS: &str = "id, file_name, status, size, total_rows, header, mapping, match_by, run, \
    lease_until, last_line, created_rows, updated_rows, unchanged_rows, failed_rows, failed_bytes, unmapped, \
    message, created_by, created_at, updated_at";

/// An import as it is stored; one whose lease has passed has stopped.
fn read_job(resource: &'static Resource, now: Timestamp, row: &Row<'_>) -> Result<ImportJob, DbError> {
    let corrupt = || DbError::Corrupt("an import is unreadable".to_owned());
    let number = |column| u64::try_from(row.integer(column)?).map_err(|_| corrupt());
    let names = |column| serde_json::from_str(row.text(column)?).map_err(|_| corrupt());
    let text = |column| Ok::<_, DbError>(row.optional_text(column)?.map(str::to_owned));
    let stored = row.text(2)?;
    let mut status = ImportStatus::ALL.into_iter().find(|it| it.name() == stored).ok_or_else(corrupt)?;
    let mut message = text(17)?;
    if status == ImportStatus::Running && row.integer(9)? <= now.as_micros() {
        status = ImportStatus::Stopped;
        message = Some("The server that worked on it has ended.".to_owned());
    }
    Ok(ImportJob {
        id: ImportId::from(row.uuid(0)?),
        resource,
        file_name: row.text(1)?.to_owned(),
        status,
        size: number(3)?,
        total_rows: number(4)?,
        header: names(5)?,
        mapping: row.optional_text(6)?.map(serde_json::from_str).transpose().map_err(|_| corrupt())?,
        match_by: text(7)?,
        run: row.integer(8)?,
        last_line: number(10)?,
        counts: ImportCounts {
            created: number(11)?,
            updated: number(12)?,
            unchanged: number(13)?,
            failed: number(14)?,
        },
        failed_bytes: number(15)?,
        unmapped: names(16)?,
        message,
        created_by: text(18)?,
        created_at: Timestamp::from_micros(row.integer(19)?),
        updated_at: Timestamp::from_micros(row.integer(20)?),
    })
}
