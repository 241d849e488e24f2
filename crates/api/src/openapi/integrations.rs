//! Schemas of what integrations have of their own.

use app::SyncStatus;
use domain::definition::Registry;
use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Type};

use super::fields::{View, field_mapping, known, mapping_rules};
use super::schemas::{closed_record, integer, nullable_text, text, uuid};
use super::sync;

/// The named schemas.
pub(super) fn schemas(registry: Registry) -> Vec<(&'static str, ObjectBuilder)> {
    vec![
        ("FieldMappingInput", mapping(registry)),
        ("MappingQuestion", question(registry)),
        ("MappingPreview", preview(registry)),
        ("IntegrationStatus", status()),
        ("SyncOrder", sync::order(registry)),
        ("SyncDeletion", sync::deletion()),
        ("SyncReport", sync::report(registry)),
        ("SyncResult", sync::result()),
    ]
}

/// The name of a resource in a body or an answer.
pub(super) fn resource(registry: Registry, doc: &str) -> ObjectBuilder {
    text(doc).enum_values(Some(registry.iter().map(|resource| resource.plural)))
}

/// A record of anybody's.
pub(super) fn free(doc: &str) -> ObjectBuilder {
    let any = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    any.description(Some(doc))
}

fn mapping(registry: Registry) -> ObjectBuilder {
    let plurals = registry.iter().map(|resource| resource.plural);
    field_mapping(View::Patch)
        .schema_type(Type::Object)
        .property_names(Some(ObjectBuilder::new().enum_values(Some(plurals)).build()))
        .description(Some("For each resource the rules between its fields and those of the outside system."))
        .examples([json!({"members": [{"external": "Id", "field": "externalId"}]})])
}

fn question(registry: Registry) -> ObjectBuilder {
    let first = registry.iter().next().map(|resource| json!(resource.plural));
    let which = resource(registry, "What the sample is a record of.").default(first);
    let rules = mapping_rules(vec![Type::Array])
        .description(Some("Rules to try instead of those of the integration."));
    ObjectBuilder::new()
        .property("resource", which)
        .property("rules", rules)
        .property("sample", free("A record as the outside system has it."))
        .required("sample")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("What a mapping is tried on."))
        .examples([json!({
            "resource": "members",
            "sample": {"Id": "CRM-1", "Email": "JANE@EXAMPLE.ORG"},
            "rules": [{"external": "Email", "field": "email", "transforms": [{"lowercase": true}]}],
        })])
}

fn preview(registry: Registry) -> ObjectBuilder {
    let names = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
    let violations = ArrayBuilder::new().items(Ref::from_schema_name("Violation"));
    let valid = ObjectBuilder::new().schema_type(Type::Boolean);
    let matches = uuid("The record that it would change; null when it would make a new one.");
    let matches = matches.schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    closed_record([
        ("resource", resource(registry, "What the sample is a record of.").into()),
        ("valid", valid.description(Some("Whether it could be stored as it is.")).into()),
        ("record", free("The fields that the sample fills, as they would be stored.").into()),
        ("matches", matches.into()),
        (
            "violations",
            violations.description(Some("What is wrong with it, by the names of the outside system.")).into(),
        ),
        ("unmapped", names.description(Some("Members of the sample that no rule reads.")).into()),
    ])
    .description(Some("What becomes of the sample. Nothing is stored."))
}

fn status() -> ObjectBuilder {
    let lights = ["healthy", "degraded", "failing", "disconnected", "disabled"];
    let light = text(
        "`degraded`: it works, but there is something to see to; `failing`: it does not work; `disconnected`: it has no \
         credential that was used, and no webhook that delivered; `disabled`: it is switched off.",
    )
    .enum_values(Some(lights));
    let moment =
        |doc: &str| nullable_text().format(known(KnownFormat::DateTime)).description(Some(doc.to_owned()));
    let count = |doc: &str| {
        integer().format(known(KnownFormat::Int64)).minimum(Some(0)).description(Some(doc.to_owned()))
    };
    let connected = ObjectBuilder::new().schema_type(Type::Boolean);
    let entry = uuid("The row of the sync log that it is about, which `retry` takes.");
    let error = closed_record([
        ("type", text("A stable word, such as `credential_expired` or `sync_failed`.").into()),
        ("message", text("What is wrong.").into()),
        ("action", text("What to do about it.").into()),
        ("timestamp", text("When it was noticed last, in UTC.").format(known(KnownFormat::DateTime)).into()),
        ("entryId", entry.schema_type(SchemaType::from_iter([Type::String, Type::Null])).into()),
    ]);
    let requests = closed_record([
        ("succeeded", count("Answered with 2xx or 3xx.").into()),
        ("clientErrors", count("Answered with 4xx, but not 429.").into()),
        ("rateLimited", count("Answered with 429.").into()),
        ("serverErrors", count("Answered with 5xx.").into()),
    ]);
    let syncs = SyncStatus::ALL.map(|status| (status.name(), count("Records that ended so.").into()));
    let hour = closed_record([
        ("hour", text("The hour's first moment, in UTC.").format(known(KnownFormat::DateTime)).into()),
        ("requests", requests.description(Some("Requests with its keys.")).into()),
        ("syncs", closed_record(syncs).description(Some("Records that were synced.")).into()),
    ]);
    let errors = ArrayBuilder::new().items(error).description(Some("What is wrong, newest first."));
    let hours = ArrayBuilder::new().items(hour).description(Some("The last 24 hours, oldest first."));
    closed_record([
        ("id", uuid("The integration.").into()),
        ("status", light.into()),
        ("connected", connected.description(Some("Whether it has a way in or out that was used.")).into()),
        ("credentialExpiresAt", moment("When the last of its keys ends; null while one has no end.").into()),
        ("lastRequestAt", moment("The last request with one of its keys, of the last 30 days.").into()),
        ("lastSyncAt", moment("The last sync.").into()),
        ("pendingSyncs", count("Records that are tried again by themselves.").into()),
        ("failedSyncs", count("Records that need somebody.").into()),
        ("authFailures24h", count("Requests answered with 401 or 403.").into()),
        ("rateLimited24h", count("Requests answered with 429.").into()),
        ("webhookFailures24h", count("Deliveries whose last attempt failed.").into()),
        ("errors", errors.into()),
        ("hours", hours.into()),
    ])
    .description(Some("How an integration does."))
}
