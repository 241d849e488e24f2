//! The read connections: opened as needed up to a bound, kept for reuse, taken for the length of
//! one statement.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};

use super::open;
use crate::{DbError, SqliteOptions};

pub(super) struct Readers {
    options: SqliteOptions,
    permits: Semaphore,
    // A stack: the connection used last has the warmest cache.
    idle: Mutex<Vec<Connection>>,
    closed: AtomicBool,
}

/// A read connection on loan; goes back when dropped.
pub(super) struct Reader<'a> {
    home: &'a Readers,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'a>,
}

impl Readers {
    pub(super) fn new(options: SqliteOptions) -> Self {
        Self {
            permits: Semaphore::new(options.readers.max(1)),
            idle: Mutex::new(Vec::new()),
            closed: AtomicBool::new(false),
            options,
        }
    }

    pub(super) async fn take(&self) -> Result<Reader<'_>, DbError> {
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(DbError::closed()),
            Err(TryAcquireError::NoPermits) => {
                tokio::time::timeout(self.options.busy_timeout, self.permits.acquire())
                    .await
                    .map_err(|_| {
                        DbError::Unavailable(
                            "all read connections have been busy for too long: try again".to_owned(),
                        )
                    })?
                    .map_err(|_| DbError::closed())?
            }
        };
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reading(&self.options)?,
        };
        Ok(Reader { home: self, connection: Some(connection), _permit: permit })
    }

    /// Refuses further reads and closes the idle connections; those on loan close when they come
    /// back.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.permits.close();
        self.idle.lock().clear();
    }
}

impl Reader<'_> {
    pub(super) fn connection(&self) -> Result<&Connection, DbError> {
        self.connection.as_ref().ok_or_else(DbError::closed)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.home.idle.lock();
        // Looked at under the lock, so that `close` cannot pass between.
        if !self.home.closed.load(Ordering::SeqCst) {
            idle.extend(self.connection.take());
        }
    }
}
