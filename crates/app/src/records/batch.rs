//! Many changes at once: up to a thousand items in one transaction, with a result for each (API §6).

use std::sync::Arc;

use db::{DbError, Param};
use domain::definition::Resource;
use domain::input::{self, Mode};
use domain::json::Object;
use domain::text::fold;
use domain::{Problem, ProblemKind, Record, RecordId};

use super::change::Work;
use super::write::{Outcome, Stored, WriteRequest};
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
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
        let (work, _) = self.work(tenant, request.into(), resource)?;
        let items = Arc::new(items);
        let done = work.run(remember.clone(), move |work, tx| {
            let items = items.clone();
            Box::pin(async move { work.batch(tx, &items, kind).await })
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
        items: &[BatchItem],
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

    async fn item(&self, tx: &mut ScopedTx<'_, '_>, item: &BatchItem) -> Result<Stored, Failure> {
        let body = item.body.as_ref().map_err(Clone::clone)?;
        if item.mode != BatchMode::Create {
            for (name, value) in &item.matches {
                if let Some(old) = self.find_by(tx, name, value).await? {
                    return self.change(tx, &old, Mode::Patch, body).await;
                }
            }
        }
        if item.mode == BatchMode::Update {
            let name = item.matches.first().map_or("value", |(name, _)| name);
            let detail = format!("There is no {} with this {name}", self.schema.resource.name);
            return Err(Problem::new(ProblemKind::NotFound, detail).into());
        }
        let resource = self.schema.resource;
        let record = match item.mode {
            // The same body would be a patch the next time: nulls that a patch takes away are not stored.
            BatchMode::Upsert => {
                let body = input::for_new(resource, body);
                input::apply(resource, None, &body, Mode::Create, &self.context())?
            }
            _ => input::apply(resource, None, body, Mode::Create, &self.context())?,
        };
        self.insert(tx, record).await
    }

    async fn find_by(
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
