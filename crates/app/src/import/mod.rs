//! Importing records from CSV: any size in constant memory, safe to stop and run again.
//!
//! Rows are read and mapped in chunks, each chunk is one transaction, and the next one is read while
//! the last is stored. A row is matched with the record that it is about, so a second run finds
//! everything as wanted already.

mod columns;
mod failed;
mod rows;
mod seen;

pub use rows::Unreadable;

use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::input::Context;
use domain::mapping::Mapping;
use domain::{Problem, Resource};
use serde_json::json;
use tokio::sync::mpsc;

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::imports::Checkpoint;
use crate::records::{BatchKind, BatchReport, CheckedItems, Kept, Outcome, WriteRequest};
use crate::tenant::Tenant;
pub(crate) use columns::Columns;
use failed::FailedRows;
pub(crate) use failed::{failed_header, failed_row};
pub(crate) use rows::{Row, Rows};
use seen::Seen;

/// How long one transaction should hold up other writers, about.
const HOLD: Duration = Duration::from_millis(60);
/// Fewest and most rows of one transaction. Pages that many rows touch are written once for all of
/// them, so more rows cost less each; what they cost on this machine shows while they are stored.
const CHUNK: RangeInclusive<usize> = 100..=2_000;

/// How a file is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// What the rows are.
    pub resource: &'static Resource,
    /// The rules from the file's columns to fields; without them, columns are named like fields.
    pub mapping: Option<Mapping>,
    /// The field by which rows find their records. Without one, by `id` where a file of our own has it,
    /// else by the first of `externalId` and the other unique fields that the row has.
    pub match_by: Option<&'static str>,
    /// Nothing is stored; the report says what would be.
    pub dry_run: bool,
}

/// What became of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ImportCounts {
    /// Records made.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Records that were as wanted already.
    pub unchanged: u64,
    /// Rows that could not be stored.
    pub failed: u64,
}

impl ImportCounts {
    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.failed
    }

    /// Counts what became of a chunk.
    pub(crate) fn add(&mut self, report: &BatchReport) {
        for result in &report.results {
            match result {
                Ok((Outcome::Created, _)) => self.created += 1,
                Ok((Outcome::Updated, _)) => self.updated += 1,
                Ok((Outcome::Unchanged, _)) => self.unchanged += 1,
                Err(_) => self.failed += 1,
            }
        }
    }
}

/// A finished import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportReport {
    /// What became of the rows.
    pub counts: ImportCounts,
    /// Columns that nothing was read from.
    pub unmapped: Vec<String>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub struct ImportProgress {
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// What became of the rows so far.
    pub counts: ImportCounts,
}

/// Why an import was given up.
#[derive(Debug)]
pub enum ImportError {
    /// The file as a whole cannot be read; what to do about it.
    File(Unreadable),
    /// The report of failed rows could not be written.
    Report(std::io::Error),
    /// A chunk could not be stored. What was stored before stays; run the import again.
    Store(Failure),
}

impl From<Failure> for ImportError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure)
    }
}

/// A part of the file, ready to be stored.
pub(crate) struct Chunk {
    pub(crate) rows: Arc<Vec<Row>>,
    items: CheckedItems,
    /// How far the file is read with it.
    pub(crate) end: u64,
}

/// What accompanies an import chunk by chunk.
pub(crate) trait Companion {
    /// What is stored in the transaction of a chunk; an error ends the import before it.
    fn before(&mut self, chunk: &Chunk, file: &Arc<FileHead>)
    -> Result<Option<Arc<Checkpoint>>, ImportError>;
    /// Told when the chunk is durable.
    fn after(&mut self, chunk: &Chunk, report: &BatchReport, file: &FileHead) -> Result<(), ImportError>;
}

/// What is known of a file before its first row.
pub(crate) struct FileHead {
    pub(crate) header: Vec<String>,
    columns: Columns,
}

impl FileHead {
    /// The problem of a row in the words of its file.
    pub(crate) fn explain(&self, problem: &Problem) -> Problem {
        self.columns.explain(problem.clone())
    }
}

impl App {
    /// Imports a CSV file. Rows that fail go to `failed` as CSV with the reason, ready to be mended
    /// and imported in their turn.
    pub async fn import(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        options: ImportOptions,
        file: impl Read + Send + 'static,
        failed: &mut (dyn Write + Send),
        progress: &(dyn Fn(ImportProgress) + Sync),
    ) -> Result<ImportReport, ImportError> {
        let (resource, dry_run) = (options.resource, options.dry_run);
        let mut told = Told { failed: FailedRows::start(failed), progress, counts: ImportCounts::default() };
        let unmapped = self.import_chunks(tenant, actor, options, file, 0, &mut told).await?;
        told.failed.finish().map_err(ImportError::Report)?;
        let counts = told.counts;
        if !dry_run {
            self.note_import(tenant, actor, resource, &counts).await?;
        }
        Ok(ImportReport { counts, unmapped })
    }

    /// Adds an import to the audit log.
    pub(crate) async fn note_import(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        counts: &ImportCounts,
    ) -> Result<(), Failure> {
        let ImportCounts { created, updated, unchanged, failed } = *counts;
        let told = [("created", created), ("updated", updated), ("unchanged", unchanged), ("failed", failed)];
        let details = told.into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect();
        self.note_act(tenant, actor, "import", resource.name, &details).await
    }

    /// Stores a file's rows after the first `skip` chunk by chunk; answers with the columns that nothing
    /// is read from.
    pub(crate) async fn import_chunks(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        options: ImportOptions,
        file: impl Read + Send + 'static,
        skip: u64,
        companion: &mut (impl Companion + Send),
    ) -> Result<Vec<String>, ImportError> {
        let resource = options.resource;
        let position = Arc::new(AtomicU64::new(0));
        let place = position.clone();
        let ended = || Failure::internal("the file's reader ended early");
        // Reading may wait for a disk or a database.
        let opened = tokio::task::spawn_blocking(move || Rows::open(file, place)).await;
        let mut rows = opened.map_err(|_| ended())?.map_err(ImportError::File)?;
        let columns = Columns::of(rows.header(), &options, &self.context(tenant, resource, self.now()))
            .map_err(ImportError::File)?;
        let unmapped = columns.unmapped(rows.header());
        let head = Arc::new(FileHead { header: rows.header().to_vec(), columns });
        // One chunk waits while another is stored: more would only cost memory.
        let (sender, mut receiver) = mpsc::channel::<Result<Chunk, Unreadable>>(1);
        let mapping = head.clone();
        let request = || WriteRequest { allow_past: true, ..WriteRequest::from(actor) };
        let (app, owner, by) = (self.clone(), tenant.clone(), request());
        let size = Arc::new(AtomicUsize::new(*CHUNK.start()));
        let wanted = size.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let mut left = skip;
            loop {
                let skipped = skip_rows(&mut rows, std::mem::take(&mut left));
                let context = app.batch_context(&owner, &by, resource);
                let most = wanted.load(Ordering::Relaxed);
                let chunk =
                    skipped.and_then(|()| read_chunk(&mut rows, &mapping.columns, resource, &context, most));
                let chunk = chunk.map(|(rows, items)| Chunk {
                    rows: Arc::new(rows),
                    items,
                    end: position.load(Ordering::Relaxed),
                });
                let last = chunk.as_ref().map_or(true, |chunk| chunk.rows.is_empty());
                if sender.blocking_send(chunk).is_err() || last {
                    return;
                }
            }
        });
        let kind = if options.dry_run { BatchKind::Dry } else { BatchKind::Each };
        let mut seen = Seen::new(resource);
        while let Some(chunk) = receiver.recv().await {
            let chunk = chunk.map_err(ImportError::File)?;
            if chunk.rows.is_empty() {
                break;
            }
            let began = Instant::now();
            let kept = Kept { checkpoint: companion.before(&chunk, &head)?, remember: None };
            let mut stored = self.store_batch(tenant, request(), resource, &chunk.items, kind, kept).await?;
            size.store(next_size(chunk.rows.len(), began.elapsed()), Ordering::Relaxed);
            if options.dry_run {
                seen.check(chunk.items.items(), &mut stored);
            }
            companion.after(&chunk, &stored, &head)?;
        }
        reading.await.map_err(|_| ended())?;
        Ok(unmapped)
    }
}

/// Tells the caller what became of the rows.
struct Told<'w> {
    failed: FailedRows<'w>,
    progress: &'w (dyn Fn(ImportProgress) + Sync),
    counts: ImportCounts,
}

impl Companion for Told<'_> {
    fn before(&mut self, _: &Chunk, _: &Arc<FileHead>) -> Result<Option<Arc<Checkpoint>>, ImportError> {
        Ok(None)
    }

    fn after(&mut self, chunk: &Chunk, report: &BatchReport, file: &FileHead) -> Result<(), ImportError> {
        self.counts.add(report);
        for (row, result) in chunk.rows.iter().zip(&report.results) {
            if let Err(problem) = result {
                self.failed.add(&file.header, row, &file.explain(problem)).map_err(ImportError::Report)?;
            }
        }
        (self.progress)(ImportProgress { bytes: chunk.end, counts: self.counts });
        Ok(())
    }
}

fn skip_rows<R: Read>(file: &mut Rows<R>, count: u64) -> Result<(), Unreadable> {
    for _ in 0..count {
        if file.next_row()?.is_none() {
            break;
        }
    }
    Ok(())
}

/// How many rows the next transaction should have, when the last took so long.
fn next_size(rows: usize, took: Duration) -> usize {
    let micros = took.as_micros().max(1);
    let fitting = rows as u128 * HOLD.as_micros() / micros;
    // By and by, so that one slow commit does not make many small ones.
    let fitting = usize::try_from(fitting).unwrap_or(usize::MAX).clamp(rows / 2, rows * 2);
    fitting.clamp(*CHUNK.start(), *CHUNK.end())
}

fn read_chunk<R: Read>(
    file: &mut Rows<R>,
    columns: &Columns,
    resource: &'static Resource,
    context: &Context,
    most: usize,
) -> Result<(Vec<Row>, CheckedItems), Unreadable> {
    let (mut rows, mut items) = (Vec::with_capacity(most), Vec::with_capacity(most));
    while rows.len() < most {
        let Some(row) = file.next_row()? else { break };
        items.push(columns.item(&row));
        rows.push(row);
    }
    Ok((rows, CheckedItems::read(resource, items, context)))
}
