//! Counters of the engine's own work, for metrics and for tests that prove grouping. They only
//! count; nothing decides by them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A reading of the counters since the database was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Write jobs that were answered with success.
    pub jobs_done: u64,
    /// Write jobs that were answered with an error.
    pub jobs_failed: u64,
    /// Write jobs dropped unstarted because their caller had gone away.
    pub jobs_skipped: u64,
    /// Transactions committed. Lower than `jobs_done` when jobs were grouped.
    pub commits: u64,
    /// Jobs run again after a collision with another transaction or a lost connection.
    pub retries: u64,
    /// Write jobs waiting now (SQLite).
    pub queued: u64,
    /// Checkpoints that moved pages from the log into the database file (SQLite).
    pub checkpoints: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) jobs_done: AtomicU64,
    pub(crate) jobs_failed: AtomicU64,
    pub(crate) jobs_skipped: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) queued: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn job(&self, done: bool) {
        Self::add(if done { &self.jobs_done } else { &self.jobs_failed });
    }

    pub(crate) fn read(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            jobs_done: get(&self.jobs_done),
            jobs_failed: get(&self.jobs_failed),
            jobs_skipped: get(&self.jobs_skipped),
            commits: get(&self.commits),
            retries: get(&self.retries),
            queued: get(&self.queued),
            checkpoints: get(&self.checkpoints),
        }
    }
}
