//! Importing records from CSV: any size in constant memory, safe to stop and run again.
//!
//! Rows are read and mapped in chunks, each chunk is one transaction, and the next one is read while
//! the last is stored. A row is matched with the record that it is about, so a second run finds
//! everything as wanted already.

mod columns;
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
use crate::records::{BatchKind, BatchReport, CheckedItems, Outcome, WriteRequest};
use crate::tenant::Tenant;
use columns::Columns;
use rows::{Row, Rows};
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
struct Chunk {
    rows: Vec<Row>,
    items: CheckedItems,
    end: u64,
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
        let resource = options.resource;
        let position = Arc::new(AtomicU64::new(0));
        let mut rows = Rows::open(file, position.clone()).map_err(ImportError::File)?;
        let columns = Columns::of(rows.header(), &options, &self.context(tenant, resource, self.now()))
            .map_err(ImportError::File)?;
        let unmapped = columns.unmapped(rows.header());
        let mut report = FailedRows::start(failed, rows.header());
        let columns = Arc::new(columns);
        // One chunk waits while another is stored: more would only cost memory.
        let (sender, mut receiver) = mpsc::channel::<Result<Chunk, Unreadable>>(1);
        let mapping = columns.clone();
        let request = || WriteRequest { allow_past: true, ..WriteRequest::from(actor) };
        let (app, owner, by) = (self.clone(), tenant.clone(), request());
        let size = Arc::new(AtomicUsize::new(*CHUNK.start()));
        let wanted = size.clone();
        let reading = tokio::task::spawn_blocking(move || {
            loop {
                let context = app.batch_context(&owner, &by, resource);
                let most = wanted.load(Ordering::Relaxed);
                let chunk = read_chunk(&mut rows, &mapping, resource, &context, most);
                let chunk =
                    chunk.map(|(rows, items)| Chunk { rows, items, end: position.load(Ordering::Relaxed) });
                let last = chunk.as_ref().map_or(true, |chunk| chunk.rows.is_empty());
                if sender.blocking_send(chunk).is_err() || last {
                    return;
                }
            }
        });
        let kind = if options.dry_run { BatchKind::Dry } else { BatchKind::Each };
        let mut seen = Seen::new(resource);
        let mut counts = ImportCounts::default();
        while let Some(chunk) = receiver.recv().await {
            let Chunk { rows, items, end } = chunk.map_err(ImportError::File)?;
            if rows.is_empty() {
                break;
            }
            let began = Instant::now();
            let mut stored = self.store_batch(tenant, request(), resource, &items, kind, None).await?;
            size.store(next_size(rows.len(), began.elapsed()), Ordering::Relaxed);
            if options.dry_run {
                seen.check(items.items(), &mut stored);
            }
            count(&mut counts, &stored);
            for (row, result) in rows.iter().zip(&stored.results) {
                if let Err(problem) = result {
                    let problem = columns.explain(problem.clone());
                    report.add(row, &problem).map_err(ImportError::Report)?;
                }
            }
            progress(ImportProgress { bytes: end, counts });
        }
        if reading.await.is_err() {
            return Err(Failure::internal("the file's reader ended early").into());
        }
        report.finish().map_err(ImportError::Report)?;
        if !options.dry_run {
            let ImportCounts { created, updated, unchanged, failed } = counts;
            let told =
                [("created", created), ("updated", updated), ("unchanged", unchanged), ("failed", failed)];
            let details = told.into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect();
            self.note_act(tenant, actor, "import", resource.name, &details).await?;
        }
        Ok(ImportReport { counts, unmapped })
    }
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

fn count(counts: &mut ImportCounts, report: &BatchReport) {
    for result in &report.results {
        match result {
            Ok((Outcome::Created, _)) => counts.created += 1,
            Ok((Outcome::Updated, _)) => counts.updated += 1,
            Ok((Outcome::Unchanged, _)) => counts.unchanged += 1,
            Err(_) => counts.failed += 1,
        }
    }
}

/// The report of failed rows: their cells as they were, their line, and the reason.
struct FailedRows<'w> {
    writer: csv::Writer<&'w mut (dyn Write + Send)>,
    header: csv::ByteRecord,
    begun: bool,
}

/// The columns that are added to failed rows; a second import of the report does not read them.
const ADDED: [&str; 2] = ["_line", "_error"];

impl<'w> FailedRows<'w> {
    fn start(out: &'w mut (dyn Write + Send), header: &[String]) -> Self {
        let kept = header.iter().filter(|name| !ADDED.contains(&name.as_str()));
        let mut record: csv::ByteRecord = kept.map(String::as_bytes).collect();
        for name in ADDED {
            record.push_field(name.as_bytes());
        }
        let writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        Self { writer, header: record, begun: false }
    }

    fn add(&mut self, row: &Row, problem: &Problem) -> std::io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.writer.write_byte_record(&self.header)?;
        }
        let kept = self.header.len() - ADDED.len();
        let mut record = csv::ByteRecord::new();
        for cell in row.cells.iter().take(kept) {
            record.push_field(cell);
        }
        while record.len() < kept {
            record.push_field(b"");
        }
        record.push_field(row.line.to_string().as_bytes());
        record.push_field(reason(problem).as_bytes());
        self.writer.write_byte_record(&record)?;
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Everything that is wrong with a row, in one text.
fn reason(problem: &Problem) -> String {
    if problem.violations.is_empty() {
        return match &problem.hint {
            Some(hint) => format!("{}. {hint}", problem.detail),
            None => problem.detail.clone(),
        };
    }
    let one = |violation: &domain::Violation| match violation.property_path.as_str() {
        "" => violation.message.clone(),
        path => format!("{path}: {}", violation.message),
    };
    problem.violations.iter().map(one).collect::<Vec<_>>().join(" | ")
}
