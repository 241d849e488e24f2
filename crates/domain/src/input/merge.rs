//! Merging one record into another: what the survivor keeps and what it takes.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Change, Context, is_empty, root, writable};
use crate::definition::{Field, Kind, Resource};
use crate::id::RecordId;
use crate::json::Object;
use crate::problem::{Problem, Violation};
use crate::record::{Record, Value};
use crate::text::did_you_mean;

/// What the caller wants of a merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergeOrder {
    /// The record that survives.
    pub into: RecordId,
    /// What the survivor takes in general.
    pub rule: MergeRule,
    /// Fields that it takes whatever the rule says.
    pub take: Vec<&'static str>,
    /// Lists and custom fields in which both are united, whatever the rule says.
    pub unite: Vec<&'static str>,
}

/// What the survivor takes in general.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MergeRule {
    /// Values where it has none; lists and custom fields are united.
    Fill,
    /// Nothing.
    Keep,
    /// Every value that the other one has.
    Take,
}

impl MergeRule {
    /// The rules with their names in the API.
    pub const ALL: [(&'static str, Self); 3] =
        [("fill", Self::Fill), ("keep", Self::Keep), ("take", Self::Take)];
}

const KNOWN: [&str; 4] = ["into", "rule", "take", "unite"];

/// Reads the body of a merge: `{"into": id, "rule": "fill", "take": ["mobile"], "unite": ["interests"]}`.
pub fn merge_order(resource: &'static Resource, body: &Object) -> Result<MergeOrder, Problem> {
    let mut violations = Vec::new();
    let mut wrong = |path: &str, code, message: String| violations.push(Violation::new(path, code, message));
    for name in body.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
        let near = did_you_mean(name, KNOWN);
        wrong(name, "unknown_field", format!("A merge takes into, rule, take and unite.{near}"));
    }
    let into = body.get("into").and_then(Json::as_str).and_then(|text| text.parse().ok());
    if into.is_none() {
        wrong("into", "required", format!("into must be the id of the {} that survives.", resource.name));
    }
    let rule = match body.get("rule") {
        None => Some(MergeRule::Fill),
        Some(given) => MergeRule::ALL.iter().find(|(name, _)| given == name).map(|(_, rule)| *rule),
    };
    if rule.is_none() {
        wrong("rule", "invalid_choice", "rule must be one of fill, keep, take.".to_owned());
    }
    let mut named = |member: &str| {
        let mut fields = Vec::new();
        match body.get(member) {
            None => {}
            Some(Json::Array(names)) => {
                for (index, name) in names.iter().enumerate() {
                    let field = name.as_str().and_then(|name| resource.field(name));
                    if let Some(field) = field.filter(|field| !field.read_only) {
                        fields.push(field.name);
                    } else {
                        let path = format!("{member}[{index}]");
                        wrong(&path, "unknown_field", format!("{name} is no field that can be taken."));
                    }
                }
            }
            Some(_) => wrong(member, "invalid_type", format!("{member} must be a list of field names.")),
        }
        fields
    };
    let (take, unite) = (named("take"), named("unite"));
    match (into, rule) {
        (Some(into), Some(rule)) if violations.is_empty() => Ok(MergeOrder { into, rule, take, unite }),
        _ => Err(Problem::validation(violations)),
    }
}

/// The survivor after the merge, checked by the resource's rules.
pub fn merge(
    resource: &'static Resource,
    survivor: &Record,
    other: &Record,
    order: &MergeOrder,
    context: &Context,
) -> Result<Record, Problem> {
    let mut new = survivor.clone();
    for (position, field) in resource.fields.iter().enumerate() {
        if !writable(field, context) {
            continue;
        }
        let (own, theirs) = (survivor.at(position), other.at(position));
        if order.take.contains(&field.name) || (order.rule == MergeRule::Take && !is_empty(theirs)) {
            new.set_at(position, theirs.clone());
        } else if order.rule == MergeRule::Fill || order.unite.contains(&field.name) {
            new.set_at(position, filled(field, own, theirs));
        }
    }
    match checked(resource, survivor, new.clone(), context) {
        Err(found) if order.rule == MergeRule::Fill => {
            // What was filled in and does not go with what the survivor has stays as it was.
            for violation in &found {
                let name = root(&violation.property_path);
                if !order.take.contains(&name) {
                    new.set(resource, name, survivor.get(resource, name).clone());
                }
            }
            checked(resource, survivor, new, context).map_err(Problem::validation)
        }
        result => result.map_err(Problem::validation),
    }
}

/// The record with what follows from its values, or the rules that it breaks.
fn checked(
    resource: &'static Resource,
    survivor: &Record,
    new: Record,
    context: &Context,
) -> Result<Record, Vec<Violation>> {
    let given = vec![false; resource.fields.len()];
    let mut change = Change { resource, old: Some(survivor), new, given, context };
    resource.rules.derive(&mut change);
    let mut found = Vec::new();
    resource.rules.check(&change, &mut found);
    if found.is_empty() { Ok(change.new) } else { Err(found) }
}

/// The own value where there is one; lists and custom fields united, as far as they may grow.
fn filled(field: &Field, own: &Value, theirs: &Value) -> Value {
    let parsed = |value: &Value| value.as_text().and_then(|text| serde_json::from_str::<Json>(text).ok());
    match (field.kind, parsed(own), parsed(theirs)) {
        (Kind::Tags { max_items, .. }, Some(Json::Array(mut own)), Some(Json::Array(theirs))) => {
            let known: BTreeSet<String> = own.iter().map(ToString::to_string).collect();
            own.extend(theirs.into_iter().filter(|item| !known.contains(&item.to_string())));
            own.truncate(max_items);
            Value::Json(Json::Array(own).to_string())
        }
        (Kind::CustomFields, Some(Json::Object(mut own)), Some(Json::Object(theirs))) => {
            for (key, value) in theirs {
                if own.len() < super::custom_fields::MAX_KEYS {
                    own.entry(key).or_insert(value);
                }
            }
            Value::Json(Json::Object(own).to_string())
        }
        _ if is_empty(own) => theirs.clone(),
        _ => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Mode, apply};
    use crate::resources::MEMBER;
    use crate::time::Timestamp;
    use serde_json::json;

    fn context() -> Context {
        Context::new(Timestamp::parse("2026-11-24T00:00:00Z").unwrap(), "Australia/Sydney", "AU")
    }

    fn member(body: &Json) -> Record {
        apply(&MEMBER, None, body.as_object().unwrap(), Mode::Create, &context()).unwrap()
    }

    fn order(body: &Json) -> Result<MergeOrder, Problem> {
        merge_order(&MEMBER, body.as_object().unwrap())
    }

    const ID: &str = "01a20bb5-ae2a-79b4-b9c7-4755fe9325e0";

    #[test]
    fn the_rule_decides_what_is_taken() {
        let survivor = member(&json!({
            "firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "city": "Perth",
            "interests": ["a"], "customFields": {"x": 1},
        }));
        let other = member(&json!({
            "firstName": "Janet", "lastName": "Doe", "email": "janet@example.org", "company": "Acme",
            "city": "Hobart", "interests": ["a", "b"], "customFields": {"x": 2, "y": 3},
        }));
        let merged = |body: Json| {
            let record = merge(&MEMBER, &survivor, &other, &order(&body).unwrap(), &context()).unwrap();
            ["firstName", "city", "company", "interests", "customFields"]
                .map(|name| record.text(&MEMBER, name).map(str::to_owned).unwrap_or_default())
        };
        let both = "{\"x\":1,\"y\":3}";
        assert_eq!(merged(json!({"into": ID})), ["Jane", "Perth", "Acme", "[\"a\",\"b\"]", both]);
        let kept = ["Jane", "Hobart", "", "[\"a\"]", "{\"x\":1}"];
        assert_eq!(merged(json!({"into": ID, "rule": "keep", "take": ["city"]})), kept);
        let taken = ["Janet", "Hobart", "Acme", "[\"a\",\"b\"]", "{\"x\":2,\"y\":3}"];
        assert_eq!(merged(json!({"into": ID, "rule": "take"})), taken);
    }

    #[test]
    fn what_does_not_go_with_the_survivor_is_not_filled_in() {
        let survivor = member(&json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org"}));
        let other = member(&json!({
            "firstName": "Jane", "lastName": "Doe", "email": "j@example.org", "city": "Perth",
            "profilePublic": true, "directoryDisplay": "personal",
        }));
        let merged = |body: Json| merge(&MEMBER, &survivor, &other, &order(&body).unwrap(), &context());
        let record = merged(json!({"into": ID})).unwrap();
        assert_eq!(record.text(&MEMBER, "city"), Some("Perth"));
        assert_eq!(record.text(&MEMBER, "directoryDisplay"), None);
        // Asked for by name, it is an error that says why.
        let problem = merged(json!({"into": ID, "take": ["directoryDisplay"]})).unwrap_err();
        assert_eq!(problem.violations[0].property_path, "directoryDisplay");
        assert!(merged(json!({"into": ID, "take": ["directoryDisplay", "profilePublic"]})).is_ok());
    }

    #[test]
    fn all_that_is_wrong_with_an_order_is_said() {
        let problem = order(&json!({"rule": "both", "take": ["id", 7, "city"], "int": 1})).unwrap_err();
        let paths: Vec<_> = problem.violations.iter().map(|it| it.property_path.as_str()).collect();
        assert_eq!(paths, ["int", "into", "rule", "take[0]", "take[1]"]);
    }
}
