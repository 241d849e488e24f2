//! What is stored in the transaction of each chunk: how far the import is, and its failed rows. A killed
//! server therefore leaves neither a row done that is not counted nor one counted that is not done.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use db::Param;
use domain::{ImportId, Problem, Timestamp};

use super::MAX_FAILED;
use super::parts::FAILED;
use crate::failure::Failure;
use crate::import::{FileHead, ImportCounts, Row, failed_row};
use crate::records::BatchReport;
use crate::store::ScopedTx;
use crate::store::system::{ADVANCE_IMPORT, INSERT_IMPORT_PART};

/// How far an import is with a chunk.
pub(crate) struct Checkpoint {
    pub(super) id: ImportId,
    pub(super) run: i64,
    /// Rows before this chunk, which is also the number of its part of the report.
    pub(super) before: u64,
    pub(super) bytes_read: u64,
    pub(super) rows: Arc<Vec<Row>>,
    pub(super) file: Arc<FileHead>,
    /// Bytes of failed rows that are kept already.
    pub(super) failed_bytes: u64,
    pub(super) now: Timestamp,
    pub(super) lease_until: Timestamp,
    /// Bytes of failed rows of this chunk, once it is stored.
    pub(super) added: AtomicU64,
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("id", &self.id)
            .field("before", &self.before)
            .finish_non_exhaustive()
    }
}

impl Checkpoint {
    pub(crate) async fn keep(&self, tx: &mut ScopedTx<'_, '_>, report: &BatchReport) -> Result<(), Failure> {
        let mut counts = ImportCounts::default();
        counts.add(report);
        let (failed, added) = self.failed(report)?;
        let number = |count: u64| Param::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let params = vec![
            Param::Integer(self.lease_until.as_micros()),
            number(self.bytes_read),
            number(self.rows.last().map_or(0, |row| row.line)),
            number(counts.created),
            number(counts.updated),
            number(counts.unchanged),
            number(counts.failed),
            number(added),
            Param::Integer(self.now.as_micros()),
            Param::Uuid(self.id.uuid()),
            Param::Integer(self.run),
        ];
        if tx.execute(&ADVANCE_IMPORT, params).await? == 0 {
            let detail = "The import was stopped, or another server has taken it over";
            return Err(Problem::rule(detail, "See how far it is before you go on.").into());
        }
        if !failed.is_empty() {
            let part =
                vec![Param::Uuid(self.id.uuid()), FAILED.into(), number(self.before), Param::Bytes(failed)];
            tx.execute(&INSERT_IMPORT_PART, part).await?;
        }
        self.added.store(added, Ordering::Relaxed);
        Ok(())
    }

    /// The rows that failed, as lines of the report, as long as there is room for them, and the room that
    /// they take.
    fn failed(&self, report: &BatchReport) -> Result<(Vec<u8>, u64), Failure> {
        let unwritten = |error: String| Failure::internal(format!("a report was not written: {error}"));
        let room = MAX_FAILED.saturating_sub(self.failed_bytes);
        let mut lines = Vec::new();
        for (row, result) in self.rows.iter().zip(&report.results) {
            let Err(problem) = result else { continue };
            let line = failed_row(&self.file.header, row, &self.file.explain(problem));
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            writer.write_byte_record(&line).map_err(|error| unwritten(error.to_string()))?;
            let line = writer.into_inner().map_err(|error| unwritten(error.to_string()))?;
            if (lines.len() + line.len()) as u64 > room {
                // The report ends here: it is full from now on.
                return Ok((lines, room));
            }
            lines.extend_from_slice(&line);
        }
        let length = lines.len() as u64;
        Ok((lines, length))
    }
}
