//! Syncs: records of an outside system, upserted by its own id under the integration's source of truth (API §9).
//!
//! A run is one transaction: records, audit, feed and the run's log are stored together or not at all, so that a
//! server killed in it leaves nothing half done. One record that fails keeps no other from being stored.

mod apply;
mod explain;
mod log;
mod prepare;
mod retry;
mod run;

use domain::definition::Resource;
use domain::json::Object;
use domain::{Problem, RecordId, Timestamp};
use uuid::Uuid;

/// Most records, and most deletions, of one run.
pub const MAX_SYNC_RECORDS: usize = 1_000;

/// What an outside system brings.
#[derive(Clone, Debug)]
pub struct SyncOrder {
    /// What the records are.
    pub resource: &'static Resource,
    /// Records in the outside system's shape, or why one is none.
    pub records: Vec<Result<Object, Problem>>,
    /// Records that were deleted there.
    pub deleted: Vec<SyncDeletion>,
}

/// A record that was deleted in the outside system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncDeletion {
    /// Its id there.
    pub external_id: String,
    /// When it was deleted there; now when it does not say.
    pub at: Option<Timestamp>,
}

/// What became of one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncStatus {
    /// A record was made.
    Created,
    /// A record was changed.
    Updated,
    /// Everything was as wanted already.
    Unchanged,
    /// The record here was left as it is.
    Skipped,
    /// The record here was deleted.
    Deleted,
    /// It could not be stored.
    Failed,
}

impl SyncStatus {
    /// Every status, in the order of a summary.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Skipped, Self::Deleted, Self::Failed];

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }
}

/// What became of one record, and why.
#[derive(Clone, Debug)]
pub struct SyncResult {
    /// The outside system's id, where it could be read.
    pub external_id: Option<String>,
    /// What became of it.
    pub status: SyncStatus,
    /// The record here.
    pub record: Option<RecordId>,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// What to do about it.
    pub action: Option<String>,
    /// What went wrong, for programs.
    pub problem: Option<Problem>,
    /// Its row in the sync log, when it failed.
    pub entry: Option<Uuid>,
    /// When it is tried again by itself.
    pub next_retry: Option<Timestamp>,
}

impl SyncResult {
    fn new(status: SyncStatus, record: Option<RecordId>) -> Self {
        Self {
            external_id: None,
            status,
            record,
            reason: None,
            action: None,
            problem: None,
            entry: None,
            next_retry: None,
        }
    }

    fn because(self, reason: impl Into<String>, action: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), action: Some(action.into()), ..self }
    }
}

/// What became of a run: one result for each record, then one for each deletion.
#[derive(Clone, Debug)]
pub struct SyncReport {
    /// The run, in the sync log.
    pub run: Uuid,
    /// What was synced.
    pub resource: &'static Resource,
    /// The results, in order.
    pub results: Vec<SyncResult>,
}

impl SyncReport {
    /// How many records ended so.
    #[must_use]
    pub fn count(&self, status: SyncStatus) -> usize {
        self.results.iter().filter(|result| result.status == status).count()
    }

    /// The word for the run as a whole.
    #[must_use]
    pub fn status(&self) -> &'static str {
        use domain::resources::sync_words::{FAILED, PARTIAL, SUCCEEDED};
        match self.count(SyncStatus::Failed) {
            0 => SUCCEEDED,
            failed if failed == self.results.len() => FAILED,
            _ => PARTIAL,
        }
    }
}
