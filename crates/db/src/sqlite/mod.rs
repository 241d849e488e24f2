//! The embedded engine: reads run where they are called, on pooled read connections; writes go
//! through one writer thread. Other processes may use the same file beside it.

pub(crate) mod backup;
mod checkpoint;
mod error;
mod gather;
mod inspect;
mod job;
mod migrate;
mod open;
mod partial;
mod readers;
pub(crate) mod schema;
pub(crate) mod statement;
mod watch;
mod writer;

use std::fs::OpenOptions;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};

use self::checkpoint::Checkpointer;
use self::readers::Readers;
use self::watch::Watch;
use self::writer::Writer;
use crate::migrate::Prepared;
use crate::row::Row;
use crate::stats::Counters;
use crate::tx::Tx;
use crate::value::Param;
use crate::{DbError, MigrationReport, SqliteOptions, Weight};

pub(crate) struct Sqlite {
    options: SqliteOptions,
    readers: Readers,
    watch: Watch,
    writer: Arc<Writer>,
    checkpointer: Arc<Checkpointer>,
    pub(crate) counters: Arc<Counters>,
}

impl Sqlite {
    /// Opens or creates the database file. Blocks.
    pub(crate) fn open(options: SqliteOptions) -> Result<Self, DbError> {
        open::create(&options.path)?;
        // The writer first: it sets up the log that the readers need, and recovers it.
        let connection = open::writing(&options)?;
        let watch = Watch::new(open::reading(&options)?)?;
        let counters = Arc::new(Counters::default());
        let checkpointer = Checkpointer::start(open::writing(&options)?, Arc::clone(&counters))?;
        let writer =
            Writer::start(connection, options.queue, Arc::clone(&counters), Arc::clone(&checkpointer))?;
        Ok(Self {
            readers: Readers::new(options.clone()),
            watch,
            writer: Arc::new(writer),
            checkpointer,
            counters,
            options,
        })
    }

    /// Reads rows where it is called; a long read tells the runtime first, so that other tasks
    /// move to another thread.
    pub(crate) async fn rows(
        &self,
        weight: Weight,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), DbError> {
        let reader = self.readers.take().await?;
        run_blocking(weight, || statement::rows(reader.connection()?, sql, params, each))
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (job, answer) = job::new(work);
        self.writer.submit(job)?;
        answer.await.map_err(|_| E::from(DbError::closed()))?
    }

    pub(crate) fn change_mark(&self) -> Result<u64, DbError> {
        self.watch.mark(&self.counters)
    }

    /// Checks that the statement can be prepared; the number of its parameters.
    pub(crate) async fn check_statement(&self, sql: &str) -> Result<usize, DbError> {
        let reader = self.readers.take().await?;
        let statement = reader.connection()?.prepare(sql);
        Ok(statement.map_err(error::from_sqlite)?.parameter_count())
    }

    pub(crate) async fn check_ready(&self) -> Result<(), DbError> {
        if !self.writer.is_running() {
            return Err(DbError::closed());
        }
        self.rows(Weight::Short, "SELECT COUNT(*) FROM sqlite_schema", &[], &mut |_| ControlFlow::Break(()))
            .await?;
        run_blocking(Weight::Long, || self.check_writable())
    }

    /// Writes a byte beside the database: no write lock is needed, so a long write elsewhere does
    /// not make the server look broken.
    fn check_writable(&self) -> Result<(), DbError> {
        let path = self.options.path.with_extension("ready");
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"."));
        let removed = std::fs::remove_file(&path);
        if let Err(error) = written {
            return Err(DbError::Unavailable(format!(
                "cannot write to the data directory ({error}): it must exist, be writable for the \
                 server and have free space"
            )));
        }
        match removed {
            // Another process checked at the same moment and was quicker.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(DbError::Unavailable(format!("cannot remove a file in the data directory: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// A connection of its own that sees one state of the database.
    pub(crate) async fn snapshot(&self) -> Result<Connection, DbError> {
        let options = self.options.clone();
        blocking(move || open::snapshot(&options)).await?
    }

    pub(crate) async fn migrate(&self, migrations: Vec<Prepared>) -> Result<MigrationReport, DbError> {
        let options = self.options.clone();
        let report = blocking(move || migrate::run(&options, &migrations)).await?;
        self.checkpointer.wake();
        report
    }

    /// Lets queued writes finish, cuts back the log and closes all connections.
    pub(crate) async fn close(&self) {
        self.readers.close();
        self.watch.close();
        let (writer, checkpointer) = (Arc::clone(&self.writer), Arc::clone(&self.checkpointer));
        let closed = blocking(move || {
            checkpointer.stop();
            writer.stop();
        })
        .await;
        if let Err(error) = closed {
            tracing::error!(%error, "closing the database failed");
        }
        // Who hears that a command is done may rely on servers knowing of it.
        if self.counters.commits.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(watch::UNSEEN).await;
        }
    }
}

impl Drop for Sqlite {
    /// Without `close` the threads end by themselves, after the queued writes.
    fn drop(&mut self) {
        self.checkpointer.dismiss();
    }
}

/// Runs `work` here, on a worker of the runtime.
fn run_blocking<T>(weight: Weight, work: impl FnOnce() -> T) -> T {
    let movable = weight == Weight::Long
        && Handle::try_current().is_ok_and(|handle| {
            // A runtime with one thread cannot move its other tasks.
            handle.runtime_flavor() == RuntimeFlavor::MultiThread
        });
    if movable { tokio::task::block_in_place(work) } else { work() }
}

/// Runs long work here.
pub(crate) fn long<T>(work: impl FnOnce() -> T) -> T {
    run_blocking(Weight::Long, work)
}

/// Runs `work` on a thread that may block for long.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DbError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DbError::Other(format!("a background task failed: {error}")))
}
