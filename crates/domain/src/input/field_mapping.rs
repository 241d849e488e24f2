//! Field mappings in settings: for each resource a list of rules (API §9).

use serde_json::{Map, Value as Json};

use super::merge_patch;
use crate::definition::Registry;
use crate::mapping::Mapping;
use crate::problem::Violation;
use crate::record::Value;
use crate::text::did_you_mean;

/// Reads `{"members": [rules], …}`; a list alone is taken as the rules of the first resource, members.
/// With an `old` value the given one is a merge patch on it (RFC 7396): lists are replaced as a whole,
/// null takes one away.
pub(super) fn read(
    name: &str,
    registry: Registry,
    value: &Json,
    old: Option<&Value>,
) -> Result<Value, Vec<Violation>> {
    let first = registry.iter().next().map(|resource| resource.plural);
    let (given, by_resource) = match (value, first) {
        (Json::Object(given), _) => (given.clone(), true),
        (Json::Array(_), Some(first)) => (Map::from_iter([(first.to_owned(), value.clone())]), false),
        (Json::Null, _) => (Map::new(), true),
        _ => {
            let example = r#"{"members": [{"external": "Email", "field": "email"}]}"#;
            let message = format!("{name} must be an object such as {example}.");
            return Err(vec![Violation::new(name, "invalid_type", message)]);
        }
    };
    let mut merged = merge_patch::base(value, old);
    let mut found = Vec::new();
    for (plural, rules) in given {
        let path = if by_resource { format!("{name}.{plural}") } else { name.to_owned() };
        if rules.is_null() && old.is_some() {
            merged.shift_remove(&plural);
            continue;
        }
        let Some(resource) = registry.by_plural(&plural) else {
            let known: Vec<&str> = registry.iter().map(|resource| resource.plural).collect();
            let near = did_you_mean(&plural, known.iter().copied());
            let message = format!("Mappings are kept for {}.{near}", known.join(", "));
            found.push(Violation::new(path, "unknown_field", message));
            continue;
        };
        match Mapping::parse(resource, &rules) {
            Ok(_) => drop(merged.insert(plural, rules)),
            Err(violations) => found.extend(violations.into_iter().map(|violation| Violation {
                property_path: format!("{path}{}", violation.property_path),
                ..violation
            })),
        }
    }
    if found.is_empty() { Ok(Value::Json(Json::Object(merged).to_string())) } else { Err(found) }
}
