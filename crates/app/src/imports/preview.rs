//! The first rows of a file as they would be stored, with what is wrong with each. Nothing is stored.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use domain::{ImportId, Problem, Resource};

use super::parts::{FILE, Parts};
use super::{ImportReading, PREVIEW_ROWS};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::import::{Columns, ImportOptions, Row, Rows, Unreadable};
use crate::records::{BatchKind, CheckedItems, Kept, Outcome, WriteRequest};
use crate::tenant::Tenant;

/// The first rows of a file, and how the file and its reading go together.
#[derive(Clone, Debug)]
pub struct ImportPreview {
    /// The rows.
    pub rows: Vec<PreviewRow>,
    /// Columns that nothing is read from.
    pub unmapped: Vec<String>,
    /// Fields that a new record needs and no column fills.
    pub missing: Vec<&'static str>,
}

/// A row, and what would become of it.
#[derive(Clone, Debug)]
pub struct PreviewRow {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
    /// What would become of it.
    pub outcome: Result<Outcome, Problem>,
}

impl App {
    /// The cells of the first rows as they stand in the file.
    pub async fn import_sample(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: ImportId,
    ) -> Result<Vec<Vec<String>>, Failure> {
        self.import_job(tenant, resource, id).await?;
        let file = Parts::of(self, tenant, id, FILE);
        let read = tokio::task::spawn_blocking(move || first_rows(file)).await;
        let read = read.map_err(|_| Failure::internal("reading a sample ended early"))?;
        let (_, rows) = read.map_err(|unreadable| {
            Problem::rule(unreadable.to_string(), "Mend the file and send it again.")
        })?;
        Ok(rows.iter().map(cells).collect())
    }

    /// What would become of the first rows.
    pub async fn preview_import(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: ImportId,
        reading: &ImportReading,
    ) -> Result<ImportPreview, Failure> {
        let job = self.import_job(tenant, resource, id).await?;
        if !job.status.can_start() {
            let detail = "The file of this import is not kept any more";
            return Err(Problem::rule(detail, "Send the file again to look at it.").into());
        }
        let request = WriteRequest { allow_past: true, ..WriteRequest::from(actor) };
        let context = self.batch_context(tenant, &request, resource);
        let options = ImportOptions {
            resource,
            mapping: reading.mapping.clone(),
            match_by: reading.match_by,
            dry_run: true,
        };
        let file = Parts::of(self, tenant, id, FILE);
        let read = tokio::task::spawn_blocking(move || {
            let (header, rows) = first_rows(file)?;
            let columns = Columns::of(&header, &options, &context)?;
            let items = rows.iter().map(|row| columns.item(row)).collect();
            let items = CheckedItems::read(resource, items, &context);
            Ok((columns.unmapped(&header), columns, rows, items))
        });
        let read = read.await.map_err(|_| Failure::internal("reading a preview ended early"))?;
        let (unmapped, columns, rows, items) = read.map_err(|unreadable: Unreadable| {
            Problem::rule(unreadable.to_string(), "Choose for at least one column which field it is.")
        })?;
        let stored =
            self.store_batch(tenant, request, resource, &items, BatchKind::Dry, Kept::default()).await?;
        let rows = rows.into_iter().zip(stored.results).map(|(row, result)| PreviewRow {
            line: row.line,
            cells: cells(&row),
            outcome: match result {
                Ok((outcome, _)) => Ok(outcome),
                Err(problem) => Err(columns.explain(problem)),
            },
        });
        let required = &tenant.organisation().required_member_fields;
        let required = if resource.plural == "members" { required.as_slice() } else { &[] };
        let missing = reading.mapping.as_ref().map(|mapping| mapping.missing(required)).unwrap_or_default();
        Ok(ImportPreview { rows: rows.collect(), unmapped, missing })
    }
}

fn cells(row: &Row) -> Vec<String> {
    row.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
}

fn first_rows(file: Parts) -> Result<(Vec<String>, Vec<Row>), Unreadable> {
    let mut file = Rows::open(file, Arc::new(AtomicU64::new(0)))?;
    let mut rows = Vec::with_capacity(PREVIEW_ROWS);
    while rows.len() < PREVIEW_ROWS {
        let Some(row) = file.next_row()? else { break };
        rows.push(row);
    }
    Ok((file.header().to_vec(), rows))
}
