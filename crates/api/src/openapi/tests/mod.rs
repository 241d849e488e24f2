//! The document is complete, consistent, and true to what the server reads.

mod bodies;
mod validator;

use std::collections::BTreeSet;

use domain::listing::known_parameters;
use domain::resources::REGISTRY;
use serde_json::{Value as Json, json};

use super::openapi_json;
use crate::config::Config;
use crate::handlers::staff::StaffCall;
use crate::routes::{RouteInfo, RouteKind, routes};

fn document() -> Json {
    serde_json::from_str(&openapi_json(REGISTRY, &Config::default())).unwrap()
}

fn table() -> Vec<RouteInfo> {
    routes(REGISTRY, &Config::default())
}

/// Every operation with its method and path.
fn operations(document: &Json) -> Vec<(String, String, &Json)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap();
            methods.iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
        })
        .collect()
}

/// Calls `visit` with every object in the document and where it is.
fn walk<'d>(value: &'d Json, place: &str, visit: &mut impl FnMut(&str, &'d serde_json::Map<String, Json>)) {
    match value {
        Json::Object(members) => {
            visit(place, members);
            for (name, value) in members {
                walk(value, &format!("{place}/{name}"), visit);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(value, &format!("{place}/{index}"), visit);
            }
        }
        _ => {}
    }
}

/// What a reference within the document names.
fn resolve<'d>(document: &'d Json, reference: &str) -> Option<&'d Json> {
    document.pointer(reference.strip_prefix('#')?)
}

#[test]
fn the_document_has_the_routes_of_the_table_and_no_other() {
    let document = document();
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let table: BTreeSet<_> =
        table().into_iter().map(|route| (route.method.to_string(), route.path)).collect();
    assert_eq!(described, table);
}

#[test]
fn operations_have_distinct_names_and_tell_what_they_need() {
    let document = document();
    let mut names = BTreeSet::new();
    for route in table() {
        let operation = &document["paths"][&route.path][route.method.as_str().to_lowercase()];
        let name = operation["operationId"].as_str().unwrap();
        assert_eq!(name, route.operation_id);
        assert!(names.insert(name), "{name} is used twice");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
        let description = operation["description"].as_str().unwrap();
        match &route.scope {
            Some(scope) => {
                assert_eq!(operation["x-required-scope"], json!(scope), "{name}");
                assert!(description.contains(&format!("`{scope}`")), "{name}");
            }
            None => assert!(operation.get("x-required-scope").is_none(), "{name}"),
        }
        let security = match (route.authenticated, route.session_only) {
            (false, _) => json!([]),
            (true, false) => json!([{"apiKey": []}, {"session": []}]),
            (true, true) => json!([{"session": []}]),
        };
        assert_eq!(operation["security"], security, "{name}");
        let answers: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
        // Signing in is refused with the same status.
        let refuses = route.authenticated || matches!(route.kind, RouteKind::Staff(StaffCall::SignIn));
        assert_eq!(answers.iter().any(|status| *status == "401"), refuses, "{name}");
        assert!(answers.iter().any(|status| status.starts_with('2')), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut used = BTreeSet::new();
    walk(&document, "", &mut |place, members| {
        if let Some(reference) = members.get("$ref").and_then(Json::as_str) {
            assert!(resolve(&document, reference).is_some(), "{place}: {reference}");
            used.insert(reference.trim_start_matches('#').to_owned());
        }
    });
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            assert!(used.contains(&format!("/components/{kind}/{name}")), "nothing uses {kind}/{name}");
        }
    }
}

#[test]
fn every_tag_is_explained_and_used() {
    let document = document();
    let explained: Vec<&Json> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let operations = operations(&document);
    let used: Vec<&Json> = operations.iter().map(|(_, _, operation)| &operation["tags"][0]).collect();
    assert!(used.iter().all(|tag| explained.contains(tag)));
    assert!(explained.iter().all(|tag| used.contains(tag)));
}

#[test]
fn lists_describe_what_the_grammar_knows() {
    let document = document();
    for route in table() {
        let RouteKind::List(resource) = route.kind else { continue };
        let parameters = document["paths"][&route.path]["get"]["parameters"].as_array().unwrap();
        let name = |parameter: &Json| {
            let reference = parameter.get("$ref").and_then(Json::as_str);
            let parameter = reference.map_or(parameter, |it| resolve(&document, it).unwrap());
            parameter["name"].as_str().unwrap().to_owned()
        };
        let described: Vec<String> = parameters.iter().map(name).collect();
        let known = known_parameters(resource);
        for name in &known {
            // `status` is described as `status[]`.
            let any_of = format!("{name}[]");
            let wanted = if known.contains(&any_of) { &any_of } else { name };
            assert!(described.contains(wanted), "{} does not describe {wanted}", route.path);
        }
        for name in &described {
            let in_path = route.path.contains(&format!("{{{name}}}"));
            let more = in_path || ["Prefer", "customFields"].contains(&name.as_str());
            assert!(more || known.contains(name), "{} describes {name}", route.path);
        }
        let distinct: BTreeSet<&String> = described.iter().collect();
        assert_eq!(distinct.len(), described.len(), "{}", route.path);
    }
}

#[test]
fn every_example_satisfies_its_schema() {
    let document = document();
    let mut count = 0;
    walk(&document, "", &mut |place, members| {
        let mut examples: Vec<&Json> = Vec::new();
        let schema = members.get("schema");
        if schema.is_some() {
            examples.extend(members.get("example"));
            let named = members.get("examples").and_then(Json::as_object);
            examples.extend(named.into_iter().flat_map(|named| named.values().map(|it| &it["value"])));
        }
        // A schema's own examples are a list.
        let own = members.get("examples").and_then(Json::as_array);
        let this = Json::Object(members.clone());
        let schema = schema.unwrap_or(&this);
        for example in examples.into_iter().chain(own.into_iter().flatten()) {
            count += 1;
            assert_eq!(validator::faults(&document, schema, example), Vec::<String>::new(), "{place}");
        }
    });
    assert!(count > 100, "{count}");
}

#[test]
fn links_lead_to_operations() {
    let document = document();
    let operations = operations(&document);
    let names: Vec<&Json> = operations.iter().map(|(_, _, operation)| &operation["operationId"]).collect();
    let created = &document["paths"]["/api/members"]["post"]["responses"]["201"]["links"];
    assert_eq!(created["getMember"]["operationId"], "getMember");
    walk(&document, "", &mut |place, members| {
        for (name, link) in members.get("links").and_then(Json::as_object).into_iter().flatten() {
            // The entry point has a member of this name, too.
            assert!(link.get("operationId").is_none_or(|it| names.contains(&it)), "{place}: {name}");
        }
    });
}

#[test]
fn the_servers_are_those_of_the_settings() {
    let urls = |config: &Config| {
        let document: Json = serde_json::from_str(&openapi_json(REGISTRY, config)).unwrap();
        let servers = document["servers"].as_array().unwrap().clone();
        servers.iter().map(|server| server["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let own = Config { public_url: "https://members.example.org".to_owned(), ..Config::default() };
    assert_eq!(urls(&own), ["https://members.example.org"]);
    let hosts = Config { sandbox_host: Some("sandbox.example.org".to_owned()), ..own };
    assert_eq!(urls(&hosts), ["https://members.example.org", "https://sandbox.example.org"]);
}
