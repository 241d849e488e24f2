//! Between rules of a mapping and the inputs of the mapping table: what a row says, as a rule, and how a stored rule
//! is said in a row. What the inputs cannot say is kept as JSON, so that looking at a rule never changes it.

use domain::definition::{Kind, Resource};
use domain::mapping::{Mapping, Rule};
use domain::{Problem, Violation};
use serde_json::{Value as Json, json};

use super::columns::DATES;
use super::field::id_of;
use crate::form::Form;

/// The parts of a row beside its column and field, by the names of their inputs.
const PARTS: [&str; 6] = ["text", "date", "split", "default", "words", "transforms"];

/// What can be done with texts: the value of the choice, and its words.
pub(crate) const TEXTS: &[(&str, &str)] = &[
    ("", "As the field needs"),
    ("none", "Left as they are"),
    ("trim", "Without blanks around them"),
    ("lower", "In lower case"),
    ("upper", "In upper case"),
];

/// What a field holds; nothing for a key of one's own.
pub(crate) fn field_kind(resource: &Resource, target: &str) -> Option<Kind> {
    resource.field(target).map(|field| field.kind)
}

/// What is done with the values of a column on their way to a field.
pub(crate) fn transforms(resource: &Resource, target: &str, index: usize, form: &Form) -> Vec<Json> {
    let given = |part: &str| form.get(&format!("{part}[{index}]")).unwrap_or_default();
    let kind = field_kind(resource, target);
    let mut all = Vec::new();
    let text = given("text");
    match text {
        "trim" => all.push(json!({"trim": true})),
        "lower" => all.extend([json!({"trim": true}), json!({"lowercase": true})]),
        "upper" => all.extend([json!({"trim": true}), json!({"uppercase": true})]),
        _ => {}
    }
    let words = pairs(given("words"));
    if !words.is_empty() {
        all.push(json!({"map": words}));
    }
    let separator = given("split");
    match kind {
        Some(Kind::Email) if text.is_empty() => {
            all.extend([json!({"trim": true}), json!({"lowercase": true})]);
        }
        Some(Kind::Country) if text.is_empty() => all.push(json!({"country": true})),
        Some(Kind::Tags { .. }) if text.is_empty() || !separator.is_empty() => {
            all.push(json!({"split": if separator.is_empty() { ";" } else { separator }}));
        }
        _ => {}
    }
    let pattern = DATES.iter().map(|(pattern, _)| *pattern).find(|pattern| *pattern == given("date"));
    match (kind, pattern) {
        (Some(Kind::Date(_)), Some(pattern)) => all.push(json!({"dateFormat": pattern})),
        (Some(Kind::Timestamp), Some(pattern)) => {
            all.push(json!({"dateTimeFormat": format!("{pattern} %H:%M")}));
        }
        _ => {}
    }
    let default = given("default").trim();
    if !default.is_empty() {
        all.push(json!({"default": default}));
    }
    all
}

/// Lines such as `M = male`.
fn pairs(text: &str) -> serde_json::Map<String, Json> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(theirs, ours)| (theirs.trim().to_owned(), json!(ours.trim()))).collect()
}

/// The numbers of the rows that a form has, in order.
pub(crate) fn rule_rows(form: &Form) -> Vec<usize> {
    let index = |name: &str| name.strip_prefix("external[")?.strip_suffix(']')?.parse::<usize>().ok();
    let mut rows: Vec<usize> = form.0.iter().filter_map(|(name, _)| index(name)).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The rule that a row says; none where the row is left out.
pub(crate) fn rule_of(resource: &Resource, index: usize, form: &Form) -> Result<Option<Json>, Violation> {
    let given = |part: &str| form.get(&format!("{part}[{index}]")).unwrap_or_default().trim();
    let (external, field) = (given("external"), given("field"));
    if field.is_empty() {
        return Ok(None);
    }
    let here = |part: &str| format!("#{}", id_of(&format!("{part}[{index}]")));
    if external.is_empty() {
        let text = format!("Say in which column {} stands.", super::columns::target_words(field));
        return Err(Violation::new(here("external"), "required", text));
    }
    let own = given("transforms");
    let transforms = if own.is_empty() {
        Json::Array(transforms(resource, field, index, form))
    } else {
        domain::json::parse(own.as_bytes()).map_err(|_| {
            let text =
                format!("{external}: the transforms are no JSON. Write a list such as [{{\"trim\": true}}].");
            Violation::new(here("transforms"), "invalid_json", text)
        })?
    };
    let direction = if given("direction").is_empty() { "both" } else { given("direction") };
    Ok(Some(json!({"external": external, "field": field, "direction": direction, "transforms": transforms})))
}

/// The mapping of rules by their rows. Violations lead to the inputs of the row.
pub(crate) fn checked_rules(
    resource: &'static Resource,
    rules: Vec<(usize, Json)>,
) -> Result<Mapping, Problem> {
    let (indexes, rules): (Vec<usize>, Vec<Json>) = rules.into_iter().unzip();
    Mapping::parse(resource, &Json::Array(rules.clone())).map_err(|found| {
        let violations = found.into_iter().map(|violation| {
            let rule = violation.property_path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            let place = rule.and_then(|(rule, _)| rule.parse::<usize>().ok());
            let index = place.and_then(|place| indexes.get(place));
            let column = place.and_then(|place| rules.get(place)?.get("external")?.as_str());
            let path =
                index.map(|index| format!("#{}", id_of(&format!("field[{index}]")))).unwrap_or_default();
            let text = format!("{}: {}", column.unwrap_or_default(), violation.message);
            Violation::new(path, violation.code, text)
        });
        Problem::validation(violations.collect())
    })
}

/// Says a stored rule in the inputs of a row.
pub(crate) fn put_rule(form: &mut Form, index: usize, resource: &Resource, rule: &Rule) {
    let mut set = |part: &str, text: &str| form.set(&format!("{part}[{index}]"), text);
    let target = rule.field();
    set("external", rule.external());
    set("field", &target);
    set("direction", rule.direction().word());
    let json = rule.to_json();
    let stored = json.get("transforms").and_then(Json::as_array).cloned().unwrap_or_default();
    for part in PARTS {
        set(part, "");
    }
    for transform in &stored {
        let text = |name: &str| transform.get(name).and_then(Json::as_str);
        if let Some(map) = transform.get("map").and_then(Json::as_object) {
            let line = |(theirs, ours): (&String, &Json)| {
                format!("{theirs} = {}", ours.as_str().unwrap_or_default())
            };
            set("words", &map.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
        if let Some(pattern) = text("dateFormat").or_else(|| text("dateTimeFormat")) {
            set("date", pattern.strip_suffix(" %H:%M").unwrap_or(pattern));
        }
        for part in ["split", "default"] {
            if let Some(text) = text(part) {
                set(part, text);
            }
        }
    }
    for (text, _) in TEXTS {
        form.set(&format!("text[{index}]"), *text);
        if transforms(resource, &target, index, form) == stored {
            return;
        }
    }
    for part in PARTS {
        form.set(&format!("{part}[{index}]"), "");
    }
    form.set(&format!("transforms[{index}]"), Json::Array(stored).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::MEMBER;

    fn said(rule: &Json) -> (Form, Json) {
        let mapping = Mapping::parse(&MEMBER, &json!([rule])).unwrap();
        let mut form = Form::default();
        put_rule(&mut form, 3, &MEMBER, &mapping.rules()[0]);
        let again = rule_of(&MEMBER, 3, &form).unwrap().unwrap();
        assert_eq!(Mapping::parse(&MEMBER, &json!([again])).unwrap().to_json(), mapping.to_json());
        (form, again)
    }

    #[test]
    fn a_rule_that_nobody_touched_stays_as_it_is() {
        let rule = |field: &str, transforms: Json| json!({"external": "X", "field": field, "transforms": transforms});
        let (form, _) = said(&rule("email", json!([{"trim": true}, {"lowercase": true}])));
        assert_eq!((form.get("text[3]"), form.get("transforms[3]")), (Some(""), Some("")));
        let (form, _) = said(&rule("email", json!([])));
        assert_eq!(form.get("text[3]"), Some("none"));
        let (form, _) =
            said(&rule("gender", json!([{"map": {"M": "male", "F": "female"}}, {"default": "other"}])));
        assert_eq!(
            (form.get("words[3]"), form.get("default[3]")),
            (Some("M = male\nF = female"), Some("other"))
        );
        let (form, _) = said(&rule("dateOfBirth", json!([{"dateFormat": "%d/%m/%Y"}])));
        assert_eq!(form.get("date[3]"), Some("%d/%m/%Y"));
        let (form, _) = said(&rule("interests", json!([{"split": "|"}])));
        assert_eq!(form.get("split[3]"), Some("|"));
        // What the inputs cannot say is there as it is.
        let (form, _) = said(&rule("mobile", json!([{"prefix": "+61"}, {"trim": true}])));
        assert_eq!(form.get("transforms[3]"), Some(r#"[{"prefix":"+61"},{"trim":true}]"#));
        said(&rule("gender", json!([{"map": {"a=b": "male"}, "otherwise": "null"}])));
        said(&rule("updatedAt", json!([{"dateTimeFormat": "%Y %j", "timezone": "Australia/Perth"}])));
    }

    #[test]
    fn what_is_wrong_leads_to_its_row() {
        let form = Form::parse(b"external[7]=A&field[7]=email&external[9]=&field[9]=city&transforms[7]=no");
        assert_eq!(rule_rows(&form), [7, 9]);
        let wrong = |index| rule_of(&MEMBER, index, &form).unwrap_err().property_path;
        assert_eq!((wrong(7), wrong(9)), ("#f-transforms-7".to_owned(), "#f-external-9".to_owned()));
        let rule = |external: &str| json!({"external": external, "field": "email"});
        let problem = checked_rules(&MEMBER, vec![(4, rule("A")), (8, rule("B"))]).unwrap_err();
        assert_eq!(problem.violations[0].property_path, "#f-field-8");
        assert!(problem.violations[0].message.starts_with("B: "), "{:?}", problem.violations);
    }
}
