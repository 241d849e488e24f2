//! What somebody else made of a mapping while it was edited here: taken over where only they changed it, told beside
//! the row where both did.

use std::collections::BTreeMap;

use domain::json::Object;
use domain::mapping::Mapping;
use domain::resources::{AUDIT_LOG, INTEGRATION};
use domain::{Problem, ProblemKind};
use serde_json::Value as Json;

use super::{Editing, Resource, rules_of, said};
use crate::components::{put_rule, rule_of, rule_rows, target_words};
use crate::failure::PageError;
use crate::form::Form;
use crate::pages::edit::changed_by;
use crate::pages::record::{Found, Names, entries_of};
use crate::visit::Visit;

/// What was typed, with what they changed.
pub(super) struct Merged {
    pub(super) editing: Editing,
    pub(super) problem: Problem,
}

/// Rules by the field that they fill.
type Rules = BTreeMap<String, Json>;

fn by_field(resource: &'static Resource, rules: Option<&Json>) -> Rules {
    let mapping = rules.and_then(|rules| Mapping::parse(resource, rules).ok());
    mapping.iter().flat_map(Mapping::rules).map(|rule| (rule.field(), rule.to_json())).collect()
}

/// Brings both changes together.
pub(super) async fn merged(visit: &Visit, found: &Found, editing: &Editing) -> Result<Merged, PageError> {
    let resource = editing.resource;
    let since = u32::try_from(found.record.version().saturating_sub(editing.base)).unwrap_or(1).max(1);
    let (entries, _) = entries_of(visit, &INTEGRATION, found.id, 1, since).await?;
    let now = rules_of(&found.record);
    let mut before = now.clone();
    for entry in &entries {
        let changes =
            entry.text(&AUDIT_LOG, "changes").and_then(|text| serde_json::from_str::<Object>(text).ok());
        let old = changes.as_ref().and_then(|all| all.get("fieldMapping")?.get("old"));
        if let Some(old) = old {
            before = old.as_object().cloned().unwrap_or_default();
        }
    }
    let [before, theirs] = [&before, &now].map(|rules| by_field(resource, rules.get(resource.plural)));
    // What cannot be read was refused before it came here.
    let ours = said(editing).map(|mapping| by_field(resource, Some(&mapping.to_json()))).unwrap_or_default();
    let names = Names::of(visit).await?;
    let who: Vec<String> = entries.iter().map(|entry| names.actor(entry)).collect();
    let (form, clashes) = brought_together(resource, &editing.form, &before, &theirs, &ours);
    let hint = if clashes > 0 {
        "What you typed is kept. Rows that you both changed are marked: look at them, then save again."
    } else {
        "What they changed is in the form now, beside what you typed. Look at it, then save again."
    };
    let problem = Problem::new(ProblemKind::PreconditionFailed, changed_by(&who)).hint(hint);
    Ok(Merged { editing: Editing { resource, form, base: found.record.version() }, problem })
}

/// The form with their changes, and how many of them meet one of ours.
fn brought_together(
    resource: &'static Resource,
    typed: &Form,
    before: &Rules,
    theirs: &Rules,
    ours: &Rules,
) -> (Form, usize) {
    let mut form = typed.clone();
    let mut clashes = 0;
    let fields: std::collections::BTreeSet<&String> = before.keys().chain(theirs.keys()).collect();
    for field in fields {
        let [old, their, our] = [before, theirs, ours].map(|rules| rules.get(field));
        if old == their || their == our {
            continue;
        }
        let row = rule_rows(&form).into_iter().find(|row| fills(resource, *row, &form, field));
        if old != our {
            // Both changed it.
            clashes += 1;
            let said = their.map_or_else(|| "left out".to_owned(), told);
            let row = row.unwrap_or_else(|| {
                let row = next_row(&form);
                form.set(&format!("external[{row}]"), "");
                row
            });
            form.set(&format!("theirs[{row}]"), said);
            continue;
        }
        if let Some(row) = row {
            let end = format!("[{row}]");
            form.0.retain(|(name, _)| !name.ends_with(&end));
        }
        if let Some(mapping) =
            their.and_then(|rule| Mapping::parse(resource, &Json::Array(vec![rule.clone()])).ok())
        {
            let row = row.unwrap_or_else(|| next_row(&form));
            mapping.rules().iter().for_each(|rule| put_rule(&mut form, row, resource, rule));
        }
    }
    (form, clashes)
}

fn fills(resource: &Resource, row: usize, form: &Form, field: &str) -> bool {
    rule_of(resource, row, form)
        .ok()
        .flatten()
        .is_some_and(|rule| rule.get("field").and_then(Json::as_str) == Some(field))
}

fn next_row(form: &Form) -> usize {
    rule_rows(form).last().map_or(0, |last| last.saturating_add(1))
}

/// A rule in a few words.
fn told(rule: &Json) -> String {
    let text = |name: &str| rule.get(name).and_then(Json::as_str).unwrap_or_default();
    let transforms = rule.get("transforms").filter(|it| it.as_array().is_some_and(|all| !all.is_empty()));
    let more = transforms.map(|it| format!(" by {it}")).unwrap_or_default();
    format!("{} from {}, {}{more}", target_words(text("field")), text("external"), text("direction"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::MEMBER;
    use serde_json::json;

    fn rules(pairs: &[(&str, &str)]) -> (Rules, Form) {
        let rules: Json =
            pairs.iter().map(|(field, external)| json!({"external": external, "field": field})).collect();
        let mapping = Mapping::parse(&MEMBER, &rules).unwrap();
        let mut form = Form::default();
        for (index, rule) in mapping.rules().iter().enumerate() {
            put_rule(&mut form, index, &MEMBER, rule);
        }
        (by_field(&MEMBER, Some(&mapping.to_json())), form)
    }

    #[test]
    fn both_changes_are_kept_and_clashes_are_told() {
        let (before, _) = rules(&[("email", "Mail"), ("city", "Town"), ("state", "State")]);
        let (theirs, _) = rules(&[("email", "E-Mail"), ("city", "City"), ("postcode", "Zip")]);
        let (ours, typed) =
            rules(&[("email", "Mail"), ("city", "Suburb"), ("state", "State"), ("gender", "Sex")]);
        let (form, clashes) = brought_together(&MEMBER, &typed, &before, &theirs, &ours);
        assert_eq!(clashes, 1);
        let now: BTreeMap<String, String> = rule_rows(&form)
            .into_iter()
            .filter_map(|row| rule_of(&MEMBER, row, &form).unwrap())
            .map(|rule| {
                (rule["field"].as_str().unwrap().to_owned(), rule["external"].as_str().unwrap().to_owned())
            })
            .collect();
        let expected = [("city", "Suburb"), ("email", "E-Mail"), ("gender", "Sex"), ("postcode", "Zip")];
        assert_eq!(now, expected.map(|(field, external)| (field.to_owned(), external.to_owned())).into());
        assert_eq!(form.get("theirs[1]"), Some("City from City, both"));
    }
}
