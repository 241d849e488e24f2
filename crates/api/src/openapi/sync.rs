//! Schemas of syncs.

use app::{MAX_SYNC_RECORDS, SyncStatus};
use domain::definition::Registry;
use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Type};

use super::fields::known;
use super::integrations::{free, resource};
use super::schemas::{closed_record, integer, nullable_text, text, uuid};

pub(super) fn order(registry: Registry) -> ObjectBuilder {
    let records = ArrayBuilder::new()
        .items(free("A record in the outside system's own shape."))
        .max_items(Some(MAX_SYNC_RECORDS))
        .description(Some(
            "Records as the outside system has them. The rule for `updatedAt`, or a member of that name, tells when it \
             changed a record, for `latest_wins`; without it that is now.",
        ));
    let deleted = ArrayBuilder::new()
        .items(Ref::from_schema_name("SyncDeletion"))
        .max_items(Some(MAX_SYNC_RECORDS))
        .description(Some("Records that were deleted in the outside system."));
    ObjectBuilder::new()
        .property("resource", resource(registry, "What the records are."))
        .required("resource")
        .property("records", records)
        .property("deleted", deleted)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("What the outside system brings: at least one record or deletion."))
        .examples([json!({
            "resource": "members",
            "records": [{"Id": "CRM-1", "First": "Jane", "Last": "Doe", "Email": "jane@example.org"}],
            "deleted": [{"id": "CRM-9", "deletedAt": "2026-11-24T03:15:27Z"}],
        })])
}

pub(super) fn deletion() -> ObjectBuilder {
    let at = text("When it was deleted there; now when it is left out.").format(known(KnownFormat::DateTime));
    ObjectBuilder::new()
        .property("id", text("The outside system's id.").min_length(Some(1)).max_length(Some(255)))
        .required("id")
        .property("deletedAt", at)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("A record that was deleted in the outside system."))
}

pub(super) fn report(registry: Registry) -> ObjectBuilder {
    let mut summary = ObjectBuilder::new().description(Some("How many records ended how."));
    for status in SyncStatus::ALL {
        summary = summary.property(status.name(), integer().minimum(Some(0))).required(status.name());
    }
    let results = ArrayBuilder::new().items(Ref::from_schema_name("SyncResult"));
    closed_record([
        ("id", uuid("The run, in the sync log.").into()),
        ("integrationId", uuid("The integration.").into()),
        ("resource", resource(registry, "What was synced.").into()),
        ("status", text("The run as a whole.").enum_values(Some(["succeeded", "partial", "failed"])).into()),
        ("summary", summary.into()),
        (
            "results",
            results.description(Some("A result for each record, then for each deletion, in order.")).into(),
        ),
    ])
    .description(Some("What became of a sync."))
}

pub(super) fn result() -> ObjectBuilder {
    let id = |doc| uuid(doc).schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    let words = SyncStatus::ALL.map(SyncStatus::name);
    let retry = nullable_text().format(known(KnownFormat::DateTime));
    closed_record([
        ("index", integer().minimum(Some(0)).description(Some("The place in the order.")).into()),
        ("externalId", nullable_text().description(Some("The outside system's id.")).into()),
        ("status", text("What became of it.").enum_values(Some(words)).into()),
        ("id", id("The record here.").into()),
        ("reason", nullable_text().description(Some("Why it was skipped or failed.")).into()),
        ("action", nullable_text().description(Some("What to do about it.")).into()),
        ("violations", ArrayBuilder::new().items(Ref::from_schema_name("Violation")).into()),
        ("entryId", id("Its row in the sync log, when it failed: what `retry` takes.").into()),
        ("nextRetryAt", retry.description(Some("When it is tried again by itself.")).into()),
    ])
    .description(Some("What became of a record."))
}
