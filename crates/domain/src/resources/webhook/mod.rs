//! Webhook endpoints: where a tenant wants to be told of changes, and of which (API §8).
//!
//! Settings, so read and changed by the machinery of all resources. How and when something is sent is
//! not known here.

mod rules;

use super::common::{CREATED_AT, ID, SHORT, UPDATED_AT, VERSION, tags};
use super::integration::{INTEGRATION, INTEGRATION_ID};
use crate::definition::{Class, Default, Field, Kind, Resource};

/// The webhook endpoints of a tenant.
pub static WEBHOOK: Resource = Resource {
    name: "webhook",
    plural: "webhooks",
    scope: "webhooks",
    doc: "An address that is told of changes, each within a second, signed as Standard Webhooks says. What \
          cannot be delivered is tried again for three days; deliveries can be looked at and repeated.",
    class: Class::Settings,
    secret: true,
    fields: FIELDS,
    rules: &rules::WebhookRules,
    ..Resource::BARE
};

/// The level of each warning, and the seconds of failing after which it is due (API §8).
pub const WARNED_AFTER: [(i64, i64); 3] = [(1, 24 * 3_600), (2, 2 * 24 * 3_600), (3, 4 * 24 * 3_600)];

const FIELDS: &[Field] = &[
    ID,
    Field::new("url", Kind::Url).required().filter().doc(
        "Where events are sent by POST: an https address that the whole internet can reach. Redirects are not \
         followed.",
        r#""https://crm.example.org/hooks/memberpulse""#,
    ),
    Field::text("description", SHORT).doc("What it is for, in your own words.", r#""Keeps the CRM up to date""#),
    Field { required: true, ..tags("events") }.doc(
        "The types of event that are sent: names such as `member.created`, groups such as `member.*`, or `*` for \
         all. `GET /api/webhook-event-types` lists them.",
        r#"["member.created","member.updated"]"#,
    ),
    Field::new("enabled", Kind::Boolean)
        .filter()
        .default(Default::Boolean(true))
        .doc("Whether events are sent. Those of the time while it is off can be sent later by `recover`.", "true"),
    Field::new("headers", Kind::Headers).confidential().doc(
        "HTTP headers of your own that are sent along, at most 20. Their texts are kept encrypted and never shown: \
         `********` stands for each, and sent back it keeps the text that is stored.",
        r#"{"X-Environment":"production"}"#,
    ),
    Field::new("fieldMapping", Kind::FieldMapping).doc(
        "For each resource the rules by which its records are brought into your own shape before they are \
         sent: `{\"members\": [{\"external\": \"Email\", \"field\": \"email\"}]}`. Where there are none, \
         records are sent as the API shows them.",
        r#"{"members":[{"external":"Email","field":"email","transforms":[{"lowercase":true}]}]}"#,
    ),
    Field::new("skipOwnChanges", Kind::Boolean).default(Default::Boolean(false)).doc(
        "Leaves out the changes that were made with the key which made this webhook, or with one of its \
         integration: a two-way sync does not hear its own echo.",
        "false",
    ),
    INTEGRATION_ID.references(&INTEGRATION).doc(
        "The integration that it belongs to: its field mapping is used where this webhook has none, and with \
         `skipOwnChanges` its own changes are left out.",
        "null",
    ),
    Field::text("createdBy", SHORT)
        .read_only()
        .doc("The id of the key or user that made it.", r#""01938c5e-1111-7aaa-8bbb-5f1a6b7c8d9e""#),
    Field::new("failingSince", Kind::Timestamp).nullable().read_only().filter().doc(
        "The first of the failures since the last success; null while all is well. After five days of \
         failures the webhook is switched off.",
        "null",
    ),
    Field::new("warningLevel", Kind::Integer { min: 0, max: 3 }).default(Default::Integer(0)).read_only().filter().doc(
        "How long it has been failing: 1 after a day, 2 after two days, 3 after four days; 0 before that and \
         while all is well.",
        "0",
    ),
    Field::text("disabledReason", SHORT)
        .read_only()
        .doc("Why the server switched it off, when it did. Switching it on again clears it.", "null"),
    VERSION,
    CREATED_AT,
    UPDATED_AT,
];
