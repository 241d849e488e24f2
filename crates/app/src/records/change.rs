//! The one path of all changes: record, terms, audit row, feed row and sequence number, in one
//! transaction that is durable before it is acknowledged (API §6).
//!
//! Everything that can refuse a change is checked before the first row is written, so that a change
//! which is refused leaves no trace in the transaction, and others in it can go on.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{BoxFuture, DbError, Param, Row, Tx};
use domain::definition::{Kind, Resource};
use domain::input::{self, Context, MergeOrder, Mode};
use domain::json::Object;
use domain::resources::INTEGRATION;
use domain::{Problem, ProblemKind, Record, RecordId, Timestamp, Value, Violation};

use super::get::{missing_problem, tombstone_params};
use super::write::{Outcome, Stored, WriteCondition, WriteRequest};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
use crate::store::system::{DELETE_SECRETS, FIND_TOMBSTONE, HEAR_FROM_NOW, INSERT_TOMBSTONE};
use crate::store::{
    Schema, ScopedTx, TenantSql, folded_param, insert_params, number_term, param, read_record, terms_of,
};
use crate::tenant::Tenant;

/// Everything that a change needs inside its transaction. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) app: App,
    pub(super) tenant: Tenant,
    pub(crate) actor: Actor,
    pub(super) condition: WriteCondition,
    pub(super) allow_past: bool,
    pub(super) schema: Arc<Schema>,
    pub(crate) now: Timestamp,
}

/// A checked record that is to be stored as a new one. Made before the transaction where that can be.
#[derive(Clone, Debug)]
pub(crate) struct NewRecord {
    record: Record,
    /// All of its terms but those of the numbers that it is given when it is stored.
    terms: BTreeSet<String>,
}

impl NewRecord {
    pub(crate) fn of(resource: &Resource, record: Record) -> Self {
        Self { terms: terms_of(resource, &record), record }
    }
}

impl App {
    /// What a change needs, and how its answer is kept.
    pub(crate) fn work(
        &self,
        tenant: &Tenant,
        request: WriteRequest,
        resource: &'static Resource,
    ) -> Result<(Work, Option<Remember<Stored>>), Failure> {
        let work = Work {
            app: self.clone(),
            tenant: tenant.clone(),
            actor: request.actor,
            condition: request.condition,
            allow_past: request.allow_past,
            schema: self.schema(resource)?,
            now: self.now().truncated_to_millis(),
        };
        Ok((work, request.remember))
    }
}

impl Work {
    /// The resource that is changed.
    pub(crate) fn resource(&self) -> &'static Resource {
        self.schema.resource
    }

    /// Whose data it is.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The same, done at another moment.
    pub(super) fn at(mut self, moment: Timestamp) -> Self {
        self.now = moment.truncated_to_millis();
        self
    }

    /// The circumstances under which bodies are read.
    pub(crate) fn context(&self) -> Context {
        let context = self.app.context(&self.tenant, self.schema.resource, self.now);
        Context { allow_past: self.allow_past, integration: self.actor.integration.is_some(), ..context }
    }

    /// Runs a job in one transaction on the tenant, and keeps its answer where that is wanted.
    pub(crate) async fn run<T, E>(
        self,
        remember: Option<Remember<T>>,
        job: impl for<'t> Fn(&'t Self, &'t mut ScopedTx<'_, '_>) -> BoxFuture<'t, Result<T, E>>
        + Send
        + Sync
        + 'static,
    ) -> Result<T, E>
    where
        T: Send + Sync + 'static,
        E: From<DbError> + From<Failure> + Send + 'static,
    {
        let app = self.app.clone();
        let changed = self.schema.resource.is_in_feed().then(|| self.tenant.clone());
        let shared = Arc::new((self, remember, job));
        let result = app.db().write(move |tx: &mut Tx<'_>| {
            let shared = shared.clone();
            Box::pin(async move {
                let (work, remember, job) = &*shared;
                let mut tx = ScopedTx::new(tx, &work.tenant);
                tx.lock().await?;
                let done = job(work, &mut tx).await?;
                if let Some(remember) = remember {
                    remember.keep(&work.app, &mut tx, &done, work.now).await?;
                }
                tx.finish().await?;
                Ok::<T, E>(done)
            })
        });
        let done = result.await?;
        if let Some(tenant) = changed {
            app.changed(&tenant);
        }
        Ok(done)
    }

    /// Stores a checked record as a new one.
    pub(crate) async fn insert(&self, tx: &mut ScopedTx<'_, '_>, new: &NewRecord) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let mut record = new.record.clone();
        self.check_references(tx, &record, None).await?;
        self.check_unique(tx, &record, None).await?;
        let sequence = self.next_sequence(tx)?;
        let mut numbers = Vec::new();
        for (position, field) in resource.fields.iter().enumerate() {
            if matches!(field.kind, Kind::Serial) {
                let number = tx.next_number(&format!("{}.{}", resource.name, field.name)).await?;
                record.set_at(position, Value::Integer(number));
                if resource.search.contains(&field.name) {
                    numbers.push(number_term(number));
                }
            }
        }
        let id = RecordId::new(self.now, self.app.random_bytes()?);
        record.set(resource, "id", Value::Id(id.uuid()));
        self.app.seal_headers(resource, id, None, &mut record)?;
        record.set(resource, "createdAt", Value::Integer(self.now.as_micros()));
        record.set(resource, "createdBy", self.actor.id().map_or(Value::Null, Value::Text));
        self.stamp(&mut record, 1);
        tx.execute(&self.schema.insert, insert_params(&self.schema, &record)).await?;
        let more = numbers.iter().filter(|term| !new.terms.contains(*term));
        self.index(tx, id, [], new.terms.iter().chain(more)).await?;
        self.note(tx, sequence, None, Some(&record), None).await?;
        let mut secret = None;
        // Only webhooks have one.
        if resource.secret {
            tx.execute(&HEAR_FROM_NOW, vec![Param::Uuid(id.uuid())]).await?;
            secret = Some(self.app.new_secret(tx, id, self.now).await?);
        }
        Ok(Stored { record, outcome: Outcome::Created, secret })
    }

    pub(super) async fn update(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        mode: Mode,
        body: &Object,
    ) -> Result<Stored, Failure> {
        let old = self.find(tx, id).await?;
        self.change(tx, &old, mode, body).await
    }

    /// Brings a stored record to what a body makes of it.
    pub(super) async fn change(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        old: &Record,
        mode: Mode,
        body: &Object,
    ) -> Result<Stored, Failure> {
        let new = input::apply(self.schema.resource, Some(old), body, mode, &self.context())?;
        self.put(tx, old, new).await
    }

    /// Stores a checked record in place of the stored one.
    pub(crate) async fn put(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        old: &Record,
        mut new: Record,
    ) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let Some(id) = old.id() else { return Err(Failure::internal("a record without an id")) };
        self.app.seal_headers(resource, id, Some(old), &mut new)?;
        if new == *old {
            return Ok(Stored { record: new, outcome: Outcome::Unchanged, secret: None });
        }
        self.check_references(tx, &new, Some(old)).await?;
        self.check_unique(tx, &new, Some(id)).await?;
        let sequence = self.next_sequence(tx)?;
        self.stamp(&mut new, old.version() + 1);
        self.store_changes(tx, id, old, &new).await?;
        let (gone, come) = (terms_of(resource, old), terms_of(resource, &new));
        self.index(tx, id, gone.difference(&come), come.difference(&gone)).await?;
        self.note(tx, sequence, Some(old), Some(&new), None).await?;
        Ok(Stored { record: new, outcome: Outcome::Updated, secret: None })
    }

    /// Stores a copy of a record, with a body of changes to it, as a new one.
    pub(super) async fn copy(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        body: &Object,
    ) -> Result<Stored, Failure> {
        let original = self.find(tx, id).await?;
        let copy = input::copy(self.schema.resource, &original, body, &self.context())?;
        self.insert(tx, &NewRecord::of(self.schema.resource, copy)).await
    }

    pub(crate) async fn delete(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let old = self.find(tx, id).await?;
        resource.rules.delete(resource, &old, &self.context())?;
        self.remove(tx, id, &old, None).await?;
        Ok(Stored { record: old, outcome: Outcome::Updated, secret: None })
    }

    /// Deletes some records, whatever the rules say; answers how many.
    pub(super) async fn remove_some(&self, tx: &mut ScopedTx<'_, '_>) -> Result<usize, Failure> {
        let ids = tx.all(&self.schema.some, Vec::new(), |row| row.uuid(0)).await?;
        for id in &ids {
            let id = RecordId::from(*id);
            let old = self.find(tx, id).await?;
            self.remove(tx, id, &old, None).await?;
        }
        Ok(ids.len())
    }

    /// Merges a record into another one, which is answered with.
    pub(super) async fn merge(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        order: &MergeOrder,
    ) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let merged = self.find(tx, id).await?;
        let wrong = |code, message: String| Problem::validation(vec![Violation::new("into", code, message)]);
        if order.into == id {
            return Err(wrong("invalid_value", "A record cannot be merged into itself.".to_owned()).into());
        }
        // The condition is about the record that goes.
        let survivors = Self { condition: WriteCondition::Exists, ..self.clone() };
        let survivor = survivors.find(tx, order.into).await.map_err(|failure| match failure {
            Failure::Problem(_) => {
                wrong("unknown_reference", format!("There is no {} {}.", resource.name, order.into)).into()
            }
            failure => failure,
        })?;
        let new = input::merge(resource, &survivor, &merged, order, &self.context())?;
        // First the merged record, since the survivor may take its unique values.
        self.remove(tx, id, &merged, Some(order.into)).await?;
        self.put(tx, &survivor, new).await
    }

    /// Takes a record away and leaves its tombstone.
    pub(super) async fn remove(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        old: &Record,
        merged_into: Option<RecordId>,
    ) -> Result<(), Failure> {
        let resource = self.schema.resource;
        let sequence = self.next_sequence(tx)?;
        tx.execute(&self.schema.delete, vec![Param::Uuid(id.uuid())]).await?;
        self.index(tx, id, &terms_of(resource, old), []).await?;
        if resource.secret {
            tx.execute(&DELETE_SECRETS, vec![Param::Uuid(id.uuid())]).await?;
        }
        if !resource.is_in_feed() {
            if std::ptr::eq(resource, &raw const INTEGRATION) {
                self.leave_integration(tx, id).await?;
            }
            // Nobody follows settings, so nothing need be left of them.
            return self.note(tx, None, Some(old), None, None).await;
        }
        let params = vec![
            Param::Text(resource.name.to_owned()),
            Param::Uuid(id.uuid()),
            Param::Integer(old.version() + 1),
            param(old.get(resource, "createdAt")),
            Param::Integer(self.now.as_micros()),
            merged_into.map_or(Param::Null, |into| Param::Uuid(into.uuid())),
            // A merged record's id goes on with the survivor, or with nobody.
            if merged_into.is_some() { Param::Null } else { external_id(resource, old) },
        ];
        tx.execute(&INSERT_TOMBSTONE, params).await?;
        self.note(tx, sequence, Some(old), None, merged_into).await
    }

    /// The stored record, if there is one and it is at a version that the condition names.
    pub(super) async fn find(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<Record, Failure> {
        let resource = self.schema.resource;
        let read = |row: &Row<'_>| read_record(resource, row);
        let found = tx.optional(&self.schema.get, vec![Param::Uuid(id.uuid())], read).await?;
        let Some(record) = found else {
            let params = tombstone_params(resource, id);
            let left = tx.optional(&FIND_TOMBSTONE, params, |row| row.optional_uuid(0)).await?;
            return Err(missing_problem(left.flatten()).into());
        };
        if let WriteCondition::Versions(versions) = &self.condition
            && !versions.contains(&record.version())
        {
            let detail = format!("The {} is at version {} now", resource.name, record.version());
            return Err(Problem::new(ProblemKind::PreconditionFailed, detail).into());
        }
        Ok(record)
    }

    /// The number of the change, where it is one that the outside follows.
    fn next_sequence(&self, tx: &mut ScopedTx<'_, '_>) -> Result<Option<i64>, DbError> {
        self.schema.resource.is_in_feed().then(|| tx.next_sequence()).transpose()
    }

    fn stamp(&self, record: &mut Record, version: i64) {
        let now = self.now.as_micros();
        // After a clock was set back: who follows changes by this field must still find the change.
        let moment = match record.get(self.schema.resource, "updatedAt") {
            Value::Integer(last) if *last > now => last.saturating_add(1_000),
            _ => now,
        };
        record.set(self.schema.resource, "version", Value::Integer(version));
        record.set(self.schema.resource, "updatedAt", Value::Integer(moment));
    }

    /// Refuses references to what is not there for this tenant (domain §1, rule 3).
    async fn check_references(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        record: &Record,
        old: Option<&Record>,
    ) -> Result<(), Failure> {
        let mut violations = Vec::new();
        for (position, field) in self.schema.resource.fields.iter().enumerate() {
            let value = record.at(position);
            let (Some(other), Value::Id(id)) = (field.references, value) else { continue };
            if old.is_some_and(|old| old.at(position) == value) {
                continue;
            }
            let schema = self.app.schema(other)?;
            if tx.optional(&schema.get, vec![Param::Uuid(*id)], |_| Ok(())).await?.is_none() {
                let message = format!("There is no {} {id}.", other.noun());
                violations.push(Violation::new(field.name, "unknown_reference", message));
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Problem::validation(violations).into()) }
    }

    /// Refuses values that another record of the tenant has already, all of them at once. The
    /// tenant is locked, so that nobody can take one in between; the index is the second guard.
    async fn check_unique(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        record: &Record,
        own: Option<RecordId>,
    ) -> Result<(), Failure> {
        let Some(find_same) = &self.schema.find_same else { return Ok(()) };
        let positions: Vec<usize> = self.schema.unique_positions().collect();
        let wanted: Vec<Param> = positions
            .iter()
            .map(|&position| match self.schema.column(position).folded {
                Some(_) => folded_param(record.at(position)),
                None => param(record.at(position)),
            })
            .collect();
        let others = tx
            .all(find_same, wanted.clone(), |row| {
                let same = (1..=positions.len()).map(|column| {
                    Ok(row.optional_text(column)?.map_or(Param::Null, |text| Param::Text(text.to_owned())))
                });
                Ok((RecordId::from(row.uuid(0)?), same.collect::<Result<Vec<Param>, DbError>>()?))
            })
            .await?;
        let resource = self.schema.resource;
        let mut violations = Vec::new();
        for (id, values) in others.into_iter().filter(|(id, _)| Some(*id) != own) {
            for (index, value) in values.into_iter().enumerate() {
                if value != Param::Null && Some(&value) == wanted.get(index) {
                    let name = resource.fields[positions[index]].name;
                    let message = format!("Another {} ({id}) has this {name}.", resource.name);
                    violations.push(Violation::new(name, "duplicate", message));
                }
            }
        }
        if violations.is_empty() {
            return Ok(());
        }
        let detail = format!("Another {} has the same value in a field that must be unique", resource.name);
        let hint = format!("Update the existing {} instead, or use another value.", resource.name);
        Err(Problem::new(ProblemKind::Conflict, detail).violations(violations).hint(hint).into())
    }

    /// Writes the columns that differ, and no others: each index costs.
    async fn store_changes(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        old: &Record,
        new: &Record,
    ) -> Result<(), Failure> {
        let mut changes = Vec::new();
        let mut params = Vec::new();
        for (position, column) in self.schema.columns.iter().enumerate() {
            let value = new.at(position);
            if value == old.at(position) {
                continue;
            }
            changes.push(format!("{} = ?", column.name));
            params.push(param(value));
            if let Some(folded) = &column.folded {
                changes.push(format!("{folded} = ?"));
                params.push(folded_param(value));
            }
        }
        params.push(Param::Uuid(id.uuid()));
        let sql = TenantSql::update(&self.schema.table, &changes.join(", "), "AND id = ?");
        let changed = tx.execute(&sql, params).await?;
        if changed == 1 { Ok(()) } else { Err(Failure::internal("an update found no row")) }
    }

    /// Takes terms of a record out of the inverted index, and puts others in.
    async fn index(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        gone: impl IntoIterator<Item = &String>,
        come: impl IntoIterator<Item = &String>,
    ) -> Result<(), Failure> {
        let row = |term: &String| vec![Param::Text(term.clone()), Param::Uuid(id.uuid())];
        let gone: Vec<_> = gone.into_iter().map(row).collect();
        let come: Vec<_> = come.into_iter().map(row).collect();
        if !gone.is_empty() {
            tx.batch(&self.schema.delete_term, gone).await?;
        }
        if !come.is_empty() {
            tx.batch(&self.schema.insert_term, come).await?;
        }
        Ok(())
    }
}

/// The outside system's id of a record.
fn external_id(resource: &Resource, record: &Record) -> Param {
    record.text(resource, "externalId").map_or(Param::Null, |id| Param::Text(id.to_owned()))
}
