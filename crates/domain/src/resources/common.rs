//! Fields and rules that more than one resource has.
//!
//! Nothing here knows a particular resource: what differs comes in as an argument.

use crate::definition::{Default, Field, Kind};
use crate::input::Change;
use crate::problem::Violation;
use crate::record::Value;
use crate::time::Timestamp;

/// Most characters of a short free text: a city, a topic, a job title.
pub(super) const SHORT: usize = 255;
/// Most characters of a one-paragraph description.
pub(super) const PARAGRAPH: usize = 500;
/// Most characters of a biography.
pub(super) const BIOGRAPHY: usize = 10_000;
/// Most characters of a full description.
pub(super) const DESCRIPTION: usize = 100_000;
/// Largest count that a client may write: seats, minutes.
pub(super) const LARGEST_COUNT: i64 = 1_000_000;

pub(super) const ID: Field = Field::new("id", Kind::Id).read_only().sort().doc(
    "Identifies the record for good. A UUID of version 7, given by the server.",
    r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#,
);

pub(super) const EXTERNAL_ID: Field = Field::text("externalId", SHORT).unique().filter().sort().doc(
    "The record's id in your own system, at most 255 characters. No two records of this kind share one; \
     upper and lower case differ.",
    r#""CRM-004217""#,
);

pub(super) const CUSTOM_FIELDS: Field = Field::new("customFields", Kind::CustomFields).doc(
    "Your own fields: at most 50 keys of letters, digits and underscores that begin with a letter (at most \
     64 characters); values are strings, numbers, booleans or null.",
    r#"{"badgeName":"Janie","firstTimer":true,"tableNumber":12}"#,
);

pub(super) const VERSION: Field = Field::new("version", Kind::Version)
    .read_only()
    .doc("Counts the changes of the record, from 1. The ETag is made of it.", "3");

pub(super) const CREATED_AT: Field = Field::new("createdAt", Kind::Timestamp)
    .read_only()
    .filter()
    .sort()
    .doc("When the record was created, in UTC.", r#""2026-11-24T03:15:27.482Z""#);

pub(super) const UPDATED_AT: Field = Field::new("updatedAt", Kind::Timestamp)
    .read_only()
    .filter()
    .sort()
    .doc("When the record was last changed, in UTC.", r#""2026-11-25T22:04:51.090Z""#);

pub(super) const CPD_POINTS: Field =
    Field::new("cpdPoints", Kind::Decimal { min: 0, max: 1_000_000, step: 50 })
        .filter()
        .sort()
        .default(Default::Integer(0))
        .doc(
            "Points of continuing professional development that it is worth: 0 to 10,000 in steps of 0.5.",
            "2.5",
        );

pub(super) const CPD_CATEGORIES: Field = tags("cpdCategories").doc(
    "The kinds of continuing professional development that it counts towards.",
    r#"["Ethics","Risk management"]"#,
);

pub(super) const BRANCHES: Field = tags("branches").doc(
    "The branches or chapters of the organisation that it is meant for.",
    r#"["New South Wales","Victoria"]"#,
);

pub(super) const FEATURED_IMAGE_URL: Field = url("featuredImageUrl").doc(
    "An image that represents it on tiles and at the top of its page.",
    r#""https://cdn.example.org/images/keynote.jpg""#,
);

/// A moment that may be null.
pub(super) const fn moment(name: &'static str) -> Field {
    Field::new(name, Kind::Timestamp).nullable()
}

/// A URL that may be null.
pub(super) const fn url(name: &'static str) -> Field {
    Field::new(name, Kind::Url).nullable()
}

/// A list of at most 50 distinct texts of at most 100 characters.
pub(super) const fn tags(name: &'static str) -> Field {
    Field::new(name, Kind::Tags { max_items: 50, max_length: 100 })
}

/// A count of at least 1 that may be null.
pub(super) const fn count(name: &'static str) -> Field {
    Field::new(name, Kind::Integer { min: 1, max: LARGEST_COUNT }).nullable()
}

/// The status that waits for `publishDateTime`.
pub(super) const SCHEDULED: &str = "scheduled";
/// The status that members see.
pub(super) const PUBLISHED: &str = "published";
/// The name of [`PUBLISH_DATE_TIME`].
const PUBLISH_MOMENT: &str = "publishDateTime";

pub(super) const PUBLISH_DATE_TIME: Field = moment(PUBLISH_MOMENT).sort().doc(
    "When the server publishes it by itself. Needed for, and only with, the status `scheduled`; lies in the \
     future when it is set, and is cleared when the status leaves `scheduled`.",
    "null",
);

/// Clears the moment of publication that a body did not speak of, once nothing waits for it.
pub(super) fn settle_publish_moment(change: &mut Change<'_>) {
    let waits = change.text("status").is_none_or(|status| status == SCHEDULED);
    if !waits && !change.is_given(PUBLISH_MOMENT) {
        change.set(PUBLISH_MOMENT, Value::Null);
    }
}

/// The moment of publication is needed for, and only with, `scheduled`, and lies ahead when it is set.
pub(super) fn check_publish_moment(change: &Change<'_>, found: &mut Vec<Violation>) {
    let Some(status) = change.text("status") else { return };
    let (code, message) = match change.timestamp(PUBLISH_MOMENT) {
        None if status == SCHEDULED => {
            ("required", "publishDateTime is needed while the status is scheduled: a moment in the future.")
        }
        Some(_) if status != SCHEDULED => (
            "not_scheduled",
            "publishDateTime goes only with the status scheduled: leave it out, or set the status \
             to scheduled.",
        ),
        Some(at) if change.changes(PUBLISH_MOMENT) && at <= change.context.now => (
            "not_in_future",
            "publishDateTime must be in the future; to publish at once set the status to published instead.",
        ),
        _ => return,
    };
    found.push(Violation::new(PUBLISH_MOMENT, code, message));
}

/// Whether the record is, or will by itself be, visible to members: then it must be complete.
pub(super) fn must_be_complete(change: &Change<'_>) -> bool {
    matches!(change.text("status"), Some(SCHEDULED | PUBLISHED))
}

/// Finds which of these fields have no value. `what` names what needs them: `an event of type live`.
pub(super) fn require(change: &Change<'_>, found: &mut Vec<Violation>, what: &str, names: &[&str]) {
    let status = change.text("status").unwrap_or_default();
    for name in names {
        if change.new.get(change.resource, name).is_null() {
            let message = format!("{name} is needed while {what} is {status}.");
            found.push(Violation::new(*name, "required", message));
        }
    }
}

/// Both moments, when both are there.
pub(super) fn both(change: &Change<'_>, first: &str, second: &str) -> Option<(Timestamp, Timestamp)> {
    change.timestamp(first).zip(change.timestamp(second))
}

/// The second of two moments lies after the first; when either is missing there is nothing to say.
pub(super) fn check_order(change: &Change<'_>, found: &mut Vec<Violation>, start: &str, end: &str) {
    if let Some((from, to)) = both(change, start, end)
        && to <= from
    {
        let message = format!("{end} must be after {start} ({from}).");
        found.push(Violation::new(end, "end_before_start", message));
    }
}
