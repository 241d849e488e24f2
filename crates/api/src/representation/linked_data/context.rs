//! The contexts, which say what the short names in JSON-LD answers stand for.

use domain::definition::{Field, Kind, Registry, Resource};
use serde_json::{Map, Value as Json, json};

use super::{DOCUMENTATION, ENTRY_POINT, class, class_of_items, collections, meaning};

/// The context with this name, if there is one. `base` is where this server is reached: what has no
/// known meaning means what the documentation there says.
pub(crate) fn context(registry: Registry, base: &str, name: &str) -> Option<Json> {
    let own = if name == ENTRY_POINT {
        of_entry_point(registry)
    } else {
        of_records(collections(registry).find(|resource| class(resource) == name)?)
    };
    let mut terms = vocabularies(base);
    terms.extend(own);
    Some(json!({ "@context": terms }))
}

/// The vocabularies that contexts and documentation share.
pub(super) fn vocabularies(base: &str) -> Map<String, Json> {
    let known = [
        ("@vocab", format!("{base}{DOCUMENTATION}#")),
        ("hydra", "http://www.w3.org/ns/hydra/core#".to_owned()),
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#".to_owned()),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#".to_owned()),
        ("xmls", "http://www.w3.org/2001/XMLSchema#".to_owned()),
        ("owl", "http://www.w3.org/2002/07/owl#".to_owned()),
        ("schema", "https://schema.org/".to_owned()),
    ];
    known.into_iter().map(|(name, address)| (name.to_owned(), Json::from(address))).collect()
}

fn of_entry_point(registry: Registry) -> Map<String, Json> {
    let mut terms: Map<String, Json> = collections(registry)
        .map(|resource| (resource.plural.to_owned(), link(&format!("{ENTRY_POINT}/{}", resource.plural))))
        .collect();
    // The entry point's JSON has these too; they are no linked data.
    for name in ["name", "version", "links"] {
        terms.insert(name.to_owned(), Json::Null);
    }
    terms
}

/// Hydra's words in collections, then the resource's own fields.
fn of_records(resource: &'static Resource) -> Map<String, Json> {
    let hydra = ["Collection", "PartialCollectionView", "IriTemplate", "IriTemplateMapping"]
        .into_iter()
        .chain(["member", "totalItems", "search", "template", "mapping", "variable", "required"]);
    let mut terms: Map<String, Json> =
        hydra.map(|name| (name.to_owned(), Json::from(format!("hydra:{name}")))).collect();
    for name in ["view", "first", "last", "previous", "next"] {
        terms.insert(name.to_owned(), link(&format!("hydra:{name}")));
    }
    terms.insert("property".to_owned(), json!({"@id": "hydra:property", "@type": "@vocab"}));
    let representation = json!({"@id": "hydra:variableRepresentation", "@type": "@vocab"});
    terms.insert("variableRepresentation".to_owned(), representation);
    terms.insert("BasicRepresentation".to_owned(), json!("hydra:BasicRepresentation"));
    let class = class(resource);
    for field in resource.fields {
        terms.insert(field.name.to_owned(), of_field(resource, &class, field));
    }
    terms
}

fn of_field(resource: &Resource, class: &str, field: &Field) -> Json {
    let meaning = meaning(class, field);
    match field.kind {
        Kind::Date(_) => json!({"@id": meaning, "@type": "xmls:date"}),
        Kind::Timestamp => json!({"@id": meaning, "@type": "xmls:dateTime"}),
        // Their keys mean nothing outside of them.
        kind if kind.is_object() => json!({"@id": meaning, "@type": "@json"}),
        Kind::Tags { .. } => json!({"@id": meaning, "@container": "@list"}),
        Kind::Objects { fields, .. } => {
            let inner = class_of_items(resource, field);
            let terms = fields.iter().map(|it| (it.name.to_owned(), of_field(resource, &inner, it)));
            json!({"@id": meaning, "@container": "@list", "@context": terms.collect::<Map<_, _>>()})
        }
        _ => Json::from(meaning),
    }
}

/// A term whose values are addresses.
fn link(meaning: &str) -> Json {
    json!({"@id": meaning, "@type": "@id"})
}
