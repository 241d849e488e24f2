//! The Hydra documentation of the API, made from the definitions: `GET /api/docs.jsonld`.
//!
//! Unlike the collections it is written with the prefix `hydra:`, as API Platform does without a
//! context from another server.

use domain::definition::{Field, Kind, Owner, Registry, Resource};
use serde_json::{Value as Json, json};

use super::context::vocabularies;
use super::{DOCUMENTATION, ENTRY_POINT, class, class_of_items, collections, meaning};

/// The documentation; `base` is where this server is reached.
pub(crate) fn documentation(registry: Registry, base: &str) -> Json {
    let mut terms = vocabularies(base);
    for (name, meaning) in [
        ("domain", "rdfs:domain"),
        ("range", "rdfs:range"),
        ("subClassOf", "rdfs:subClassOf"),
        ("expects", "hydra:expects"),
        ("returns", "hydra:returns"),
    ] {
        terms.insert(name.to_owned(), json!({"@id": meaning, "@type": "@id"}));
    }
    // Clients read problem documents with this context: so they find the text to show.
    terms.insert("title".to_owned(), json!("hydra:title"));
    terms.insert("detail".to_owned(), json!("hydra:description"));
    let mut classes: Vec<Json> = collections(registry).flat_map(classes_of).collect();
    classes.extend([entry_point(registry), violation(), violation_list()]);
    json!({
        "@context": terms,
        "@id": DOCUMENTATION,
        "@type": "hydra:ApiDocumentation",
        "hydra:title": "MemberPulse API",
        "hydra:description": "Members, events and courses of an organisation.",
        "hydra:entrypoint": "/api",
        "hydra:supportedClass": classes,
    })
}

/// The class of a resource, and those of the objects in its lists.
fn classes_of(resource: &'static Resource) -> Vec<Json> {
    let name = class(resource);
    let properties: Vec<Json> =
        resource.fields.iter().map(|field| property(&name, field, &range(resource, field))).collect();
    let own = json!({
        "@id": format!("#{name}"),
        "@type": "hydra:Class",
        "hydra:title": name,
        "hydra:description": resource.doc,
        "hydra:supportedProperty": properties,
        "hydra:supportedOperation": item_operations(resource),
    });
    let inner = resource.fields.iter().filter_map(|field| {
        let Kind::Objects { fields, .. } = field.kind else { return None };
        let name = class_of_items(resource, field);
        let properties: Vec<Json> =
            fields.iter().map(|inner| property(&name, inner, &range(resource, inner))).collect();
        Some(json!({
            "@id": format!("#{name}"),
            "@type": "hydra:Class",
            "hydra:title": name,
            "hydra:description": field.doc,
            "hydra:supportedProperty": properties,
        }))
    });
    std::iter::once(own).chain(inner).collect()
}

fn property(class: &str, field: &Field, range: &str) -> Json {
    let meaning = meaning(class, field);
    let id = if meaning.contains("://") { meaning } else { format!("#{meaning}") };
    json!({
        "@type": "hydra:SupportedProperty",
        "hydra:property": {
            "@id": id,
            "@type": "rdf:Property",
            "rdfs:label": field.name,
            "domain": format!("#{class}"),
            "range": range,
        },
        "hydra:title": field.name,
        "hydra:description": field.doc,
        "hydra:required": field.required,
        "hydra:readable": true,
        "hydra:writeable": !field.read_only && field.owner == Owner::Anyone,
    })
}

/// What a field's values are. Amounts of money are strings, so that nobody counts them with floats.
/// `xmls:array` is no type of XML Schema but what API Platform and its clients call a list.
fn range(resource: &Resource, field: &Field) -> String {
    let known = match field.kind {
        Kind::Serial | Kind::Version | Kind::Integer { .. } => "xmls:integer",
        Kind::Decimal { .. } => "xmls:decimal",
        Kind::Date(_) => "xmls:date",
        Kind::Timestamp => "xmls:dateTime",
        Kind::Boolean => "xmls:boolean",
        Kind::Tags { .. } => "xmls:array",
        kind if kind.is_object() => "rdf:JSON",
        Kind::Objects { .. } => return format!("#{}", class_of_items(resource, field)),
        _ => "xmls:string",
    };
    known.to_owned()
}

/// What can be done with one record. PATCH comes before PUT: clients take the first that edits, and
/// a patch leaves alone what they do not know.
fn item_operations(resource: &Resource) -> Vec<Json> {
    let one = resource.noun();
    let record = format!("#{}", class(resource));
    let record = record.as_str();
    let mut all = vec![operation("GET", "schema:FindAction", &format!("Retrieves the {one}."), None, record)];
    if resource.is_versioned() {
        let expects = Some(record);
        all.extend([
            operation("PATCH", "schema:UpdateAction", &format!("Changes the {one}."), expects, record),
            operation("PUT", "schema:ReplaceAction", &format!("Replaces the {one}."), expects, record),
            operation("DELETE", "schema:DeleteAction", &format!("Deletes the {one}."), None, "owl:Nothing"),
        ]);
    }
    all
}

fn operation(method: &str, action: &str, title: &str, expects: Option<&str>, returns: &str) -> Json {
    let mut operation = json!({
        "@type": ["hydra:Operation", action],
        "hydra:method": method,
        "hydra:title": title,
        "rdfs:label": title,
    });
    if let Some(expects) = expects {
        operation["expects"] = json!(expects);
    }
    operation["returns"] = json!(returns);
    operation
}

/// The class of the entry point: a link to the collection of each resource.
fn entry_point(registry: Registry) -> Json {
    let links: Vec<Json> = collections(registry).map(collection_link).collect();
    json!({
        "@id": format!("#{ENTRY_POINT}"),
        "@type": "hydra:Class",
        "hydra:title": ENTRY_POINT,
        "hydra:description": "Where everything else is.",
        "hydra:supportedProperty": links,
        "hydra:supportedOperation":
            operation("GET", "schema:FindAction", "Retrieves the entry point.", None, &format!("#{ENTRY_POINT}")),
    })
}

fn collection_link(resource: &'static Resource) -> Json {
    let many = resource.plural;
    let record = format!("#{}", class(resource));
    let record = record.as_str();
    let list = format!("Retrieves the collection of {}.", resource.plural_noun());
    let mut operations = vec![operation("GET", "schema:FindAction", &list, None, "hydra:Collection")];
    if resource.is_versioned() {
        let create = format!("Creates one of the {}.", resource.plural_noun());
        operations.push(operation("POST", "schema:CreateAction", &create, Some(record), record));
    }
    json!({
        "@type": "hydra:SupportedProperty",
        "hydra:property": {
            "@id": format!("#{ENTRY_POINT}/{many}"),
            "@type": "hydra:Link",
            "rdfs:label": many,
            "domain": format!("#{ENTRY_POINT}"),
            "range": [
                {"@id": "hydra:Collection"},
                {"owl:equivalentClass": {
                    "owl:onProperty": {"@id": "hydra:member"},
                    "owl:allValuesFrom": {"@id": record},
                }},
            ],
            "hydra:supportedOperation": operations,
        },
        "hydra:title": many,
        "hydra:description": resource.doc,
        "hydra:readable": true,
        "hydra:writeable": false,
    })
}

/// A violation in a problem document.
fn violation() -> Json {
    let part = |name: &str, doc: &str| shown("ConstraintViolation", name, doc, "xmls:string");
    json!({
        "@id": "#ConstraintViolation",
        "@type": "hydra:Class",
        "hydra:title": "ConstraintViolation",
        "hydra:description": "A field or parameter that breaks a rule.",
        "hydra:supportedProperty": [
            part("propertyPath", "The field or parameter at fault."),
            part("message", "What is wrong and what would be right, for people."),
            part("code", "A stable word for programs."),
        ],
    })
}

/// A problem document with violations.
fn violation_list() -> Json {
    let doc = "Every field or parameter at fault.";
    json!({
        "@id": "#ConstraintViolationList",
        "@type": "hydra:Class",
        "subClassOf": "hydra:Error",
        "hydra:title": "ConstraintViolationList",
        "hydra:description": "The answer to a request that breaks rules, as a problem document (RFC 9457).",
        "hydra:supportedProperty":
            [shown("ConstraintViolationList", "violations", doc, "#ConstraintViolation")],
    })
}

fn shown(class: &str, name: &str, doc: &str, range: &str) -> Json {
    json!({
        "@type": "hydra:SupportedProperty",
        "hydra:property": {
            "@id": format!("#{name}"),
            "@type": "rdf:Property",
            "rdfs:label": name,
            "domain": format!("#{class}"),
            "range": range,
        },
        "hydra:title": name,
        "hydra:description": doc,
        "hydra:required": false,
        "hydra:readable": true,
        "hydra:writeable": false,
    })
}
