//! Looking at imports, stopping and forgetting them.

use db::{Param, Weight};
use domain::{ImportId, Problem, Resource};

use super::parts::{FAILED, FILE};
use super::{ImportJob, ImportStatus, read_job};
use crate::app::App;
use crate::failure::Failure;
use crate::import::failed_header;
use crate::store::system::{
    DELETE_IMPORT, DELETE_IMPORT_PARTS, FIND_IMPORT, FIND_IMPORT_PART, LIST_IMPORTS, OLD_IMPORTS, STOP_IMPORT,
};
use crate::tenant::Tenant;

/// Seconds for which a file that broke off, one that was never started, and a report are kept.
pub(super) const BROKEN_OFF: i64 = 15 * 60;
const UNSTARTED: i64 = 24 * 3_600;
const FINISHED: i64 = 7 * 24 * 3_600;

impl App {
    /// The imports of a resource that are kept, newest first.
    pub async fn import_jobs(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
    ) -> Result<Vec<ImportJob>, Failure> {
        let now = self.now();
        let mut jobs = Vec::new();
        let params = vec![resource.plural.into()];
        let each = |row: &db::Row<'_>| {
            jobs.push(read_job(resource, now, row)?);
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &LIST_IMPORTS, params, each).await?;
        Ok(jobs)
    }

    /// One import.
    pub async fn import_job(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: ImportId,
    ) -> Result<ImportJob, Failure> {
        let now = self.now();
        let params = vec![resource.plural.into(), Param::Uuid(id.uuid())];
        let found = tenant.optional(self.db(), &FIND_IMPORT, params, |row| read_job(resource, now, row));
        found.await?.ok_or_else(|| Problem::not_found().into())
    }

    /// Stops an import that runs; what it has stored stays, and it can go on. One that does not run is left
    /// as it is.
    pub async fn stop_import(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: ImportId,
    ) -> Result<ImportJob, Failure> {
        let job = self.import_job(tenant, resource, id).await?;
        if job.status == ImportStatus::Running {
            let now = Param::Integer(self.now().as_micros());
            let message = "It was stopped.".into();
            self.run_scoped(tenant, &STOP_IMPORT, vec![message, now, Param::Uuid(id.uuid())]).await?;
        }
        self.import_job(tenant, resource, id).await
    }

    /// Forgets an import with its file and its report. What it has stored stays.
    pub async fn discard_import(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: ImportId,
    ) -> Result<(), Failure> {
        let job = self.import_job(tenant, resource, id).await?;
        if job.status == ImportStatus::Running {
            return Err(Problem::rule("The import is running", "Stop it first.").into());
        }
        self.forget_import(tenant, id).await
    }

    /// The next part of the report of failed rows, as CSV, and where to go on. The first part has the
    /// header; none is left at the end.
    pub async fn failed_rows(
        &self,
        tenant: &Tenant,
        job: &ImportJob,
        from: i64,
    ) -> Result<Option<(Vec<u8>, i64)>, Failure> {
        let params = vec![Param::Uuid(job.id.uuid()), FAILED.into(), Param::Integer(from)];
        let part = tenant.optional(self.db(), &FIND_IMPORT_PART, params, |row| {
            Ok((row.integer(0)?, row.bytes(1)?.to_vec()))
        });
        let Some((number, data)) = part.await? else { return Ok(None) };
        let next = number.saturating_add(1);
        if from > 0 {
            return Ok(Some((data, next)));
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let written = writer.write_byte_record(&failed_header(&job.header));
        written.map_err(|error| Failure::internal(error.to_string()))?;
        let mut whole = writer.into_inner().map_err(|error| Failure::internal(error.to_string()))?;
        whole.extend_from_slice(&data);
        Ok(Some((whole, next)))
    }

    /// Forgets an import, in transactions that hold nobody up.
    pub(crate) async fn forget_import(&self, tenant: &Tenant, id: ImportId) -> Result<(), Failure> {
        self.forget_files(tenant, id).await?;
        self.run_scoped(tenant, &DELETE_IMPORT, vec![Param::Uuid(id.uuid())]).await.map(drop)
    }

    /// Forgets an import's file and its report.
    pub(super) async fn forget_files(&self, tenant: &Tenant, id: ImportId) -> Result<(), Failure> {
        for kind in [FILE, FAILED] {
            self.forget_parts(tenant, id, kind).await?;
        }
        Ok(())
    }

    /// The file is needed no more.
    pub(super) async fn forget_file(&self, tenant: &Tenant, id: ImportId) -> Result<(), Failure> {
        self.forget_parts(tenant, id, FILE).await
    }

    async fn forget_parts(&self, tenant: &Tenant, id: ImportId, kind: &str) -> Result<(), Failure> {
        let id = Param::Uuid(id.uuid());
        let params = vec![id.clone(), kind.into(), id, kind.into()];
        while self.run_scoped(tenant, &DELETE_IMPORT_PARTS, params.clone()).await? > 0 {}
        Ok(())
    }

    /// Forgets what is older than it is kept.
    pub(crate) async fn prune_imports(&self, tenant: &Tenant) -> Result<(), Failure> {
        let before = |seconds: i64| Param::Integer(self.now().plus_seconds(-seconds).as_micros());
        let params = vec![before(BROKEN_OFF), before(UNSTARTED), before(FINISHED)];
        let mut old = Vec::new();
        let each = |row: &db::Row<'_>| {
            old.push(ImportId::from(row.uuid(0)?));
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &OLD_IMPORTS, params, each).await?;
        for id in old {
            self.forget_import(tenant, id).await?;
        }
        Ok(())
    }
}
