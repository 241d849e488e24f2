//! The application: what every use case needs, in one cheap handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use db::{Db, Migration, MigrationReport, Param};
use domain::definition::{Registry, Resource};
use domain::{Problem, ProblemKind, Record, Timestamp};
use tokio::sync::Semaphore;

use crate::clock::{Clock, SystemClock};
use crate::failure::Failure;
use crate::idempotency::RunningKeys;
use crate::imports::Running;
use crate::keys::KeyCache;
use crate::metrics::Metrics;
use crate::migrations::migrations;
use crate::quota::{PlanLimits, Quotas};
use crate::random::{Random, SystemRandom};
use crate::records::{CountCache, PageStarts};
use crate::sessions::SessionCache;
use crate::staff::FigureCache;
use crate::store::Schema;
use crate::traffic::Traffic;
use crate::usage::KeyUsage;
use crate::vault::Vault;
use crate::wakes::Wakes;

/// What an application is made of; tests put their own parts in.
#[derive(Debug)]
pub struct Options {
    /// The resources it knows.
    pub registry: Registry,
    /// Where the present moment comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub random: Arc<dyn Random>,
    /// Requests an hour that each plan allows.
    pub limits: PlanLimits,
    /// What secrets are encrypted with. Without one nothing can be done that needs a secret.
    pub vault: Option<Vault>,
    /// Whether webhooks may go to the machine itself and into private networks.
    pub private_webhooks: bool,
    /// Migrations after the product's own, for resources of tests.
    pub more_migrations: Vec<Migration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            registry: domain::resources::REGISTRY,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            limits: PlanLimits::default(),
            vault: None,
            private_webhooks: false,
            more_migrations: Vec::new(),
        }
    }
}

/// The use cases on one database. Clones share everything.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    registry: Registry,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    schemas: Vec<Arc<Schema>>,
    keys: KeyCache,
    sessions: SessionCache,
    figures: FigureCache,
    counts: CountCache,
    page_starts: PageStarts,
    usage: KeyUsage,
    traffic: Traffic,
    quotas: Quotas,
    limits: PlanLimits,
    vault: Option<Vault>,
    private_webhooks: bool,
    wakes: Wakes,
    running_keys: RunningKeys,
    hashing: Semaphore,
    metrics: Metrics,
    importing: Running,
    stopping: AtomicBool,
}

impl App {
    /// Brings the database's schema up to date and opens the application on it.
    pub async fn open(db: Db, options: Options) -> Result<(Self, MigrationReport), Failure> {
        let all: Vec<Migration> = migrations().into_iter().chain(options.more_migrations).collect();
        let report = db.migrate(&all).await?;
        let known = options.registry.iter().chain(domain::resources::OWN.iter());
        let schemas = known.map(|resource| Arc::new(Schema::new(resource))).collect();
        let inner = Inner {
            metrics: Metrics::new(&db),
            db,
            registry: options.registry,
            clock: options.clock,
            random: options.random,
            schemas,
            keys: KeyCache::new(),
            sessions: SessionCache::new(),
            figures: FigureCache::new(),
            counts: CountCache::new(),
            page_starts: PageStarts::new(),
            usage: KeyUsage::default(),
            traffic: Traffic::default(),
            quotas: Quotas::default(),
            limits: options.limits,
            vault: options.vault,
            private_webhooks: options.private_webhooks,
            wakes: Wakes::default(),
            running_keys: RunningKeys::default(),
            // Hashing a password takes 19 MiB and a core for a while: few at once.
            hashing: Semaphore::new(2),
            importing: Running::default(),
            stopping: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(inner)), report))
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The resources.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.0.registry
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Whether requests can be served: the database answers.
    pub async fn check_ready(&self) -> Result<(), Failure> {
        Ok(self.0.db.check_ready().await?)
    }

    /// Notes that the server will stop soon: it still serves, but is to get no more requests.
    pub fn announce_stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server will stop soon.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// Writes what is only in memory and closes the database.
    pub async fn close(&self) {
        self.importing().end().await;
        if let Err(failure) = self.flush_usage().await {
            tracing::warn!(error = failure.inside(), "the last use of keys could not be stored");
        }
        if let Err(failure) = self.release_quota(true).await {
            tracing::warn!(error = failure.inside(), "unspent requests could not be given back");
        }
        self.0.db.close().await;
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.0.keys
    }

    pub(crate) fn sessions(&self) -> &SessionCache {
        &self.0.sessions
    }

    pub(crate) fn figures(&self) -> &FigureCache {
        &self.0.figures
    }

    pub(crate) fn counts(&self) -> &CountCache {
        &self.0.counts
    }

    pub(crate) fn page_starts(&self) -> &PageStarts {
        &self.0.page_starts
    }

    pub(crate) fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    pub(crate) fn usage(&self) -> &KeyUsage {
        &self.0.usage
    }

    pub(crate) fn limits(&self) -> PlanLimits {
        self.0.limits
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    pub(crate) fn vault(&self) -> Result<&Vault, Failure> {
        self.0.vault.as_ref().ok_or_else(|| {
            let detail = "The server has no secret key, so that it cannot keep secrets";
            let hint = "Its operator must set MEMBERPULSE_SECRET_KEY, the same for all servers.";
            Problem::new(ProblemKind::Unavailable, detail).hint(hint).into()
        })
    }

    pub(crate) fn private_webhooks(&self) -> bool {
        self.0.private_webhooks
    }

    /// What waits to be looked at by the dispatcher.
    #[must_use]
    pub fn wakes(&self) -> &Wakes {
        &self.0.wakes
    }

    pub(crate) fn running_keys(&self) -> &RunningKeys {
        &self.0.running_keys
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn importing(&self) -> &Running {
        &self.0.importing
    }

    pub(crate) fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    /// Random bytes that cannot be guessed.
    pub fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        self.0.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The SQL side of a resource's definition.
    pub(crate) fn schema(&self, resource: &'static Resource) -> Result<Arc<Schema>, Failure> {
        let found = self.0.schemas.iter().find(|schema| std::ptr::eq(schema.resource, resource));
        found.cloned().ok_or_else(|| Failure::internal(format!("{} is not registered", resource.name)))
    }

    /// Appends a record in memory as the JSON that the API shows.
    pub fn write_json(
        &self,
        out: &mut Vec<u8>,
        resource: &'static Resource,
        record: &Record,
        now: Timestamp,
    ) {
        match self.schema(resource) {
            Ok(schema) => schema.layout.write_record(out, now, record),
            // A resource that nobody registered has no records.
            Err(_) => out.extend_from_slice(b"{}"),
        }
    }

    /// Runs one changing statement outside any tenant; answers how many rows it changed. What somebody
    /// must answer for goes through [`Self::run_audited`].
    pub(crate) async fn run(&self, sql: &'static str, params: Vec<Param>) -> Result<u64, Failure> {
        let changed = self.0.db.write(move |tx| {
            let params = params.clone();
            Box::pin(async move { tx.execute(sql, &params).await })
        });
        Ok(changed.await?)
    }
}
