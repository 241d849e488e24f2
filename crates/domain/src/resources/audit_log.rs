//! The audit log: who did what, when and from where (domain §6).
//!
//! It is a log: its rows are added by the server in the transaction of what they tell of, and no API
//! changes or deletes one. How they are made is not known here.

use super::common::{CREATED_AT, ID, SHORT};
use crate::definition::{Class, Field, Kind, Resource};

/// The audit log of a tenant.
pub static AUDIT_LOG: Resource = Resource {
    name: "auditEntry",
    plural: "auditLog",
    scope: "audit",
    doc: "One row for each change of a record and each security-relevant act, with who did it, from where, \
          and what was different afterwards. Rows are never changed; they are kept for two years.",
    class: Class::Log,
    fields: FIELDS,
    ..Resource::BARE
};

const FIELDS: &[Field] = &[
    Field { doc: "Identifies the row. A UUID of version 7.", ..ID },
    Field::new("sequence", Kind::Integer { min: 1, max: i64::MAX })
        .nullable()
        .read_only()
        .filter()
        .sort()
        .doc(
            "The number of the change, the same as in the change feed and in webhooks; null for an act that \
         changed no record.",
            "1234",
        ),
    text("action", 50).filter().doc(
        "What was done: `create`, `update`, `delete` or `merge` of a record, or an act such as `login`, \
         `login_failed`, `impersonate`, `key_created`, `key_rotated`, `key_revoked`, `plan_changed`, \
         `user_suspended`, `export`, `import`, `sync`.",
        r#""update""#,
    ),
    text("resourceType", 50).filter().doc(
        "To what it was done: `member`, `event`, `course`, `webhook`, `integration`, `api_key`, `user`, `organisation`.",
        r#""member""#,
    ),
    text("resourceId", SHORT)
        .nullable()
        .filter()
        .doc("The id of what it was done to.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#),
    Field::new("actorType", Kind::Choice(&["user", "api_key", "integration", "system"]))
        .read_only()
        .filter()
        .doc("Who did it: a person, a key, the sync of an integration, or the server and its operator.", r#""api_key""#),
    text("actorId", SHORT)
        .nullable()
        .filter()
        .doc("The id of the user, the key or the integration.", r#""01938c5e-1111-7aaa-8bbb-5f1a6b7c8d9e""#),
    text("impersonatorId", SHORT)
        .nullable()
        .filter()
        .doc("The operator who acted as the user, in support.", "null"),
    text("ipAddress", SHORT).nullable().doc("The address that the request came from.", r#""203.0.113.9""#),
    text("userAgent", SHORT).nullable().doc("The program that sent the request.", r#""crm-sync/2.1""#),
    text("requestId", SHORT)
        .nullable()
        .filter()
        .doc("The `X-Request-Id` of the request.", r#""req_5f3a9c0e7b2d418600000001""#),
    Field::new("changes", Kind::Json).read_only().doc(
        "What was different afterwards, by field: `{\"field\": {\"old\": …, \"new\": …}}`. For an act that \
         changed no record, what there is to tell of it, as new values.",
        r#"{"status":{"old":"pending","new":"active"}}"#,
    ),
    Field { doc: "When it was done, in UTC.", ..CREATED_AT },
];

const fn text(name: &'static str, max: usize) -> Field {
    Field::new(name, Kind::Text { min: 1, max }).read_only()
}
