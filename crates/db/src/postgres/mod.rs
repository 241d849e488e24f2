//! The PostgreSQL engine: a bounded pool of connections. A connection whose user went away in the
//! middle of its work is thrown away, never lent out again.

mod error;
mod identity;
mod listen;
mod migrate;
mod params;
mod session;
mod snapshot;
mod texts;
mod tls;

use std::ops::ControlFlow;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_postgres_rustls::MakeRustlsConnect;

use self::error::{Failure, Trouble, from_pool};
use self::session::End;
pub(crate) use self::session::Session;
pub(crate) use self::snapshot::PostgresSnapshot;
use self::texts::Texts;
use crate::row::Row;
use crate::stats::Counters;
use crate::tx::{Tx, TxEngine};
use crate::value::Param;
use crate::{DbError, PostgresOptions};

/// How often work is run again after a collision or a lost connection.
const RETRIES: u32 = 3;

/// How long the other side may be silent, where it would answer by itself, before its connection is given up.
const SILENCE: Duration = Duration::from_secs(15);

/// A write that was reported as done must survive a crash of the server, whatever the defaults of
/// the role or the database are. Stricter settings than `on` stay.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') IN ('off', 'local')";

pub(crate) struct Postgres {
    pool: Pool,
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    texts: Texts,
    pub(crate) counters: Counters,
}

impl Postgres {
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self, DbError> {
        let (mut config, tls) = tls::read(&options.url)?;
        // Of several hosts one may be gone without a trace: there must be time left to try the others.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
        config.connect_timeout(options.wait / u32::try_from(hosts).unwrap_or(1));
        config.keepalives_idle(SILENCE);
        // A server whose machine is gone acknowledges nothing; the system alone would notice after a quarter of an hour.
        config.tcp_user_timeout(SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("memberpulse");
        }
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(config.clone(), tls.clone(), ManagerConfig { recycling_method });
        let settings = Hook::async_fn(|client: &mut ClientWrapper, _| {
            Box::pin(async move {
                let set = client.batch_execute(SETTINGS).await;
                set.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(options.pool_size.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.wait))
            .create_timeout(Some(options.wait))
            .recycle_timeout(Some(options.wait))
            .post_create(settings)
            .build()
            .map_err(|error| DbError::Other(error.to_string()))?;
        let statements = pool.clone();
        let postgres = Self {
            texts: Texts::new(move || statements.manager().statement_caches.clear()),
            pool,
            config,
            tls,
            counters: Counters::default(),
        };
        postgres.check_encoding().await?;
        Ok(postgres)
    }

    /// Hears what is announced on a channel until the receiver is dropped.
    pub(crate) fn listen(&self, channel: &'static str) -> mpsc::Receiver<String> {
        listen::listen(self.config.clone(), self.tls.clone(), channel)
    }

    async fn check_encoding(&self) -> Result<(), DbError> {
        let mut encoding = Ok(String::new());
        self.rows("SHOW server_encoding", &[], &mut |row| {
            encoding = row.text(0).map(str::to_owned);
            ControlFlow::Continue(())
        })
        .await?;
        match encoding?.as_str() {
            "UTF8" => Ok(()),
            other => Err(DbError::Unavailable(format!(
                "the PostgreSQL database has the encoding {other}: create it with ENCODING 'UTF8'"
            ))),
        }
    }

    async fn lease(&self) -> Result<Lease, DbError> {
        let object = self.pool.get().await;
        let object = object.map_err(|error| from_pool(error).error)?;
        Ok(Lease { object: Some(object), sound: false })
    }

    /// Reads rows. Tried again on another connection when the first was lost before any row came.
    pub(crate) async fn rows(
        &self,
        sql: &str,
        params: &[Param],
        each: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), DbError> {
        let mut retries = RETRIES;
        loop {
            let mut lease = self.lease().await?;
            let mut session = Session::new(lease.client()?, &self.texts);
            let mut delivered = false;
            let result = session
                .rows(sql, params, &mut |row| {
                    delivered = true;
                    each(row)
                })
                .await;
            let trouble = session.trouble;
            if trouble != Trouble::Lost && result != Ok(End::Broken) {
                lease.sound = true;
            }
            match result {
                Err(_) if trouble != Trouble::None && !delivered && retries > 0 => {
                    retries -= 1;
                    Counters::add(&self.counters.retries);
                }
                result => return result.map(|_| ()),
            }
        }
    }

    pub(crate) async fn write<T, E, F>(&self, job: &F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        T: Send,
        E: From<DbError> + Send,
    {
        let mut retries = 0;
        loop {
            let mut lease = self.lease().await?;
            let (result, again) = self.transaction(&mut lease, job).await;
            drop(lease);
            if again && retries < RETRIES {
                retries += 1;
                Counters::add(&self.counters.retries);
                // Lets the other side finish first; longer each time.
                tokio::time::sleep(Duration::from_millis(u64::from(5 * retries))).await;
                continue;
            }
            self.counters.job(result.is_ok());
            return result;
        }
    }

    /// Runs the job once. Also answers whether it may be run again: it failed for a reason that
    /// may pass, and surely nothing of it was kept.
    async fn transaction<T, E, F>(&self, lease: &mut Lease, job: &F) -> (Result<T, E>, bool)
    where
        F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        T: Send,
        E: From<DbError> + Send,
    {
        let client = match lease.client() {
            Ok(client) => client,
            Err(error) => return (Err(error.into()), false),
        };
        let mut session = Session::new(client, &self.texts);
        if let Err(error) = session.control("BEGIN").await {
            return (Err(error.into()), session.trouble == Trouble::Lost);
        }
        let mut tx = Tx::new(TxEngine::Postgres(session));
        let result = job(&mut tx).await;
        let (engine, failed) = tx.into_parts();
        let TxEngine::Postgres(mut session) = engine else {
            return (Err(DbError::Other("a transaction changed its engine".to_owned()).into()), false);
        };
        let trouble = session.trouble;
        let result = match (result, &failed) {
            (Ok(value), None) => {
                let committed = session.control("COMMIT").await;
                return match committed {
                    Ok(()) => {
                        lease.sound = true;
                        Counters::add(&self.counters.commits);
                        (Ok(value), false)
                    }
                    Err(error) => self.failed_commit(error, session.trouble),
                };
            }
            (Ok(_), Some(error)) => Err(E::from(error.clone())),
            (result, _) => result,
        };
        lease.sound = trouble != Trouble::Lost && session.control("ROLLBACK").await.is_ok();
        let again = failed == Some(DbError::Conflict) || (failed.is_some() && trouble != Trouble::None);
        (result, again)
    }

    #[expect(clippy::unused_self, reason = "part of `transaction`, apart only for length")]
    fn failed_commit<T, E: From<DbError>>(&self, error: DbError, trouble: Trouble) -> (Result<T, E>, bool) {
        let again = error == DbError::Conflict;
        let error = if trouble == Trouble::Lost {
            DbError::Unavailable(
                "the connection to PostgreSQL broke while a change was committed: the change may \
                 or may not have been kept"
                    .to_owned(),
            )
        } else {
            error
        };
        (Err(error.into()), again)
    }

    pub(crate) async fn check_statement(&self, sql: &str) -> Result<usize, DbError> {
        let mut lease = self.lease().await?;
        let text = self.texts.get(sql)?;
        // Not kept: it is a test of the text, and may not be run ever.
        let prepared = lease.client()?.prepare(&text).await;
        let parameters = prepared.map(|statement| statement.params().len());
        lease.sound = true;
        parameters.map_err(|error| Failure::from(error).error)
    }

    pub(crate) async fn check_ready(&self) -> Result<(), DbError> {
        let mut read_only = Ok(false);
        self.rows("SELECT current_setting('transaction_read_only') = 'on'", &[], &mut |row| {
            read_only = row.boolean(0);
            ControlFlow::Continue(())
        })
        .await?;
        if read_only? {
            // Those that are made next may find another server.
            self.pool.retain(|_, _| false);
            return Err(error::read_only());
        }
        Ok(())
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// A connection on loan. It goes back to the pool only when its user has said that nothing is
/// under way on it; a user that was dropped in the middle could not.
struct Lease {
    object: Option<Object>,
    sound: bool,
}

impl Lease {
    fn client(&self) -> Result<&ClientWrapper, DbError> {
        self.object.as_deref().ok_or_else(DbError::closed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.sound
            && let Some(object) = self.object.take()
        {
            // Closes the connection; the server rolls back what was open on it.
            drop(Object::take(object));
        }
    }
}
