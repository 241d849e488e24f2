//! Erasing a person: the record goes, and with it what else is kept of it: in the feed, in the audit log, in deliveries
//! in answers that are kept for repetitions, and in files that were sent for import. What stays says that there was
//! something, and not what.
//!
//! Backups are beyond its reach: they must be kept no longer than the law allows.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{DbError, Param, Weight};
use domain::definition::{Kind, Resource};
use domain::text::fold;
use domain::{Problem, Record, RecordId, Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::audit::AuditEntry;
use super::change::Work;
use super::get::tombstone_params;
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::GONE;
use crate::imports::{KnownBy, busy, busy_params};
use crate::store::ScopedTx;
use crate::store::integrations::{ERASE_EXTERNAL_ID, ERASE_SYNCS, EXTERNAL_ID_LEFT};
use crate::store::system::{
    BUSY_IMPORT, ERASE_ANSWER, ERASE_ATTEMPTS, ERASE_AUDIT, ERASE_CHANGES, ERASE_DELIVERIES, FIND_TOMBSTONE,
    HISTORY, LIST_ANSWERS, MERGED_INTO,
};
use crate::tenant::Tenant;

/// Kept answers that are emptied in one transaction.
const ANSWERS_AT_ONCE: usize = 100;

/// What was erased beside the record: rows that no longer tell of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Erased {
    /// Changes in the feed.
    pub changes: u64,
    /// Rows of the audit log.
    pub audit_entries: u64,
    /// Deliveries to webhooks.
    pub deliveries: u64,
    /// Answers kept for repeated requests.
    pub answers: u64,
    /// Imports whose file, or report of failed rows, was discarded.
    pub imports: u64,
}

impl App {
    /// Erases a record and its traces; also those of records that were merged into it, and of one that was deleted
    /// before. Doing it twice does no harm: what was left undone when the server was killed is done then.
    ///
    /// Files are searched first, since what the person is known by goes with the record and its history.
    pub async fn erase(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        id: RecordId,
    ) -> Result<Erased, Failure> {
        let (work, _) = self.work(tenant, actor.into(), resource)?;
        let person =
            work.run(None, move |work, tx| Box::pin(async move { work.known_by(tx, id).await })).await?;
        let imports = self.discard_files_of(tenant, person).await?;
        let (work, _) = self.work(tenant, actor.into(), resource)?;
        let (names, mut erased) =
            work.run(None, move |work, tx| Box::pin(async move { work.erase(tx, id).await })).await?;
        // No answer that tells of the record can be kept from here on: it is gone.
        erased.answers = self.erase_answers(tenant, &names).await?;
        erased.imports = imports;
        Ok(erased)
    }

    /// Empties the kept answers in which one of these names occurs.
    async fn erase_answers(&self, tenant: &Tenant, names: &[String]) -> Result<u64, Failure> {
        let mut found: Vec<(Uuid, String)> = Vec::new();
        let each = |row: &db::Row<'_>| {
            let names_one = |body: &str| names.iter().any(|name| body.contains(name));
            if std::str::from_utf8(row.bytes(2)?).is_ok_and(names_one) {
                found.push((row.uuid(0)?, row.text(1)?.to_owned()));
            }
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &LIST_ANSWERS, Vec::new(), each).await?;
        // Two at once take the rows in one order, so that neither waits for the other in a circle.
        found.sort_unstable();
        let mut erased = 0;
        // In portions, so that nobody else's change waits for long.
        for some in found.chunks(ANSWERS_AT_ONCE) {
            let shared = Arc::new((tenant.clone(), some.to_vec()));
            let done = self.db().write(move |tx| {
                let shared = shared.clone();
                Box::pin(async move {
                    let (tenant, found) = &*shared;
                    let mut tx = ScopedTx::new(tx, tenant);
                    let mut erased = 0;
                    for (credential, key) in found {
                        // Its place stays, so that a repetition is not taken for a new request.
                        let params = vec![
                            Param::Bytes(Vec::new()),
                            Param::Integer(GONE.into()),
                            Param::Uuid(*credential),
                            Param::Text(key.clone()),
                        ];
                        erased += tx.execute(&ERASE_ANSWER, params).await?;
                    }
                    Ok::<u64, DbError>(erased)
                })
            });
            erased += done.await?;
        }
        Ok(erased)
    }
}

impl Work {
    async fn erase(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<(Vec<String>, Erased), Failure> {
        let resource = self.schema.resource;
        if let Some(old) = self.erasable(tx, id).await? {
            self.remove(tx, id, &old, None).await?;
        }
        let ids = self.with_merged(tx, id).await?;
        let mut erased = Erased::default();
        let mut names: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        for &id in &ids {
            self.erase_traces(tx, id, &mut erased).await?;
            if let Some(external_id) = self.erase_syncs(tx, id).await? {
                // As the answers to syncs name a record that failed.
                names.push(format!("\"externalId\":{}", json!(external_id)));
            }
        }
        let audit = AuditEntry::act(&self.app, "erase", resource.name, Some(id.to_string()), &self.actor)?;
        audit.insert(tx).await?;
        Ok((names, erased))
    }

    /// The record as far as it is not deleted yet, or why it cannot be erased now.
    async fn erasable(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<Option<Record>, Failure> {
        let resource = self.schema.resource;
        let left =
            tx.optional(&FIND_TOMBSTONE, tombstone_params(resource, id), |row| row.optional_uuid(0)).await?;
        let old = match left {
            None => {
                let old = self.find(tx, id).await?;
                resource.rules.delete(resource, &old, &self.context())?;
                Some(old)
            }
            Some(Some(survivor)) => return Err(Problem::merged(survivor.into()).into()),
            Some(None) => None,
        };
        let read = |row: &db::Row<'_>| Ok(row.text(0)?.to_owned());
        match tx.optional(&BUSY_IMPORT, busy_params(self.app.now()), read).await? {
            Some(status) => Err(busy(&status)),
            None => Ok(old),
        }
    }

    /// By what a person is known elsewhere: what the record and those merged into it hold, and ever held.
    async fn known_by(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<KnownBy, Failure> {
        let resource = self.schema.resource;
        let old = self.erasable(tx, id).await?;
        let (mut emails, mut external_ids) = (BTreeSet::new(), BTreeSet::new());
        let mut add = |name: &str, value: &str| {
            if resource.field(name).is_some_and(|field| matches!(field.kind, Kind::Email)) {
                emails.insert(fold(value));
            } else if name == "externalId" {
                external_ids.insert(fold(value));
            }
        };
        for (field, value) in resource.fields.iter().zip(old.iter().flat_map(Record::values)) {
            if let Value::Text(text) = value {
                add(field.name, text);
            }
        }
        for id in self.with_merged(tx, id).await? {
            let key = tombstone_params(resource, id.into());
            let read = |row: &db::Row<'_>| Ok(row.optional_text(0)?.map(str::to_owned));
            if let Some(external_id) = tx.optional(&EXTERNAL_ID_LEFT, key, read).await?.flatten() {
                add("externalId", &external_id);
            }
            let of_record = vec![Param::Text(resource.name.to_owned()), Param::Text(id.to_string())];
            for changes in tx.all(&HISTORY, of_record, |row| Ok(row.text(3)?.to_owned())).await? {
                let changes: Json = serde_json::from_str(&changes).unwrap_or_default();
                for (name, change) in changes.as_object().into_iter().flatten() {
                    for text in ["old", "new"].iter().filter_map(|it| change.get(it)?.as_str()) {
                        add(name, text);
                    }
                }
            }
        }
        Ok(KnownBy { resource, emails, external_ids })
    }

    /// The ids of a record and of those that were merged into it, directly or not.
    async fn with_merged(&self, tx: &mut ScopedTx<'_, '_>, id: RecordId) -> Result<BTreeSet<Uuid>, Failure> {
        let mut ids = BTreeSet::from([id.uuid()]);
        let mut next = vec![id.uuid()];
        while let Some(id) = next.pop() {
            let params = vec![Param::Text(self.schema.resource.name.to_owned()), Param::Uuid(id)];
            for merged in tx.all(&MERGED_INTO, params, |row| row.uuid(0)).await? {
                if ids.insert(merged) {
                    next.push(merged);
                }
            }
        }
        Ok(ids)
    }

    /// Takes away what syncs keep of a record, also of attempts that failed; answers with its outside id.
    async fn erase_syncs(&self, tx: &mut ScopedTx<'_, '_>, id: Uuid) -> Result<Option<String>, Failure> {
        let resource = self.schema.resource;
        let key = tombstone_params(resource, id.into());
        let read = |row: &db::Row<'_>| Ok(row.optional_text(0)?.map(str::to_owned));
        let external_id = tx.optional(&EXTERNAL_ID_LEFT, key.clone(), read).await?.flatten();
        let wanted = external_id.clone().map_or(Param::Null, Param::Text);
        let params = vec![Param::Text(resource.plural.to_owned()), Param::Uuid(id), wanted];
        tx.execute(&ERASE_SYNCS, params).await?;
        tx.execute(&ERASE_EXTERNAL_ID, key).await?;
        Ok(external_id)
    }

    async fn erase_traces(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        id: Uuid,
        erased: &mut Erased,
    ) -> Result<(), Failure> {
        let name = Param::Text(self.schema.resource.name.to_owned());
        // The audit log knows the numbers of a record's changes by an index, and the others follow it.
        let of_audit = || Param::Text(id.to_string());
        let nothing = json!({"id": id.to_string(), "erased": true}).to_string();
        let params = vec![Param::Text(nothing), name.clone(), Param::Uuid(id), of_audit()];
        erased.changes += tx.execute(&ERASE_CHANGES, params).await?;
        tx.execute(&ERASE_ATTEMPTS, vec![name.clone(), of_audit()]).await?;
        erased.deliveries += tx.execute(&ERASE_DELIVERIES, vec![name.clone(), of_audit()]).await?;
        erased.audit_entries += tx.execute(&ERASE_AUDIT, vec![name, of_audit()]).await?;
        Ok(())
    }
}
