//! The door to both engines: one type, the same calls. What the use cases see of a database.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use crate::migrate::{Applied, SELECT, is_ahead, pending, prepare};
use crate::postgres::Postgres;
use crate::row::{Row, until_refused};
use crate::snapshot::Snapshot;
use crate::spans;
use crate::sqlite::{self, Sqlite};
use crate::stats::Stats;
use crate::tx::Tx;
use crate::value::Param;
use crate::{DbError, Migration, MigrationReport, PostgresOptions, SqliteOptions};

/// Which engine a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// What a read may cost. A hint for the embedded engine, which reads on the caller's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A few rows by an index: surely below 2 ms.
    Short,
    /// May take longer: other tasks are moved off this thread first.
    Long,
}

/// An open database; clones share it.
#[derive(Clone)]
pub struct Db(Inner);

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens the database file, creating it when it is missing.
    pub async fn open_sqlite(options: SqliteOptions) -> Result<Self, DbError> {
        let sqlite = sqlite::blocking(move || Sqlite::open(options)).await??;
        Ok(Self(Inner::Sqlite(Arc::new(sqlite))))
    }

    /// Connects to a PostgreSQL server; encrypted as its URL asks for.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Self, DbError> {
        let postgres = Postgres::open(options).await?;
        Ok(Self(Inner::Postgres(Arc::new(postgres))))
    }

    /// The engine this database runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.0 {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the schema up to date: applies what is missing, in order, each migration in its own
    /// transaction. Waits for another process that does the same. Goes on with a database to which a newer
    /// program has added; refuses one from which it took something away, and one that was made by others.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<MigrationReport, DbError> {
        let migrations = prepare(migrations, self.engine())?;
        // One read and no lock when there is nothing to do, which is nearly every start.
        if let Ok(applied) = self.all(Weight::Short, SELECT, &[], Applied::read).await
            && pending(&migrations, &applied)?.is_empty()
        {
            return Ok(MigrationReport {
                applied: Vec::new(),
                version: applied.last().map_or(0, |last| last.version),
                ahead: is_ahead(&migrations, &applied),
            });
        }
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.migrate(migrations).await,
            Inner::Postgres(postgres) => postgres.migrate(&migrations).await,
        }
    }

    /// Reads; calls `each` for every row, without collecting them. An error of `each` ends it.
    pub async fn each(
        &self,
        weight: Weight,
        sql: &str,
        params: &[Param],
        each: impl FnMut(&Row<'_>) -> Result<(), DbError> + Send,
    ) -> Result<(), DbError> {
        let mut refused = Ok(());
        self.rows(weight, sql, params, &mut until_refused(each, &mut refused)).await?;
        refused
    }

    /// Reads all rows, mapped.
    pub async fn all<T: Send>(
        &self,
        weight: Weight,
        sql: &str,
        params: &[Param],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Vec<T>, DbError> {
        let mut all = Vec::new();
        self.each(weight, sql, params, |row| {
            all.push(map(row)?);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Reads the first row, mapped, or `None`.
    pub async fn optional<T: Send>(
        &self,
        weight: Weight,
        sql: &str,
        params: &[Param],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Option<T>, DbError> {
        let mut first = None;
        self.rows(weight, sql, params, &mut |row| {
            first = Some(map(row));
            ControlFlow::Break(())
        })
        .await?;
        first.transpose()
    }

    async fn rows(
        &self,
        weight: Weight,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), DbError> {
        let span = spans::read(self.engine(), sql);
        let work = async {
            match &self.0 {
                Inner::Sqlite(sqlite) => sqlite.rows(weight, sql, params, each).await,
                Inner::Postgres(postgres) => postgres.rows(sql, params, each).await,
            }
        };
        let read = work.instrument(span.clone()).await;
        if read.is_err() {
            spans::failed(&span);
        }
        read
    }

    /// The database as it is now, for many reads that must fit together.
    pub async fn snapshot(&self) -> Result<Snapshot, DbError> {
        match &self.0 {
            Inner::Sqlite(sqlite) => Snapshot::sqlite(sqlite).await,
            Inner::Postgres(postgres) => Snapshot::postgres(Arc::clone(postgres)).await,
        }
    }

    /// Runs `job` in one transaction. What it did is durable when this returns `Ok`; its `Err`
    /// undoes what it did, and nothing else.
    ///
    /// * The job may run more than once (after a collision, or after a group broke up): it must
    ///   have no effect outside its transaction. Capture what it needs and clone it inside.
    /// * On SQLite it runs on the writer thread, outside the async runtime, among others of the
    ///   same commit: it may await nothing but its [`Tx`].
    /// * Dropping the returned future: on SQLite a job that has not started is skipped, one that
    ///   has started is finished and kept. On PostgreSQL the transaction is rolled back, unless
    ///   the commit was already sent.
    /// * [`DbError::Unavailable`] on PostgreSQL may mean that the connection broke while it was
    ///   committing; then the change may have been kept. The message says so.
    ///
    /// ```no_run
    /// # async fn example(db: db::Db, name: String) -> Result<(), db::DbError> {
    /// let renamed: Result<u64, db::DbError> = db
    ///     .write(move |tx| {
    ///         let name = name.clone();
    ///         Box::pin(async move {
    ///             let sql = "UPDATE things SET name = ? WHERE id = ?";
    ///             tx.execute(sql, &[name.into(), 7.into()]).await
    ///         })
    ///     })
    ///     .await;
    /// # renamed.map(|_| ())
    /// # }
    /// ```
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let work = async {
            match &self.0 {
                Inner::Sqlite(sqlite) => sqlite.write(job).await,
                Inner::Postgres(postgres) => postgres.write(&job).await,
            }
        };
        work.instrument(spans::transaction(self.engine())).await
    }

    /// A number that moves whenever anybody has committed: a cache that is older than it must be
    /// checked. Commits of this process move it at once, those of another one within 5 ms and before
    /// its [`Db::close`] returns. `None` where that cannot be told cheaply (PostgreSQL).
    pub fn change_mark(&self) -> Result<Option<u64>, DbError> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.change_mark().map(Some),
            Inner::Postgres(_) => Ok(None),
        }
    }

    /// Hears what other processes announce on a channel, where the engine can tell (PostgreSQL). A hint:
    /// what is announced while the connection is lost is not heard.
    #[must_use]
    pub fn listen(&self, channel: &'static str) -> Option<mpsc::Receiver<String>> {
        match &self.0 {
            Inner::Sqlite(_) => None,
            Inner::Postgres(postgres) => Some(postgres.listen(channel)),
        }
    }

    /// Announces something to the processes that listen to a channel. Does nothing on SQLite.
    pub async fn announce(&self, channel: &str, payload: &str) -> Result<(), DbError> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        let params = [channel.into(), payload.into()];
        let sql = "SELECT 1 FROM (SELECT pg_notify(?, ?)) AS announced";
        self.optional(Weight::Short, sql, &params, |_| Ok(())).await.map(drop)
    }

    /// Whether the engine accepts `sql`, without running it; answers the number of its parameters.
    /// For the test that checks every statement of the program on both engines.
    pub async fn check_statement(&self, sql: &str) -> Result<usize, DbError> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.check_statement(sql).await,
            Inner::Postgres(postgres) => postgres.check_statement(sql).await,
        }
    }

    /// Whether the database answers, and (SQLite) its directory can be written.
    pub async fn check_ready(&self) -> Result<(), DbError> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.check_ready().await,
            Inner::Postgres(postgres) => postgres.check_ready().await,
        }
    }

    /// The engine's counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.counters.read(),
            Inner::Postgres(postgres) => postgres.counters.read(),
        }
    }

    /// Lets queued writes finish and closes all connections. Everything after it is refused.
    pub async fn close(&self) {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.close().await,
            Inner::Postgres(postgres) => postgres.close(),
        }
    }
}

/// The engine only: nothing of where it is, which may hold a password.
impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.engine()).finish()
    }
}
