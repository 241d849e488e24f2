//! What the document says of bodies is what the server reads.

use domain::definition::{Field, Kind, Resource};
use domain::input::{Context, Mode, apply};
use domain::json::Object;
use domain::resources::REGISTRY;
use domain::{Problem, Timestamp};
use serde_json::{Value as Json, json};

use super::super::fields::writable;
use super::super::{examples, schemas};
use super::{document, validator::faults};

/// The circumstances of an ordinary key.
fn context() -> Context {
    Context::new(Timestamp::parse("2026-11-24T00:00:00Z").unwrap(), "Australia/Sydney", "AU")
}

fn body(json: Json) -> Object {
    match json {
        Json::Object(members) => members,
        other => panic!("{other} is no body"),
    }
}

fn create(resource: &'static Resource, json: Json) -> Result<(), Problem> {
    apply(resource, None, &body(json), Mode::Create, &context()).map(drop)
}

#[test]
fn examples_of_bodies_are_accepted_as_they_stand() {
    for resource in REGISTRY.iter() {
        assert_eq!(create(resource, examples::minimal(resource)), Ok(()), "{}", resource.name);
        let complete = body(examples::complete(resource));
        let record = apply(resource, None, &complete, Mode::Create, &context()).unwrap();
        for mode in [Mode::Replace, Mode::Patch] {
            let sent = if mode == Mode::Patch { body(examples::patch(resource)) } else { complete.clone() };
            assert!(!sent.is_empty());
            assert!(apply(resource, Some(&record), &sent, mode, &context()).is_ok(), "{}", resource.name);
        }
    }
}

/// A value of a field that is `length` long and otherwise fine.
fn of_length(field: &Field, length: usize) -> Json {
    let fill = |start: &str| json!(format!("{start}{}", "x".repeat(length - start.len())));
    match field.kind {
        Kind::Url => fill("https://example.org/"),
        Kind::Phone => json!("1".repeat(length)),
        Kind::Email => {
            // Parts of a domain name have at most 63 characters.
            let domain = format!("{}org", "long-name.".repeat(19));
            json!(format!("{}@{domain}", "x".repeat(length - domain.len() - 1)))
        }
        _ => fill(""),
    }
}

#[test]
fn the_longest_texts_are_accepted_and_longer_ones_refused() {
    let document = document();
    let mut tried = 0;
    for resource in REGISTRY.iter() {
        let properties = &document["components"]["schemas"][schemas::name(resource, "Input")]["properties"];
        for field in resource.fields.iter().filter(|field| writable(field)) {
            let Some(longest) = properties[field.name]["maxLength"].as_u64() else { continue };
            let longest = usize::try_from(longest).unwrap();
            let with = |length| {
                let mut sent = examples::minimal(resource);
                sent[field.name] = of_length(field, length);
                create(resource, sent)
            };
            assert_eq!(with(longest), Ok(()), "{}.{}", resource.name, field.name);
            let code = with(longest + 1).unwrap_err().violations[0].code;
            assert!(["too_long", "invalid_email", "invalid_phone"].contains(&code), "{}: {code}", field.name);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn what_the_schema_refuses_the_server_refuses() {
    let document = document();
    for resource in REGISTRY.iter() {
        let name = schemas::name(resource, "Input");
        let schema = &document["components"]["schemas"][&name];
        let odd = [
            json!(true),
            json!(-1),
            json!(1.25),
            json!("?"),
            json!({"a": {}}),
            json!([1]),
            json!(["a", "a"]),
            Json::Null,
        ];
        for field in resource.fields.iter().filter(|field| writable(field)) {
            for value in &odd {
                let mut sent = examples::minimal(resource);
                sent[field.name] = value.clone();
                if !faults(&document, schema, &sent).is_empty() {
                    assert!(create(resource, sent).is_err(), "{name}.{} takes {value}", field.name);
                }
            }
        }
        let mut sent = examples::minimal(resource);
        sent["unheardOf"] = json!(1);
        assert!(!faults(&document, schema, &sent).is_empty());
        assert!(create(resource, sent).is_err());
        for field in resource.fields.iter().filter(|field| field.required) {
            let mut sent = body(examples::minimal(resource));
            sent.remove(field.name);
            let sent = Json::Object(sent);
            assert!(!faults(&document, schema, &sent).is_empty());
            assert!(create(resource, sent).is_err());
        }
    }
}

#[test]
fn defaults_are_those_that_the_server_takes() {
    let document = document();
    for resource in REGISTRY.iter() {
        let record =
            apply(resource, None, &body(examples::minimal(resource)), Mode::Create, &context()).unwrap();
        let properties = &document["components"]["schemas"][schemas::name(resource, "Input")]["properties"];
        for (position, field) in resource.fields.iter().enumerate() {
            if let Some(default) = properties[field.name].get("default") {
                assert_eq!(
                    &domain::json::to_json(field.kind, record.at(position)),
                    default,
                    "{}",
                    field.name
                );
            }
        }
    }
}
