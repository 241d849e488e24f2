//! Running an import in the background. It goes on whoever leaves the page; a server that ends leaves it
//! stopped, and whoever starts it again goes on after the last row that was done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use db::Param;
use domain::mapping::Mapping;
use domain::{ImportId, Problem, Resource, Violation};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::parts::{FILE, Parts};
use super::{Checkpoint, ImportJob, ImportReading, ImportStatus, LEASE};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::import::{Chunk, Companion, FileHead, ImportCounts, ImportError, ImportOptions};
use crate::records::{BatchReport, match_fields};
use crate::store::system::{END_IMPORT, START_IMPORT};
use crate::tenant::Tenant;

/// Imports that a server does at once: each keeps a core busy.
const AT_ONCE: usize = 2;
/// How long a server that ends waits for them to note where they are.
const PATIENCE: Duration = Duration::from_secs(5);

/// The imports that this server works on.
pub(crate) struct Running {
    places: Arc<Semaphore>,
    stopping: AtomicBool,
}

impl Default for Running {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), stopping: AtomicBool::new(false) }
    }
}

impl Running {
    /// Has every import note where it is, and waits for it.
    pub(crate) async fn end(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let all = u32::try_from(AT_ONCE).unwrap_or(1);
        if tokio::time::timeout(PATIENCE, self.places.acquire_many(all)).await.is_err() {
            tracing::warn!("an import was cut off; it can go on from the last rows that were stored");
        }
    }
}

impl App {
    /// Starts an import, or has a stopped one go on. `reading` is how its columns are read; one of which
    /// rows are stored already goes on as it began.
    pub async fn start_import(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: ImportId,
        reading: Option<ImportReading>,
    ) -> Result<ImportJob, Failure> {
        let job = self.import_job(tenant, resource, id).await?;
        if !job.status.can_start() {
            return Err(cannot_start(&job).into());
        }
        let goes_on = job.counts.rows() > 0;
        if goes_on && reading.is_some() {
            let message = "Rows are stored already: the import goes on with the mapping that it began with.";
            return Err(Problem::validation(vec![Violation::new("mapping", "not_allowed", message)]).into());
        }
        let reading = if goes_on { reading_of(&job)? } else { reading.unwrap_or_default() };
        let busy = || {
            let detail = "This server is importing other files already";
            Problem::rule(detail, "Start this one when one of them is done.").retry_after(10)
        };
        let place = self.importing().places.clone().try_acquire_owned().map_err(|_| busy())?;
        let now = self.now();
        let params = vec![
            Param::Integer(now.plus_seconds(LEASE).as_micros()),
            reading.mapping.as_ref().map_or(Param::Null, |it| it.to_json().to_string().into()),
            reading.match_by.map_or(Param::Null, Param::from),
            Param::Integer(now.as_micros()),
            Param::Uuid(id.uuid()),
            Param::Integer(job.run),
            Param::Integer(now.as_micros()),
        ];
        if self.run_scoped(tenant, &START_IMPORT, params).await? == 0 {
            // Started in another tab meanwhile.
            return Err(cannot_start(&self.import_job(tenant, resource, id).await?).into());
        }
        let started = self.import_job(tenant, resource, id).await?;
        let work =
            Work { app: self.clone(), tenant: tenant.clone(), actor: actor.clone(), job: started.clone() };
        tokio::spawn(work.run(reading, place));
        Ok(started)
    }
}

fn cannot_start(job: &ImportJob) -> Problem {
    let (detail, hint) = match job.status {
        ImportStatus::Done => ("The import is done", "Send a file again to import it again."),
        ImportStatus::Failed => {
            let hint = job.message.as_deref().unwrap_or("Mend the file and send it again.");
            ("The file cannot be read any further", hint)
        }
        _ => ("The import is running already", "Wait until it is done, or stop it."),
    };
    Problem::rule(detail, hint)
}

/// How a stopped import began.
fn reading_of(job: &ImportJob) -> Result<ImportReading, Failure> {
    let mapping = job.mapping.as_ref().map(|rules| Mapping::parse(job.resource, rules));
    let mapping = mapping.transpose().map_err(|_| {
        let detail = "The mapping with which the import began fits the fields no more";
        Problem::rule(detail, "Discard the import and send the file again; what is stored is found again.")
    })?;
    let fields = match_fields(job.resource);
    let match_by = job.match_by.as_ref().and_then(|name| fields.into_iter().find(|it| it == name));
    Ok(ImportReading { mapping, match_by })
}

/// An import under way.
struct Work {
    app: App,
    tenant: Tenant,
    actor: Actor,
    job: ImportJob,
}

impl Work {
    async fn run(self, reading: ImportReading, place: OwnedSemaphorePermit) {
        let Self { app, tenant, actor, job } = &self;
        let options = ImportOptions {
            resource: job.resource,
            mapping: reading.mapping,
            match_by: reading.match_by,
            dry_run: false,
        };
        let file = Parts::of(app, tenant, job.id, FILE);
        let mut along = Along {
            app: app.clone(),
            id: job.id,
            run: job.run,
            counts: job.counts,
            failed_bytes: job.failed_bytes,
            last: None,
        };
        let skip = job.counts.rows();
        let ended = app.import_chunks(tenant, actor, options, file, skip, &mut along).await;
        let (status, message, unmapped) = match ended {
            Ok(unmapped) => (ImportStatus::Done, None, unmapped),
            Err(ImportError::File(unreadable)) => {
                (ImportStatus::Failed, Some(unreadable.to_string()), Vec::new())
            }
            Err(ImportError::Report(error)) => {
                tracing::error!(import = %job.id, %error, "an import's report could not be written");
                (ImportStatus::Stopped, Some("The report could not be written.".to_owned()), Vec::new())
            }
            Err(ImportError::Store(failure)) => {
                if let Some(inside) = failure.inside() {
                    tracing::warn!(import = %job.id, error = inside, "an import has stopped");
                }
                let problem = failure.problem();
                let hint = problem.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
                (ImportStatus::Stopped, Some(format!("{}.{hint}", problem.detail)), Vec::new())
            }
        };
        if let Err(failure) = self.end(status, message, &unmapped, along.counts).await {
            // Its lease passes, and it is seen to have stopped.
            tracing::warn!(import = %job.id, error = failure.inside(), "the end of an import was not noted");
        }
        drop(place);
    }

    async fn end(
        &self,
        status: ImportStatus,
        message: Option<String>,
        unmapped: &[String],
        counts: ImportCounts,
    ) -> Result<(), Failure> {
        let Self { app, tenant, actor, job } = self;
        let params = vec![
            status.name().into(),
            message.map_or(Param::Null, Param::Text),
            json!(unmapped).to_string().into(),
            Param::Integer(app.now().as_micros()),
            Param::Uuid(job.id.uuid()),
            Param::Integer(job.run),
        ];
        app.note_import(tenant, actor, job.resource, &counts).await?;
        app.run_scoped(tenant, &END_IMPORT, params).await?;
        if matches!(status, ImportStatus::Done | ImportStatus::Failed) {
            app.forget_file(tenant, job.id).await?;
        }
        Ok(())
    }
}

/// Keeps how far the import is.
struct Along {
    app: App,
    id: ImportId,
    run: i64,
    counts: ImportCounts,
    failed_bytes: u64,
    last: Option<Arc<Checkpoint>>,
}

impl Companion for Along {
    fn before(
        &mut self,
        chunk: &Chunk,
        file: &Arc<FileHead>,
    ) -> Result<Option<Arc<Checkpoint>>, ImportError> {
        if self.app.importing().stopping.load(Ordering::Relaxed) {
            return Err(Failure::from(Problem::rule("The server was ended", "Have the import go on.")).into());
        }
        let now = self.app.now();
        let checkpoint = Arc::new(Checkpoint {
            id: self.id,
            run: self.run,
            before: self.counts.rows(),
            bytes_read: chunk.end,
            rows: chunk.rows.clone(),
            file: file.clone(),
            failed_bytes: self.failed_bytes,
            now,
            lease_until: now.plus_seconds(LEASE),
            added: AtomicU64::new(0),
        });
        self.last = Some(checkpoint.clone());
        Ok(Some(checkpoint))
    }

    fn after(&mut self, _: &Chunk, report: &BatchReport, _: &FileHead) -> Result<(), ImportError> {
        self.counts.add(report);
        if let Some(last) = self.last.take() {
            self.failed_bytes += last.added.load(Ordering::Relaxed);
        }
        Ok(())
    }
}
