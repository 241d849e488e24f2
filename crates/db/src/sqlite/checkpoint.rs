//! Moves the pages of the write-ahead log into the database file, on a thread of its own, so that
//! no commit waits for it. It must never hold up the writer except to cut back a log that readers
//! and steady writing have let grow very large.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::Connection;

use crate::DbError;
use crate::stats::Counters;

/// A checkpoint is due when this many pages (4 KiB each) are only in the log. Pages that many changes
/// touch are moved once for all of them; but the disk is busy with many at once, and commits wait. With
/// half of it creates take a twentieth more time, with half as much again the slowest of a hundred a third.
const DUE: i64 = 8_000;
/// From this many pages on the log is started over: the writer waits for what remains to be moved
/// after the checkpoint that has just been made beside it.
const LARGE: i64 = 24_000;
/// The rest between two looks at the log, and the longest that starting it over waits for readers.
const REST: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Signal {
    woken: bool,
    stopping: bool,
}

/// What the checkpoint thread shares with the writer and with the closing of the database.
pub(super) struct Checkpointer {
    signal: Mutex<Signal>,
    changed: Condvar,
    gate: Mutex<()>,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The state of the log, in pages.
struct Log {
    /// Somebody stood in the way of the checkpoint.
    busy: bool,
    pages: i64,
    moved: i64,
}

impl Checkpointer {
    /// Starts the thread; it owns `connection` until it stops.
    pub(super) fn start(connection: Connection, counters: Arc<Counters>) -> Result<Arc<Self>, DbError> {
        let checkpointer = Arc::new(Self {
            signal: Mutex::default(),
            changed: Condvar::new(),
            gate: Mutex::new(()),
            counters,
            thread: Mutex::new(None),
        });
        let worker = Arc::clone(&checkpointer);
        let thread = std::thread::Builder::new()
            .name("db-checkpoint".to_owned())
            .spawn(move || worker.run(&connection))
            .map_err(|error| DbError::Unavailable(format!("cannot start the checkpoint thread: {error}")))?;
        *checkpointer.thread.lock() = Some(thread);
        Ok(checkpointer)
    }

    /// Held by the writer during each transaction, and by this thread while it starts the log
    /// over: a wait in line instead of SQLite's sleeping and trying.
    pub(super) fn gate(&self) -> MutexGuard<'_, ()> {
        self.gate.lock()
    }

    /// Says that the log has grown.
    pub(super) fn wake(&self) {
        self.signal.lock().woken = true;
        self.changed.notify_one();
    }

    /// Tells the thread to end, without waiting for it.
    pub(super) fn dismiss(&self) {
        self.signal.lock().stopping = true;
        self.changed.notify_one();
    }

    /// Ends the thread and waits for it. Blocks.
    pub(super) fn stop(&self) {
        self.dismiss();
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the database checkpoint thread panicked");
        }
    }

    /// The last checkpoint, by the writer when it has nothing more to do: leaves an empty log if
    /// nobody else uses the database.
    pub(super) fn finish(&self, connection: &Connection) {
        let result = connection.busy_timeout(REST).and_then(|()| checkpoint(connection, "TRUNCATE"));
        match result {
            Ok(log) if log.busy => tracing::debug!("the log is kept: others use the database"),
            Ok(_) => Counters::add(&self.counters.checkpoints),
            Err(error) => tracing::warn!(%error, "the last checkpoint failed; the log is kept"),
        }
    }

    fn run(&self, connection: &Connection) {
        if let Err(error) = connection.busy_timeout(REST) {
            tracing::warn!(%error, "the checkpoint connection cannot be set up");
        }
        while self.wait() {
            if let Err(error) = self.look(connection) {
                tracing::warn!(%error, "a checkpoint failed; it will be tried again");
            }
            let mut signal = self.signal.lock();
            if !signal.stopping {
                self.changed.wait_for(&mut signal, REST);
            }
        }
    }

    /// Sleeps until the log has grown; `false` when it is time to end.
    fn wait(&self) -> bool {
        let mut signal = self.signal.lock();
        while !signal.woken && !signal.stopping {
            self.changed.wait(&mut signal);
        }
        signal.woken = false;
        !signal.stopping
    }

    fn look(&self, connection: &Connection) -> rusqlite::Result<()> {
        let log = checkpoint(connection, "NOOP")?;
        if log.pages - log.moved < DUE && log.pages < LARGE {
            return Ok(());
        }
        let log = checkpoint(connection, "PASSIVE")?;
        Counters::add(&self.counters.checkpoints);
        // When much could not be moved, a reader that takes long (a backup) stands in the way: waiting for
        // it would hold up every commit for nothing.
        if log.pages >= LARGE && log.pages - log.moved < LARGE / 2 {
            let _gate = self.gate.lock();
            checkpoint(connection, "RESTART")?;
        }
        Ok(())
    }
}

fn checkpoint(connection: &Connection, kind: &str) -> rusqlite::Result<Log> {
    connection.prepare_cached(&format!("PRAGMA wal_checkpoint({kind})"))?.query_row([], |row| {
        Ok(Log { busy: row.get::<_, i64>(0)? != 0, pages: row.get(1)?, moved: row.get(2)? })
    })
}
