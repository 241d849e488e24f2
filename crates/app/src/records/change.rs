//! The one path of all changes: record, terms, audit row, feed row and sequence number, in one
//! transaction that is durable before it is acknowledged (API §6).
//!
//! Everything that can refuse a change is checked before the first row is written, so that a change
//! which is refused leaves no trace in the transaction, and others in it can go on.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{BoxFuture, DbError, Param, Row, Tx};
use domain::definition::{Kind, Resource};
use domain::input::{self, Mode};
use domain::json::Object;
use domain::{Problem, ProblemKind, Record, RecordId, Timestamp, Value, Violation};

use super::write::{Outcome, Stored, WriteCondition};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::store::system::INSERT_TOMBSTONE;
use crate::store::{Schema, ScopedTx, TenantSql, folded_param, insert_params, param, read_record, terms_of};
use crate::tenant::Tenant;

/// Everything that a change needs inside its transaction. Cheap to clone.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) app: App,
    pub(super) tenant: Tenant,
    pub(super) actor: Actor,
    pub(super) schema: Arc<Schema>,
    pub(super) now: Timestamp,
}

impl App {
    pub(super) fn work(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
    ) -> Result<Work, Failure> {
        Ok(Work {
            app: self.clone(),
            tenant: tenant.clone(),
            actor: actor.clone(),
            schema: self.schema(resource)?,
            now: self.now().truncated_to_millis(),
        })
    }
}

impl Work {
    /// The same, done at another moment.
    pub(super) fn at(mut self, moment: Timestamp) -> Self {
        self.now = moment.truncated_to_millis();
        self
    }

    /// Runs a job in one transaction on the tenant.
    pub(super) async fn run(
        self,
        job: impl for<'t> Fn(&'t Self, &'t mut ScopedTx<'_, '_>) -> BoxFuture<'t, Result<Stored, Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Stored, Failure> {
        let app = self.app.clone();
        let shared = Arc::new((self, job));
        let result = app.db().write(move |tx: &mut Tx<'_>| {
            let shared = shared.clone();
            Box::pin(async move {
                let (work, job) = &*shared;
                let mut tx = ScopedTx::new(tx, &work.tenant);
                tx.lock().await?;
                let stored = job(work, &mut tx).await?;
                tx.finish().await?;
                Ok(stored)
            })
        });
        result.await
    }

    /// Stores a checked record as a new one.
    pub(super) async fn insert(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        mut record: Record,
    ) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        self.check_unique(tx, &record, None).await?;
        let sequence = tx.next_sequence()?;
        for (position, field) in resource.fields.iter().enumerate() {
            if matches!(field.kind, Kind::Serial) {
                record.set_at(
                    position,
                    Value::Integer(tx.next_number(&format!("{}.{}", resource.name, field.name)).await?),
                );
            }
        }
        let id = RecordId::new(self.now, self.app.random_bytes()?);
        record.set(resource, "id", Value::Id(id.uuid()));
        record.set(resource, "createdAt", Value::Integer(self.now.as_micros()));
        self.stamp(&mut record, 1);
        tx.execute(&self.schema.insert, insert_params(&self.schema, &record)).await?;
        self.index(tx, id, &BTreeSet::new(), &terms_of(resource, &record)).await?;
        self.note(tx, sequence, None, Some(&record)).await?;
        Ok(Stored { record, outcome: Outcome::Created })
    }

    pub(super) async fn update(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        mode: Mode,
        body: &Object,
        condition: &WriteCondition,
    ) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let old = self.find(tx, id, condition).await?;
        let context = self.tenant.context(self.now, resource);
        let mut new = input::apply(resource, Some(&old), body, mode, &context)?;
        if new == old {
            return Ok(Stored { record: old, outcome: Outcome::Unchanged });
        }
        self.check_unique(tx, &new, Some(id)).await?;
        let sequence = tx.next_sequence()?;
        self.stamp(&mut new, old.version() + 1);
        self.store_changes(tx, id, &old, &new).await?;
        self.index(tx, id, &terms_of(resource, &old), &terms_of(resource, &new)).await?;
        self.note(tx, sequence, Some(&old), Some(&new)).await?;
        Ok(Stored { record: new, outcome: Outcome::Updated })
    }

    pub(super) async fn delete(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        condition: &WriteCondition,
    ) -> Result<Stored, Failure> {
        let resource = self.schema.resource;
        let old = self.find(tx, id, condition).await?;
        resource.rules.delete(resource, &old, &self.tenant.context(self.now, resource))?;
        let sequence = tx.next_sequence()?;
        tx.execute(&self.schema.delete, vec![Param::Uuid(id.uuid())]).await?;
        self.index(tx, id, &terms_of(resource, &old), &BTreeSet::new()).await?;
        let params = vec![
            Param::Text(resource.name.to_owned()),
            Param::Uuid(id.uuid()),
            Param::Integer(old.version() + 1),
            param(old.get(resource, "createdAt")),
            Param::Integer(self.now.as_micros()),
        ];
        tx.execute(&INSERT_TOMBSTONE, params).await?;
        self.note(tx, sequence, Some(&old), None).await?;
        Ok(Stored { record: old, outcome: Outcome::Updated })
    }

    /// The stored record, if there is one and it is at a version that the condition names.
    pub(super) async fn find(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        condition: &WriteCondition,
    ) -> Result<Record, Failure> {
        let resource = self.schema.resource;
        let read = |row: &Row<'_>| read_record(resource, row);
        let found = tx.optional(&self.schema.get, vec![Param::Uuid(id.uuid())], read).await?;
        let record = found.ok_or_else(Problem::not_found)?;
        if let WriteCondition::Versions(versions) = condition
            && !versions.contains(&record.version())
        {
            let detail = format!("The {} is at version {} now", resource.name, record.version());
            return Err(Problem::new(ProblemKind::PreconditionFailed, detail).into());
        }
        Ok(record)
    }

    fn stamp(&self, record: &mut Record, version: i64) {
        record.set(self.schema.resource, "version", Value::Integer(version));
        record.set(self.schema.resource, "updatedAt", Value::Integer(self.now.as_micros()));
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
        let sql = TenantSql::update(self.schema.resource.plural, &changes.join(", "), "AND id = ?");
        let changed = tx.execute(&sql, params).await?;
        if changed == 1 { Ok(()) } else { Err(Failure::internal("an update found no row")) }
    }

    /// Brings the inverted index from the old terms of a record to the new ones.
    async fn index(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: RecordId,
        old: &BTreeSet<String>,
        new: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let row = |term: &String| vec![Param::Text(term.clone()), Param::Uuid(id.uuid())];
        let gone: Vec<_> = old.difference(new).map(row).collect();
        let come: Vec<_> = new.difference(old).map(row).collect();
        if !gone.is_empty() {
            tx.batch(&self.schema.delete_term, gone).await?;
        }
        if !come.is_empty() {
            tx.batch(&self.schema.insert_term, come).await?;
        }
        Ok(())
    }
}
