//! The delivery log of a webhook: one row for each event that was sent, or shall be (API §8).
//!
//! A log: the server adds and updates its rows, and prunes them when they are old.

use super::common::{CREATED_AT, ID, SHORT};
use super::webhook::WEBHOOK;
use crate::definition::{Class, Field, Kind, Parent, Resource};

/// What became of the events for a webhook.
pub static DELIVERY: Resource = Resource {
    name: "delivery",
    plural: "deliveries",
    scope: "webhooks",
    doc: "What became of an event for a webhook. Kept for 30 days.",
    class: Class::Log,
    parent: Some(Parent { resource: &WEBHOOK, field: "webhookId" }),
    fields: FIELDS,
    ..Resource::BARE
};

/// A delivery that waits for its first attempt or the next one.
pub const PENDING: &str = "pending";
/// A delivery that the receiver answered with success.
pub const SUCCEEDED: &str = "succeeded";
/// A delivery that was given up.
pub const FAILED: &str = "failed";

const FIELDS: &[Field] = &[
    Field { doc: "Identifies the delivery. A UUID of version 7.", ..ID },
    Field::new("webhookId", Kind::Id)
        .read_only()
        .doc("The webhook.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#),
    Field::new("eventId", Kind::Text { min: 1, max: SHORT }).read_only().doc(
        "The event, as `id` in the body and `webhook-id` in the headers: the same at each attempt.",
        r#""evt_01938c5e7a007c3b9d2e5f1a6b7c8d9e""#,
    ),
    Field::new("eventType", Kind::Text { min: 1, max: SHORT })
        .read_only()
        .filter()
        .doc("The type of the event.", r#""member.updated""#),
    Field::new("sequence", Kind::Integer { min: 1, max: i64::MAX })
        .nullable()
        .read_only()
        .filter()
        .doc("The number of the change, as in the change feed; null for a test.", "1234"),
    Field::new("status", Kind::Choice(&[PENDING, SUCCEEDED, FAILED])).read_only().filter().doc(
        "`pending` while it waits for an attempt, `succeeded` once the receiver has answered 2xx, `failed` when it \
         was given up.",
        r#""succeeded""#,
    ),
    Field::new("attemptCount", Kind::Integer { min: 0, max: i64::MAX })
        .read_only()
        .doc("How often it was tried.", "1"),
    Field::new("nextAttemptAt", Kind::Timestamp)
        .nullable()
        .read_only()
        .doc("When it is tried next; null when it is not tried again.", "null"),
    Field::new("responseStatus", Kind::Integer { min: 100, max: 599 })
        .nullable()
        .read_only()
        .doc("The status of the last answer; null when there was none.", "204"),
    Field::new("durationMs", Kind::Integer { min: 0, max: i64::MAX })
        .nullable()
        .read_only()
        .doc("Milliseconds that the last attempt took.", "84"),
    Field::text("error", 500)
        .read_only()
        .doc("What went wrong at the last attempt, and what to do about it; null after a success.", "null"),
    Field { doc: "When the event was queued for the webhook, in UTC.", ..CREATED_AT },
    Field::new("completedAt", Kind::Timestamp)
        .nullable()
        .read_only()
        .doc("When it succeeded or was given up.", r#""2026-11-24T03:15:27.610Z""#),
];
