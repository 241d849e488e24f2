//! Tells whether anything was committed, by this process or another one, so that what was read before
//! can be trusted as long as nothing was. It must cost next to nothing: it is asked for each request.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::error;
use crate::DbError;
use crate::stats::Counters;

/// The longest that a commit of another process stays unseen. Asking the file takes two locks of the
/// operating system, a twentieth of a short request's time; own commits are known without it.
pub(super) const UNSEEN: Duration = Duration::from_millis(5);

/// What was seen last.
pub(super) struct Watch(Mutex<Option<Seen>>);

struct Seen {
    connection: Connection,
    mark: u64,
    own_commits: u64,
    at: Instant,
}

impl Watch {
    /// Watches by a connection of its own, which sees the commits of all others.
    pub(super) fn new(connection: Connection) -> Result<Self, DbError> {
        let mark = data_version(&connection)?;
        // Nothing is counted yet, so that the first question asks the file.
        Ok(Self(Mutex::new(Some(Seen { connection, mark, own_commits: u64::MAX, at: Instant::now() }))))
    }

    /// A number that changes with every commit: at once for those of this process, soon for others.
    pub(super) fn mark(&self, counters: &Counters) -> Result<u64, DbError> {
        // Read before the file is asked: what is committed in between is asked for once more.
        let own_commits = counters.commits.load(Ordering::Acquire);
        let mut seen = self.0.lock();
        let seen = seen.as_mut().ok_or_else(DbError::closed)?;
        let now = Instant::now();
        if own_commits != seen.own_commits || now.saturating_duration_since(seen.at) >= UNSEEN {
            seen.mark = data_version(&seen.connection)?;
            seen.own_commits = own_commits;
            seen.at = now;
        }
        Ok(seen.mark)
    }

    pub(super) fn close(&self) {
        *self.0.lock() = None;
    }
}

fn data_version(connection: &Connection) -> Result<u64, DbError> {
    connection
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
        .map(i64::cast_unsigned)
        .map_err(error::from_sqlite)
}
