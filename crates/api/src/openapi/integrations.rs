//! Schemas of what integrations have of their own.

use domain::definition::Registry;
use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, Type};

use super::fields::{View, field_mapping, mapping_rules};
use super::schemas::{closed_record, text, uuid};
use super::sync;

/// The named schemas.
pub(super) fn schemas(registry: Registry) -> Vec<(&'static str, ObjectBuilder)> {
    vec![
        ("FieldMappingInput", mapping(registry)),
        ("MappingQuestion", question(registry)),
        ("MappingPreview", preview(registry)),
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
