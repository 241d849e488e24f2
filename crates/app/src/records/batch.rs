//! Many changes at once: up to a thousand items in one transaction, with a result for each (API §6).

use std::sync::Arc;

use db::{DbError, Param};
use domain::definition::Resource;
use domain::input::{self, Mode};
use domain::json::Object;
use domain::text::fold;
use domain::{Problem, Record, RecordId, Violation};
use serde_json::Value as Json;

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

/// A batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What is done with each item.
    pub mode: BatchMode,
    /// The field by whose value records are found: `id` or a unique field.
    pub match_by: String,
    /// The items: objects like the bodies of POST and PATCH.
    pub items: Vec<Json>,
    /// All or nothing.
    pub atomic: bool,
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
    /// An item of an atomic batch failed.
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
        batch: Batch,
        remember: Option<Remember<BatchReport>>,
    ) -> Result<BatchReport, Failure> {
        let (work, _) = self.work(tenant, request.into(), resource)?;
        let batch = Arc::new(batch);
        let done = work.run(remember.clone(), move |work, tx| {
            let batch = batch.clone();
            Box::pin(async move { work.batch(tx, &batch).await })
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
    async fn batch(&self, tx: &mut ScopedTx<'_, '_>, batch: &Batch) -> Result<BatchReport, Stop> {
        let mut results = Vec::with_capacity(batch.items.len());
        for item in &batch.items {
            results.push(match self.item(tx, batch, item).await {
                Ok(Stored { record, outcome }) => match record.id() {
                    Some(id) => Ok((outcome, id)),
                    None => return Err(Failure::internal("a record without an id").into()),
                },
                Err(Failure::Problem(problem)) => Err(*problem),
                Err(failure) => return Err(failure.into()),
            });
        }
        if batch.atomic && results.iter().any(Result::is_err) {
            for result in results.iter_mut().filter(|result| result.is_ok()) {
                let detail = "Not stored, because another item of this atomic batch failed";
                *result = Err(Problem::rule(detail, "Mend the items that failed and send the batch again."));
            }
            return Err(Stop::Aborted(BatchReport { results }));
        }
        Ok(BatchReport { results })
    }

    async fn item(&self, tx: &mut ScopedTx<'_, '_>, batch: &Batch, item: &Json) -> Result<Stored, Failure> {
        let Json::Object(body) = item else {
            let violation = Violation::new("", "invalid_type", "Each item must be an object.");
            return Err(Problem::validation(vec![violation]).into());
        };
        let found = match batch.mode {
            BatchMode::Create => None,
            BatchMode::Update | BatchMode::Upsert => self.matching(tx, batch, body).await?,
        };
        match found {
            Some(old) => self.change(tx, &old, Mode::Patch, body).await,
            None => {
                let record = input::apply(self.schema.resource, None, body, Mode::Create, &self.context())?;
                self.insert(tx, record).await
            }
        }
    }

    /// The record that an item is about; none where one is to be made.
    async fn matching(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        batch: &Batch,
        body: &Object,
    ) -> Result<Option<Record>, Failure> {
        let name = batch.match_by.as_str();
        let given = body.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
        let Some(text) = given else {
            if name == "id" && batch.mode == BatchMode::Upsert {
                return Ok(None);
            }
            let message = format!("{name} is required, since records are matched by it.");
            return Err(Problem::validation(vec![Violation::new(name, "required", message)]).into());
        };
        let found = if name == "id" {
            // An id that was never given out cannot be made by a client.
            let id = text.parse().map_err(|_| Problem::not_found())?;
            Some(self.find(tx, id).await?)
        } else {
            self.find_by(tx, name, text).await?
        };
        match (found, batch.mode) {
            (None, BatchMode::Update) => {
                let detail = format!("There is no {} with this {name}", self.schema.resource.name);
                Err(Problem::new(domain::ProblemKind::NotFound, detail).into())
            }
            (found, _) => Ok(found),
        }
    }

    async fn find_by(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        name: &str,
        text: &str,
    ) -> Result<Option<Record>, Failure> {
        let resource = self.schema.resource;
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
