//! One record of a run, in the run's transaction: what is there, who is right, what becomes of it.

use db::{Param, Row};
use domain::input::{self, Mode};
use domain::resources::{EXTERNAL, LATEST_WINS};
use domain::{Problem, ProblemKind, Record, RecordId, Timestamp};

use super::super::shape::Shape;
use super::explain::explain;
use super::prepare::{Put, Task, TaskWork};
use super::{SyncResult, SyncStatus};
use crate::failure::Failure;
use crate::records::{Outcome, Work};
use crate::store::ScopedTx;
use crate::store::integrations::{
    DELETE_SYNC_LINK, FIND_SYNC_LINK, FIND_TOMBSTONE_BY_EXTERNAL_ID, STORE_SYNC_LINK,
};

/// Who syncs, and by which rules.
#[derive(Clone, Debug)]
pub(super) struct Syncing {
    pub(super) integration: RecordId,
    pub(super) truth: String,
    pub(super) shape: Shape,
}

/// What the last sync of a record left.
struct Link {
    version: i64,
    external_at: i64,
}

impl Syncing {
    /// Does one task. A problem is a result like others; what is no problem ends the whole run.
    pub(super) async fn apply(
        &self,
        work: &Work,
        tx: &mut ScopedTx<'_, '_>,
        task: &Task,
    ) -> Result<SyncResult, Failure> {
        let id = task.external_id.as_deref().unwrap_or_default();
        let done = match &task.work {
            TaskWork::Wrong(problem) => Err(Failure::from(problem.clone())),
            TaskWork::Put(put) => self.put(work, tx, id, put).await,
            TaskWork::Delete(at) => self.delete(work, tx, id, *at).await,
        };
        let result = match done {
            Ok(result) => result,
            Err(Failure::Problem(problem)) => {
                let problem = self.shape.in_their_words(*problem);
                let (reason, action) = explain(&problem);
                let failed = SyncResult::new(SyncStatus::Failed, None).because(reason, action);
                SyncResult { problem: Some(problem), ..failed }
            }
            Err(failure) => return Err(failure),
        };
        Ok(SyncResult { external_id: task.external_id.clone(), ..result })
    }

    async fn put(
        &self,
        work: &Work,
        tx: &mut ScopedTx<'_, '_>,
        external_id: &str,
        put: &Put,
    ) -> Result<SyncResult, Failure> {
        let outside = put.changed_at.unwrap_or(work.now);
        let Some(old) = work.find_by(tx, "externalId", external_id).await? else {
            if let Some(kept) = self.stays_deleted(work, tx, external_id, outside).await? {
                return Ok(kept);
            }
            let stored = work.insert(tx, put.new.as_ref().map_err(Clone::clone)?).await?;
            self.link(tx, &stored.record, outside).await?;
            return Ok(SyncResult::new(SyncStatus::Created, stored.record.id()));
        };
        let resource = self.shape.resource();
        let new = input::apply(resource, Some(&old), &put.body, Mode::Patch, &work.context())?;
        if new != old && !self.outside_is_right(tx, &old, outside).await? {
            return Ok(self.left(&old, outside));
        }
        let stored = work.put(tx, &old, new).await?;
        self.link(tx, &stored.record, outside).await?;
        let status = match stored.outcome {
            Outcome::Unchanged => SyncStatus::Unchanged,
            _ => SyncStatus::Updated,
        };
        Ok(SyncResult::new(status, old.id()))
    }

    async fn delete(
        &self,
        work: &Work,
        tx: &mut ScopedTx<'_, '_>,
        external_id: &str,
        at: Option<Timestamp>,
    ) -> Result<SyncResult, Failure> {
        let Some(old) = work.find_by(tx, "externalId", external_id).await? else {
            return Ok(SyncResult::new(SyncStatus::Unchanged, None));
        };
        let outside = at.unwrap_or(work.now);
        if !self.outside_is_right(tx, &old, outside).await? {
            return Ok(self.left(&old, outside));
        }
        let Some(id) = old.id() else { return Err(Failure::internal("a record without an id")) };
        work.delete(tx, id).await?;
        tx.execute(&DELETE_SYNC_LINK, self.link_key(id)).await?;
        Ok(SyncResult::new(SyncStatus::Deleted, Some(id)))
    }

    /// Whether the outside system's state of a record that differs takes the place of ours.
    async fn outside_is_right(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        old: &Record,
        outside: Timestamp,
    ) -> Result<bool, Failure> {
        if self.truth != LATEST_WINS {
            return Ok(self.truth == EXTERNAL);
        }
        let Some(id) = old.id() else { return Err(Failure::internal("a record without an id")) };
        let read = |row: &Row<'_>| Ok(Link { version: row.integer(0)?, external_at: row.integer(1)? });
        let link = tx.optional(&FIND_SYNC_LINK, self.link_key(id), read).await?;
        let ours = match link {
            // Nobody here has changed it since: what counts is which of their states is the later one.
            Some(link) if link.version == old.version() => link.external_at,
            _ => self.updated_at(old),
        };
        Ok(outside.as_micros() > ours)
    }

    /// Whether a record that was deleted here stays so, though the outside system still has it.
    async fn stays_deleted(
        &self,
        work: &Work,
        tx: &mut ScopedTx<'_, '_>,
        external_id: &str,
        outside: Timestamp,
    ) -> Result<Option<SyncResult>, Failure> {
        if self.truth == EXTERNAL {
            return Ok(None);
        }
        let params =
            vec![Param::Text(self.shape.resource().name.to_owned()), Param::Text(external_id.to_owned())];
        let read = |row: &Row<'_>| Ok((row.uuid(0)?, Timestamp::from_micros(row.integer(1)?)));
        let found = tx.optional(&FIND_TOMBSTONE_BY_EXTERNAL_ID, params, read).await?;
        let Some((id, at)) = found else { return Ok(None) };
        if self.truth == LATEST_WINS && outside > at {
            return Ok(None);
        }
        let noun = work.resource().noun();
        let reason = format!("The {noun} was deleted here at {at}, and MemberPulse is right about it");
        let action =
            format!("Delete it in the outside system too; or make a new {noun} there, with a new id.");
        let skipped = SyncResult::new(SyncStatus::Skipped, Some(RecordId::from(id)));
        Ok(Some(skipped.because(reason, action)))
    }

    /// A record that is left as it is here.
    fn left(&self, old: &Record, outside: Timestamp) -> SyncResult {
        let noun = self.shape.resource().noun();
        let skipped = SyncResult::new(SyncStatus::Skipped, old.id());
        if self.truth == LATEST_WINS {
            let here = Timestamp::from_micros(self.updated_at(old));
            let reason =
                format!("The {noun} here is newer: changed at {here}, in the outside system at {outside}");
            let action = "Nothing needs to be done: the outside system gets the newer state by its webhook or \
                          from GET /api/integrations/{id}/changes.";
            return skipped.because(reason, action);
        }
        let reason =
            format!("The {noun} differs, and MemberPulse is the source of truth: it was left as it is here");
        let action = "Change it in MemberPulse; or let the outside system overwrite records: set sourceOfTruth of \
                      the integration to external or latest_wins.";
        skipped.because(reason, action)
    }

    fn updated_at(&self, record: &Record) -> i64 {
        record.get(self.shape.resource(), "updatedAt").as_integer().unwrap_or_default()
    }

    fn link_key(&self, record: RecordId) -> Vec<Param> {
        vec![Param::Uuid(self.integration.uuid()), Param::Uuid(record.uuid())]
    }

    async fn link(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        record: &Record,
        outside: Timestamp,
    ) -> Result<(), Failure> {
        let Some(id) = record.id() else { return Err(Failure::internal("a record without an id")) };
        let values = [Param::Integer(record.version()), Param::Integer(outside.as_micros())];
        let params = self.link_key(id).into_iter().chain(values).collect();
        tx.execute(&STORE_SYNC_LINK, params).await?;
        Ok(())
    }
}

/// A switched-off integration syncs nothing.
pub(super) fn require_enabled(integration: &Record) -> Result<(), Problem> {
    use domain::Value;
    use domain::resources::INTEGRATION;
    if integration.get(&INTEGRATION, "enabled") == &Value::Boolean(true) {
        return Ok(());
    }
    let hint = "Switch it on first: PATCH {\"enabled\": true}.";
    Err(Problem::new(ProblemKind::RuleViolation, "The integration is switched off").hint(hint))
}
