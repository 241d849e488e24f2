//! Field mappings (API §9): rules that are taken are kept as they are; a value either arrives or is
//! explained.

use domain::input::Mode;
use domain::json::{self, Object};
use domain::mapping::{Mapping, cell};
use serde_json::Value as Json;

use super::records::{comes_back, object, shown};
use super::{context, resource};

/// The first line of the data names a resource, the second is a list of rules, each further one a record in
/// the outside system's shape.
pub(crate) fn check(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let name = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let Some(resource) = name.and_then(resource) else { return };
    let Some(rules) = lines.next().and_then(|line| json::parse(line).ok()) else { return };
    let mapping = match Mapping::parse(resource, &rules) {
        Ok(mapping) => mapping,
        Err(violations) => {
            assert!(!violations.is_empty() && violations.iter().all(|it| !it.message.is_empty()));
            return;
        }
    };
    let kept = mapping.to_json();
    let again = Mapping::parse(resource, &kept).unwrap_or_else(|found| panic!("{kept}: {found:?}"));
    assert_eq!(again.to_json(), kept);

    let context = context();
    let mapping = mapping.in_zone(context.zone.clone());
    for external in lines.filter_map(object) {
        let inbound = mapping.inbound(&external);
        let checked = mapping.check(&external, None, Mode::Create, &context);
        match &inbound {
            Ok(body) => arrives(&mapping, &kept, &external, body),
            Err(found) => {
                assert!(!found.is_empty());
                for violation in found {
                    assert!(external.contains_key(&violation.property_path), "{violation:?}");
                }
                assert!(checked.is_err(), "a record of values that cannot be read");
            }
        }
        match checked {
            Ok(record) => {
                comes_back(resource, &record, &context);
                let outside = mapping.outbound(&shown(resource, &record, &context));
                for rule in mapping.rules().iter().filter(|rule| rule.direction().is_outbound()) {
                    let value = outside.get(rule.external());
                    drop(cell(value.unwrap_or_else(|| panic!("nothing goes out as {}", rule.external()))));
                }
            }
            Err(problem) => assert!(!problem.violations.is_empty() || !problem.detail.is_empty()),
        }
    }
}

/// A value that no transform could turn into nothing is in the body.
fn arrives(mapping: &Mapping, rules: &Json, external: &Object, body: &Object) {
    for (rule, written) in mapping.rules().iter().zip(rules.as_array().into_iter().flatten()) {
        let plain = written["transforms"].as_array().is_some_and(Vec::is_empty);
        let given = external.get(rule.external());
        let empty = match given {
            None | Some(Json::Null) => true,
            Some(Json::String(text)) => text.trim().is_empty(),
            Some(Json::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        let name = rule.field();
        if empty || !plain || !rule.direction().is_inbound() || name == "updatedAt" {
            continue;
        }
        let value = match name.split_once('.') {
            Some((field, key)) => body.get(field).and_then(|object| object.get(key)),
            None => body.get(&name),
        };
        assert!(value.is_some_and(|value| !value.is_null()), "{given:?} is lost on its way to {name}");
    }
}
