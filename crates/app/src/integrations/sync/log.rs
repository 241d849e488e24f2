//! Rows of the sync log.

use db::{DbError, Param};
use domain::json::Object;
use domain::resources::sync_words::{FAILED, RECORD, RESOLVED, RETRYING, RUN, SUPERSEDED};
use domain::{Problem, RecordId, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::prepare::Task;
use super::{SyncReport, SyncResult, SyncStatus};
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::integrations::{INSERT_SYNC_ENTRY, SETTLE_SYNC_ENTRIES};

/// How often a record is tried again by itself (API §9).
const MOST_RETRIES: i64 = 3;

/// Seconds until the next attempt, after so many.
const BACK_OFF: [i64; 3] = [60, 600, 3_600];

/// When a record that failed is tried again, after so many attempts.
pub(super) fn next_retry(problem: &Problem, attempts: i64, now: Timestamp) -> Option<Timestamp> {
    let retries = usize::try_from(attempts - 1).ok()?;
    let seconds = BACK_OFF.get(retries).filter(|_| attempts <= MOST_RETRIES)?;
    super::explain::can_pass(problem).then(|| now.plus_seconds(*seconds))
}

/// Adds the row of a run.
pub(super) async fn store_run(
    tx: &mut ScopedTx<'_, '_>,
    integration: RecordId,
    report: &SyncReport,
    now: Timestamp,
) -> Result<(), DbError> {
    let mut params = head(report.run, integration, RUN, report.run, report.resource.plural, report.status());
    for status in SyncStatus::ALL {
        params.push(Param::Integer(i64::try_from(report.count(status)).unwrap_or(i64::MAX)));
    }
    params.extend([Param::Null, Param::Null, Param::Null, Param::Null, text("{}"), Param::Integer(1)]);
    let now = Param::Integer(now.as_micros());
    params.extend([Param::Null, now.clone(), now, Param::Null]);
    tx.execute(&INSERT_SYNC_ENTRY, params).await.map(drop)
}

/// Adds the row of a record that failed.
pub(super) async fn store_failure(
    tx: &mut ScopedTx<'_, '_>,
    integration: RecordId,
    report: (Uuid, &'static str),
    result: &SyncResult,
    task: &Task,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(entry) = result.entry else { return Err(Failure::internal("a failed record without a row")) };
    let (run, plural) = report;
    let status = if result.next_retry.is_some() { RETRYING } else { FAILED };
    let mut params = head(entry, integration, RECORD, run, plural, status);
    params.extend(SyncStatus::ALL.map(|_| Param::Null));
    params.extend([
        optional(result.external_id.as_deref().map(short)),
        result.record.map_or(Param::Null, |id| Param::Uuid(id.uuid())),
        optional(result.reason.clone()),
        optional(result.action.clone()),
        Param::Text(shown(result.problem.as_ref())),
        Param::Integer(1),
        moment(result.next_retry),
        Param::Integer(now.as_micros()),
        Param::Null,
        optional(task.payload.clone()),
    ]);
    tx.execute(&INSERT_SYNC_ENTRY, params).await?;
    Ok(())
}

/// Settles what failed before of the same outside record: it is stored now, or a newer state has failed.
pub(super) async fn settle_earlier(
    tx: &mut ScopedTx<'_, '_>,
    integration: RecordId,
    plural: &'static str,
    result: &SyncResult,
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(external_id) = &result.external_id else { return Ok(()) };
    let status = if result.status == SyncStatus::Failed { SUPERSEDED } else { RESOLVED };
    let params = vec![
        text(status),
        Param::Integer(now.as_micros()),
        Param::Uuid(integration.uuid()),
        text(plural),
        Param::Text(short(external_id)),
    ];
    tx.execute(&SETTLE_SYNC_ENTRIES, params).await.map(drop)
}

/// A problem for programs, as the log keeps it.
pub(super) fn shown(problem: Option<&Problem>) -> String {
    let Some(problem) = problem else { return "{}".to_owned() };
    let entry = problem.kind.entry();
    let violations: Vec<Json> = problem
        .violations
        .iter()
        .map(|it| json!({"propertyPath": it.property_path, "message": it.message, "code": it.code}))
        .collect();
    let members = [
        ("type", json!(entry.slug)),
        ("status", json!(entry.status)),
        ("detail", json!(problem.detail)),
        ("violations", json!(violations)),
    ];
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Object>())
        .to_string()
}

fn head(
    id: Uuid,
    integration: RecordId,
    kind: &'static str,
    run: Uuid,
    plural: &str,
    status: &str,
) -> Vec<Param> {
    vec![
        Param::Uuid(id),
        Param::Uuid(integration.uuid()),
        text(kind),
        Param::Uuid(run),
        text(plural),
        text(status),
    ]
}

fn text(text: &str) -> Param {
    Param::Text(text.to_owned())
}

pub(super) fn optional(text: Option<String>) -> Param {
    text.map_or(Param::Null, Param::Text)
}

pub(super) fn moment(at: Option<Timestamp>) -> Param {
    at.map_or(Param::Null, |at| Param::Integer(at.as_micros()))
}

/// As long as an outside id can be here; a longer one is a violation of its own.
fn short(text: &str) -> String {
    text.chars().take(255).collect()
}
