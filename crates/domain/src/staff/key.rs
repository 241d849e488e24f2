//! API keys, as administrators see and make them (API §2).

use super::{CREATED_AT, ID, form};
use crate::definition::{Default, Field, Kind, Resource};
use crate::resources::INTEGRATION;

/// A key, as shown.
pub static API_KEY: Resource = form(
    "apiKey",
    "A program's credential. Of the key itself only a hash is kept: it is shown once, when it is made.",
    &[
        ID,
        NAME,
        Field::new("environment", Kind::Choice(&["production", "sandbox"]))
            .read_only()
            .doc("The environment that it opens.", r#""production""#),
        Field::new("prefix", Kind::Text { min: 1, max: 20 })
            .read_only()
            .doc("Its first characters.", r#""mp_live_7Ga2""#),
        Field::new("lastFour", Kind::Text { min: 4, max: 4 })
            .read_only()
            .doc("Its last four characters.", r#""x4Kd""#),
        SCOPES,
        ALLOWED_IPS,
        INTEGRATION_ID,
        EXPIRES_AT,
        Field::new("createdBy", Kind::Text { min: 1, max: 64 })
            .read_only()
            .doc("The id of the user who made it, or `system` for an operator's command.", r#""system""#),
        CREATED_AT,
        moment("lastUsedAt", "When it was last used, in UTC, to about ten seconds."),
        Field::text("lastUsedIp", 64)
            .read_only()
            .doc("The address from which it was last used.", r#""203.0.113.9""#),
        moment("revokedAt", "When it was revoked, in UTC; null while it is not."),
    ],
);

/// What making a key takes.
pub static NEW_KEY: Resource =
    form("newApiKey", "A new API key.", &[NAME, SCOPES.required(), ALLOWED_IPS, INTEGRATION_ID, EXPIRES_AT]);

/// What rotating a key takes.
pub static ROTATION: Resource = form(
    "rotation",
    "How a key is replaced by a new one.",
    &[
        Field::new("overlapDays", Kind::Integer { min: 0, max: 7 })
            .default(Default::Integer(1))
            .doc("Days for which the old key still works beside the new one; 0 revokes it at once.", "1"),
        Field::new("expiresAt", Kind::Timestamp).nullable().doc(
            "When the new key ends to be valid. Left out, it lives as long as the old one was made for; \
             without end if that had none.",
            r#""2030-12-31T00:00:00Z""#,
        ),
    ],
);

const NAME: Field =
    Field::new("name", Kind::Text { min: 1, max: 100 }).required().doc("What it is for.", r#""Website""#);

const SCOPES: Field = Field::new("scopes", Kind::Tags { max_items: 50, max_length: 64 })
    .doc("What it may do, such as `members:read`.", r#"["members:read","events:read"]"#);

const ALLOWED_IPS: Field = Field::new("allowedIps", Kind::Tags { max_items: 50, max_length: 64 }).doc(
    "The networks (CIDR) and addresses that may use it; any when the list is empty.",
    r#"["203.0.113.0/24"]"#,
);

const INTEGRATION_ID: Field = Field::new("integrationId", Kind::Id).nullable().references(&INTEGRATION).doc(
    "The integration that it belongs to: what is done with it counts for that one's health. Deleting the integration \
     revokes it.",
    "null",
);

const EXPIRES_AT: Field = Field::new("expiresAt", Kind::Timestamp)
    .nullable()
    .doc("When it ends to be valid, in UTC; null for never.", r#""2030-12-31T00:00:00Z""#);

const fn moment(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Timestamp).nullable().read_only().doc(doc, r#""2026-11-24T03:15:27.482Z""#)
}
