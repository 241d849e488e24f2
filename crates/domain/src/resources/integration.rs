//! Integrations: named connections of outside systems (API §9).
//!
//! Settings, so read and changed by the machinery of all resources. What is synced, and how well, is not
//! known here.

use super::common::{CREATED_AT, ID, SHORT, UPDATED_AT, VERSION};
use crate::definition::{Class, Default, Field, Kind, Resource};

/// The integrations of a tenant.
pub static INTEGRATION: Resource = Resource {
    name: "integration",
    plural: "integrations",
    scope: "integrations",
    doc: "A named connection of an outside system: how its records are brought into our shape and back, and which \
          side is right when both have changed. Keys and webhooks may belong to one.",
    class: Class::Settings,
    fields: FIELDS,
    ..Resource::BARE
};

/// The records here are right: the outside system adds some, but overwrites none.
pub const MEMBERPULSE: &str = "memberpulse";
/// The outside system is right.
pub const EXTERNAL: &str = "external";
/// Who changed a record last is right.
pub const LATEST_WINS: &str = "latest_wins";

/// Keys and webhooks may belong to an integration.
pub(super) const INTEGRATION_ID: Field = Field::new("integrationId", Kind::Id).nullable().filter();

const FIELDS: &[Field] = &[
    ID,
    Field::new("name", Kind::Text { min: 1, max: SHORT }).required().unique().folded().filter().sort().doc(
        "What it is called. No two integrations have the same name, in upper or lower case; `memberpulse import \
         --mapping NAME` finds it by this.",
        r#""Salesforce""#,
    ),
    Field::new("kind", Kind::Choice(&["rest-api", "wordpress", "salesforce", "hubspot", "custom"]))
        .filter()
        .default(Default::Text("custom"))
        .doc("What is connected.", r#""salesforce""#),
    Field::new("enabled", Kind::Boolean).filter().default(Default::Boolean(true)).doc(
        "Whether records are synced. While it is off, syncs are refused and failed records are not tried again; \
         its keys and webhooks have switches of their own.",
        "true",
    ),
    Field::new("sourceOfTruth", Kind::Choice(&[MEMBERPULSE, EXTERNAL, LATEST_WINS]))
        .filter()
        .default(Default::Text(MEMBERPULSE))
        .doc(
            "Which side is right when a synced record is there already and differs: `memberpulse` keeps it as it \
             is, `external` overwrites it, `latest_wins` takes the side that changed it last.",
            r#""latest_wins""#,
        ),
    Field::new("fieldMapping", Kind::FieldMapping).doc(
        "For each resource the rules between its fields and those of the outside system: `{\"members\": \
         [{\"external\": \"Email\", \"field\": \"email\"}]}`. They apply to syncs, to webhooks of this integration \
         that have none of their own, to its change feed and to CSV import. Where there are none, records have \
         the shape that the API shows.",
        r#"{"members":[{"external":"Id","field":"externalId"},{"external":"Email","field":"email","transforms":[{"lowercase":true}]}]}"#,
    ),
    Field::text("createdBy", SHORT)
        .read_only()
        .doc("The id of the key or user that made it.", r#""01938c5e-1111-7aaa-8bbb-5f1a6b7c8d9e""#),
    VERSION,
    CREATED_AT,
    UPDATED_AT,
];

#[cfg(test)]
mod tests {
    use super::INTEGRATION;
    use crate::input::{Mode, apply};
    use crate::json::parse;
    use crate::resources::testing::context;

    #[test]
    fn two_columns_for_one_field_are_refused() {
        let body = r#"{"name": "CRM", "fieldMapping": {"members": [
            {"external": "Email", "field": "email"}, {"external": "Mail", "field": "email"}]}}"#;
        let body = parse(body.as_bytes()).unwrap().as_object().cloned().unwrap();
        let problem = apply(&INTEGRATION, None, &body, Mode::Create, &context()).unwrap_err();
        let [violation] = problem.violations.as_slice() else { panic!("{:?}", problem.violations) };
        assert_eq!(violation.property_path, "fieldMapping.members[1].field");
        assert_eq!(violation.code, "duplicate_field");
        assert!(violation.message.contains("already filled from `Email`"), "{}", violation.message);
    }
}
