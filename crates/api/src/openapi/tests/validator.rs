//! A validator of JSON Schema for the words that the document uses; an unknown word is a failure.

use serde_json::{Map, Value as Json};

use super::resolve;

/// Everything that is wrong with a value.
pub(super) fn faults(document: &Json, schema: &Json, value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Json, schema: &Json, value: &Json, place: &str, found: &mut Vec<String>) {
    for (word, rule) in schema.as_object().unwrap() {
        let wrong = match word.as_str() {
            "$ref" => {
                let schema = resolve(document, rule.as_str().unwrap()).unwrap();
                check(document, schema, value, place, found);
                continue;
            }
            "properties" => {
                each(rule, value, |name, schema, value| {
                    check(document, schema, value, &format!("{place}/{name}"), found);
                });
                continue;
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, rule, item, &format!("{place}/{index}"), found);
                }
                continue;
            }
            "additionalProperties" => {
                others(schema, value, |name, value| match rule {
                    Json::Bool(true) => {}
                    Json::Bool(false) => found.push(format!("{place}/{name} is unknown")),
                    schema => check(document, schema, value, &format!("{place}/{name}"), found),
                });
                continue;
            }
            "anyOf" => !rule.as_array().unwrap().iter().any(|it| faults(document, it, value).is_empty()),
            "type" => !has_type(rule, value),
            "enum" => !rule.as_array().unwrap().contains(value),
            "required" => {
                let names = rule.as_array().unwrap().iter().filter_map(Json::as_str);
                value.as_object().is_some_and(|members| names.into_iter().any(|it| !members.contains_key(it)))
            }
            "minimum" => value.as_f64().is_some_and(|it| it < rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_some_and(|it| it > rule.as_f64().unwrap()),
            "multipleOf" => value.as_f64().is_some_and(|it| (it / rule.as_f64().unwrap()).fract() != 0.0),
            "minLength" => value.as_str().is_some_and(|it| it.chars().count() < size(rule)),
            "maxLength" => value.as_str().is_some_and(|it| it.chars().count() > size(rule)),
            "minItems" => value.as_array().is_some_and(|it| it.len() < size(rule)),
            "maxItems" => value.as_array().is_some_and(|it| it.len() > size(rule)),
            "maxProperties" => value.as_object().is_some_and(|it| it.len() > size(rule)),
            "uniqueItems" => {
                value.as_array().is_some_and(|it| (1..it.len()).any(|at| it[..at].contains(&it[at])))
            }
            // What needs a library, and what only describes.
            "pattern" | "format" | "propertyNames" | "contentMediaType" | "description" | "default"
            | "example" | "examples" | "readOnly" => false,
            _ => panic!("the validator does not know {word}"),
        };
        if wrong {
            found.push(format!("{place}: {value} breaks {word} {rule}"));
        }
    }
}

fn size(rule: &Json) -> usize {
    usize::try_from(rule.as_u64().unwrap()).unwrap()
}

fn has_type(rule: &Json, value: &Json) -> bool {
    let one = |name: &Json| match name.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("there is no type {other}"),
    };
    rule.as_array().map_or_else(|| one(rule), |names| names.iter().any(one))
}

/// The members of a value that the schema names.
fn each(properties: &Json, value: &Json, mut visit: impl FnMut(&str, &Json, &Json)) {
    for (name, schema) in properties.as_object().unwrap() {
        if let Some(value) = value.get(name) {
            visit(name, schema, value);
        }
    }
}

/// The members of a value that the schema does not name.
fn others(schema: &Json, value: &Json, mut visit: impl FnMut(&str, &Json)) {
    let nothing = Map::new();
    let named = schema.get("properties").and_then(Json::as_object).unwrap_or(&nothing);
    for (name, value) in
        value.as_object().into_iter().flatten().filter(|(name, _)| !named.contains_key(*name))
    {
        visit(name, value);
    }
}
