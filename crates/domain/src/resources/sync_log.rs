//! The sync log of an integration: one row for each run, and one for each of its records that failed (API §9).
//!
//! A log: the server adds and updates its rows, and prunes them when they are old.

use super::common::{CREATED_AT, ID, SHORT};
use super::integration::INTEGRATION;
use crate::definition::{Class, Field, Kind, Parent, Resource};

/// What became of syncs.
pub static SYNC_LOG: Resource = Resource {
    name: "syncEntry",
    plural: "syncLog",
    scope: "integrations",
    doc: "A sync run with what it did, or a record of a run that failed: what went wrong, what to do, and when it is \
          tried again. Kept for 30 days.",
    class: Class::Log,
    parent: Some(Parent { resource: &INTEGRATION, field: "integrationId" }),
    fields: FIELDS,
    ..Resource::BARE
};

/// Words of `type` and `status`.
pub mod sync_words {
    /// A whole run.
    pub const RUN: &str = "run";
    /// One record that failed.
    pub const RECORD: &str = "record";
    /// A run without failures.
    pub const SUCCEEDED: &str = "succeeded";
    /// A run in which some records failed.
    pub const PARTIAL: &str = "partial";
    /// A run in which every record failed, or a record that is not tried again by itself.
    pub const FAILED: &str = "failed";
    /// A record that is tried again by itself.
    pub const RETRYING: &str = "retrying";
    /// A record that was stored by a later attempt.
    pub const RESOLVED: &str = "resolved";
    /// A record in whose place a later run brought a newer one that failed too.
    pub const SUPERSEDED: &str = "superseded";
}
use sync_words::{FAILED, PARTIAL, RECORD, RESOLVED, RETRYING, RUN, SUCCEEDED, SUPERSEDED};

const FIELDS: &[Field] = &[
    Field { doc: "Identifies the row. A UUID of version 7.", ..ID },
    Field::new("integrationId", Kind::Id)
        .read_only()
        .doc("The integration.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#),
    Field::new("type", Kind::Choice(&[RUN, RECORD]))
        .read_only()
        .filter()
        .doc("`run` for a whole run, `record` for one of its records that failed.", r#""run""#),
    Field::new("runId", Kind::Id)
        .read_only()
        .filter()
        .doc("The run that it belongs to; a run's own id.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#),
    Field::new("resource", Kind::Text { min: 1, max: SHORT })
        .read_only()
        .filter()
        .doc("What was synced.", r#""members""#),
    Field::new("status", Kind::Choice(&[SUCCEEDED, PARTIAL, FAILED, RETRYING, RESOLVED, SUPERSEDED]))
        .read_only()
        .filter()
        .doc(
            "Of a run: `succeeded`, `partial` when some records failed, `failed` when all did. Of a record: `retrying` \
             while it is tried again by itself, `failed` when it needs you, `resolved` once a later attempt has stored \
             it, `superseded` when a later run brought it anew and that failed too.",
            r#""succeeded""#,
        ),
    count("created", "Records that the run made; null for a record.", "3"),
    count("updated", "Records that the run changed.", "12"),
    count("unchanged", "Records that were as wanted already.", "480"),
    count("skipped", "Records that were left as they are here, by the source of truth.", "0"),
    count("deleted", "Records that the run deleted.", "1"),
    count("failed", "Records that failed.", "0"),
    Field::text("externalId", SHORT)
        .read_only()
        .filter()
        .doc("The outside system's id of the record.", r#""003A000001LmN""#),
    Field::new("recordId", Kind::Id)
        .nullable()
        .read_only()
        .filter()
        .doc("The record here that it is about, where there is one.", "null"),
    Field::text("reason", 1_000).read_only().doc("What went wrong; null for a run that succeeded.", "null"),
    Field::text("action", 1_000).read_only().doc("What to do about it.", "null"),
    Field::new("problem", Kind::Json).read_only().doc(
        "Type, status and violations of what went wrong, for programs; empty for a run.",
        "{}",
    ),
    Field::new("attempts", Kind::Integer { min: 0, max: i64::MAX })
        .read_only()
        .doc("How often it was tried, the first time included; at most three times more by itself.", "1"),
    Field::new("nextRetryAt", Kind::Timestamp)
        .nullable()
        .read_only()
        .doc("When it is tried again by itself; null when it is not.", "null"),
    Field { doc: "When the run was, in UTC.", ..CREATED_AT },
    Field::new("completedAt", Kind::Timestamp)
        .nullable()
        .read_only()
        .doc("When the run ended, or the record was settled.", r#""2026-11-24T03:15:27.610Z""#),
];

const fn count(name: &'static str, doc: &'static str, example: &'static str) -> Field {
    Field::new(name, Kind::Integer { min: 0, max: i64::MAX }).nullable().read_only().doc(doc, example)
}
