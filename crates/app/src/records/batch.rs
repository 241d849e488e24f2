//! Many changes at once: up to a thousand items in one transaction, with a result for each (API §6).

use std::sync::Arc;

use db::{DbError, Param};
use domain::definition::Resource;
use domain::input::{self, Context, Mode};
use domain::json::Object;
use domain::text::fold;
use domain::{Problem, ProblemKind, Record, RecordId};

use super::change::{NewRecord, Work};
use super::write::{Outcome, Stored, WriteRequest};
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
use crate::imports::Checkpoint;
use crate::store::{ScopedTx, read_record};
use crate::tenant::Tenant;

/// Most items of a batch (API §3).
pub const MAX_ITEMS: usize = 1_000;

/// What a batch does with its items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchMode {
    /// Update the record that matches; make one where none does.
    Upsert,
    /// Make records.
    Create,
    /// Update the records that match; a missing one is a failure.
    Update,
}

/// One item of a batch.
#[derive(Clone, Debug)]
pub struct BatchItem {
    /// What is done with it.
    pub mode: BatchMode,
    /// By which values of which fields (`id` or a unique one) its record is found: the first that is
    /// found counts.
    pub matches: Vec<(&'static str, String)>,
    /// A body like those of POST and PATCH, or why the item has none.
    pub body: Result<Object, Problem>,
}

/// Items that were read and checked as far as that needs no store. Clones share them.
///
/// Reading a body costs as much as storing it. Done before, it holds up neither other changes of the
/// tenant nor, on the embedded engine, those of anybody.
#[derive(Clone, Debug)]
pub(crate) struct CheckedItems(Arc<Vec<CheckedItem>>);

#[derive(Debug)]
struct CheckedItem {
    item: BatchItem,
    /// The record that the body makes where none is updated, or why it makes none.
    new: Option<Result<NewRecord, Problem>>,
}

impl CheckedItems {
    /// Reads the bodies. May take long.
    pub(crate) fn read(resource: &'static Resource, items: Vec<BatchItem>, context: &Context) -> Self {
        let items = items.into_iter().map(|item| {
            let new = match (item.mode, &item.body) {
                (BatchMode::Update, _) | (_, Err(_)) => None,
                (BatchMode::Create, Ok(body)) => {
                    Some(input::apply(resource, None, body, Mode::Create, context))
                }
                // The same body would be a patch the next time: nulls that a patch takes away are not stored.
                (BatchMode::Upsert, Ok(body)) => {
                    let body = input::for_new(resource, body);
                    Some(input::apply(resource, None, &body, Mode::Create, context))
                }
            };
            CheckedItem { item, new: new.map(|new| new.map(|record| NewRecord::of(resource, record))) }
        });
        Self(Arc::new(items.collect()))
    }

    /// The items as they were given.
    pub(crate) fn items(&self) -> impl Iterator<Item = &BatchItem> {
        self.0.iter().map(|checked| &checked.item)
    }
}

/// How a batch is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchKind {
    /// Each item for itself.
    Each,
    /// All or nothing.
    Atomic,
    /// Nothing is stored; the report says what would be.
    Dry,
}

/// What became of one item.
pub type ItemResult = Result<(Outcome, RecordId), Problem>;

/// What became of a batch: one result for each item, in order.
#[derive(Clone, Debug)]
pub struct BatchReport {
    /// The results.
    pub results: Vec<ItemResult>,
}

/// What is stored together with a batch.
#[derive(Default, Debug)]
pub(crate) struct Kept {
    /// Its answer, for repetitions.
    pub(crate) remember: Option<Remember<BatchReport>>,
    /// How far the import is that it belongs to.
    pub(crate) checkpoint: Option<Arc<Checkpoint>>,
}

/// Why the transaction of a batch is given up.
enum Stop {
    Failure(Failure),
    /// An item of an atomic batch failed, or nothing was to be stored.
    Aborted(BatchReport),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl App {
    /// Makes the changes of a batch in one transaction.
    pub async fn batch(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        resource: &'static Resource,
        items: Vec<BatchItem>,
        kind: BatchKind,
        remember: Option<Remember<BatchReport>>,
    ) -> Result<BatchReport, Failure> {
        let request = request.into();
        let context = self.batch_context(tenant, &request, resource);
        let checked = tokio::task::spawn_blocking(move || CheckedItems::read(resource, items, &context));
        let checked = checked.await.map_err(|_| Failure::internal("reading a batch ended early"))?;
        self.store_batch(tenant, request, resource, &checked, kind, Kept { remember, checkpoint: None }).await
    }

    /// The circumstances under which the items of a batch are read.
    pub(crate) fn batch_context(
        &self,
        tenant: &Tenant,
        request: &WriteRequest,
        resource: &'static Resource,
    ) -> Context {
        let context = self.context(tenant, resource, self.now().truncated_to_millis());
        let integration = request.actor.integration.is_some();
        Context { allow_past: request.allow_past, integration, ..context }
    }

    /// Stores items that were read before.
    pub(crate) async fn store_batch(
        &self,
        tenant: &Tenant,
        request: WriteRequest,
        resource: &'static Resource,
        items: &CheckedItems,
        kind: BatchKind,
        kept: Kept,
    ) -> Result<BatchReport, Failure> {
        let Kept { remember, checkpoint } = kept;
        let (work, _) = self.work(tenant, request, resource)?;
        // The caller's copy outlives the job's: freeing so much is no work for the writer's thread.
        let items = items.clone();
        let done = work.run(remember.clone(), move |work, tx| {
            let (items, checkpoint) = (items.clone(), checkpoint.clone());
            Box::pin(async move {
                let report = work.batch(tx, &items.0, kind).await?;
                if let Some(checkpoint) = checkpoint {
                    checkpoint.keep(tx, &report).await?;
                }
                Ok(report)
            })
        });
        match done.await {
            Ok(report) => Ok(report),
            Err(Stop::Failure(failure)) => Err(failure),
            Err(Stop::Aborted(report)) => {
                // Nothing was changed, but the answer is one like any other.
                if let Some(remember) = remember {
                    remember.keep_alone(self, tenant, &report).await?;
                }
                Ok(report)
            }
        }
    }
}

impl Work {
    async fn batch(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        items: &[CheckedItem],
        kind: BatchKind,
    ) -> Result<BatchReport, Stop> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(match self.item(tx, item).await {
                Ok(Stored { record, outcome, .. }) => match record.id() {
                    Some(id) => Ok((outcome, id)),
                    None => return Err(Failure::internal("a record without an id").into()),
                },
                Err(Failure::Problem(problem)) => Err(*problem),
                Err(failure) => return Err(failure.into()),
            });
        }
        match kind {
            BatchKind::Dry => Err(Stop::Aborted(BatchReport { results })),
            BatchKind::Atomic if results.iter().any(Result::is_err) => {
                for result in results.iter_mut().filter(|result| result.is_ok()) {
                    let detail = "Not stored, because another item of this atomic batch failed";
                    let hint = "Mend the items that failed and send the batch again.";
                    *result = Err(Problem::rule(detail, hint));
                }
                Err(Stop::Aborted(BatchReport { results }))
            }
            BatchKind::Atomic | BatchKind::Each => Ok(BatchReport { results }),
        }
    }

    async fn item(&self, tx: &mut ScopedTx<'_, '_>, checked: &CheckedItem) -> Result<Stored, Failure> {
        let CheckedItem { item, new } = checked;
        let body = item.body.as_ref().map_err(Clone::clone)?;
        if item.mode != BatchMode::Create {
            for (name, value) in &item.matches {
                if let Some(old) = self.find_by(tx, name, value).await? {
                    return self.change(tx, &old, Mode::Patch, body).await;
                }
            }
        }
        let Some(new) = new else {
            let name = item.matches.first().map_or("value", |(name, _)| name);
            let detail = format!("There is no {} with this {name}", self.schema.resource.name);
            return Err(Problem::new(ProblemKind::NotFound, detail).into());
        };
        self.insert(tx, new.as_ref().map_err(Clone::clone)?).await
    }

    pub(crate) async fn find_by(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        name: &str,
        text: &str,
    ) -> Result<Option<Record>, Failure> {
        let resource = self.schema.resource;
        if name == "id" {
            return match text.parse() {
                Ok(id) => match self.find(tx, id).await {
                    Ok(record) => Ok(Some(record)),
                    Err(Failure::Problem(problem)) if problem.kind == ProblemKind::NotFound => Ok(None),
                    Err(failure) => Err(failure),
                },
                Err(_) => Ok(None),
            };
        }
        let named = |(position, _): &&(usize, _)| resource.fields[*position].name == name;
        let Some((position, sql)) = self.schema.get_by.iter().find(named) else {
            return Err(Failure::internal("records are matched by a field that is not unique"));
        };
        let value = if resource.fields[*position].folded { fold(text) } else { text.to_owned() };
        Ok(tx.optional(sql, vec![Param::Text(value)], |row| read_record(resource, row)).await?)
    }
}

/// Names of the fields by which records of a resource can be matched.
#[must_use]
pub fn match_fields(resource: &'static Resource) -> Vec<&'static str> {
    let unique = resource.fields.iter().filter(|field| field.unique && !field.read_only);
    std::iter::once("id").chain(unique.map(|field| field.name)).collect()
}
