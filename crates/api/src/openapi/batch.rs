//! Schemas of the calls that are about several records: batch and merge.

use app::match_fields;
use domain::definition::Resource;
use domain::input::MergeRule;
use serde_json::{Value as Json, json};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, Type};

use super::fields::{View, known, named, object};
use super::{examples, schemas};

/// One item of a batch: a merge patch, and the id where records are found by it.
pub(super) fn item(resource: &'static Resource) -> ObjectBuilder {
    let id = ObjectBuilder::new().schema_type(Type::String).format(named("uuid"));
    let item = object(resource.fields, View::Patch, None);
    item.property("id", id.description(Some("The record's id, with `\"matchBy\": \"id\"`.")))
        .description(Some("A body as for POST and PATCH, with the field by which the record is found."))
}

/// What a batch takes.
pub(super) fn input(resource: &'static Resource) -> ObjectBuilder {
    let modes = ["upsert", "create", "update"];
    let item = schemas::of(resource, "BatchItem");
    let items = ArrayBuilder::new().items(item).min_items(Some(1)).max_items(Some(app::MAX_ITEMS));
    let fields = match_fields(resource);
    let default = fields.iter().find(|name| **name == "externalId").copied();
    ObjectBuilder::new()
        .property(
            "mode",
            word("`upsert` updates the record that matches or makes one; `update` makes none.", &modes)
                .default(Some(json!("upsert"))),
        )
        .property(
            "matchBy",
            word("The field by whose value records are found.", &fields).default(default.map(|it| json!(it))),
        )
        .property(
            "items",
            items.description(Some("Bodies as for POST and PATCH, with the field to match by.")),
        )
        .required("items")
        .property("atomic", flag("All or nothing: when one item fails, none is stored."))
        .property("allowPast", flag("Records of the past may be made (history)."))
        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
        .description(Some(format!("Up to {} changes of {} at once.", app::MAX_ITEMS, resource.plural)))
        .examples([example(resource)])
}

/// A batch that can be sent as it is.
pub(super) fn example(resource: &'static Resource) -> Json {
    json!({"mode": "create", "items": [examples::minimal(resource)]})
}

/// What a batch answers.
pub(super) fn report() -> ObjectBuilder {
    let outcomes = ["created", "updated", "unchanged", "failed"];
    let index = number("The item's place in the request, from 0.");
    let result = ObjectBuilder::new()
        .property("index", index)
        .required("index")
        .property("status", word("What became of the item.", &outcomes))
        .required("status")
        .property("id", ObjectBuilder::new().schema_type(Type::String).format(named("uuid")))
        .property("problem", Ref::from_schema_name("Problem"));
    let results = ArrayBuilder::new().items(result);
    let summary = outcomes.iter().fold(ObjectBuilder::new(), |object, outcome| {
        object.property(*outcome, number(&format!("Items that were {outcome}."))).required(*outcome)
    });
    ObjectBuilder::new()
        .property("results", results.description(Some("One result for each item, in order.")))
        .required("results")
        .property("summary", summary)
        .required("summary")
        .description(Some("What became of a batch."))
}

/// What a merge takes.
pub(super) fn merge() -> ObjectBuilder {
    let rules = MergeRule::ALL.map(|(name, _)| name);
    let names = || ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
    let into: RefOr<Schema> = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(named("uuid"))
        .description(Some("The record that survives."))
        .into();
    ObjectBuilder::new()
        .property("into", into)
        .required("into")
        .property(
            "rule",
            word(
                "`fill`: the survivor takes values where it has none, lists are united; `keep`: it takes \
                 nothing; `take`: it takes every value that the merged record has.",
                &rules,
            )
            .default(Some(json!("fill"))),
        )
        .property("take", names().description(Some("Fields that the survivor takes whatever the rule says.")))
        .property(
            "unite",
            names().description(Some("Lists and custom fields that are united whatever the rule says.")),
        )
        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
        .description(Some("Which record survives a merge, and what it takes."))
}

fn word(doc: &str, words: &[&str]) -> ObjectBuilder {
    let words: Vec<Json> = words.iter().map(|word| json!(word)).collect();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).description(Some(doc))
}

fn flag(doc: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false))).description(Some(doc))
}

fn number(doc: &str) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).format(known(KnownFormat::Int32));
    number.description(Some(doc))
}
