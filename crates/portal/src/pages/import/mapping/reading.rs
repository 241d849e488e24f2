//! From the mapping form to rules, and from a file's columns to a form that is filled in.

use app::{ImportJob, ImportReading, match_fields};
use domain::definition::{Kind, Resource};
use domain::mapping::Mapping;
use domain::{Problem, Violation};
use serde_json::json;

use super::{File, NAMES, SAVED, TABLE};
use crate::components::{checked_rules, field_kind, transforms};
use crate::form::Form;

/// Whether the columns are named like fields, as in a file of our own.
pub(super) fn is_own(job: &ImportJob) -> bool {
    let named = |name: &String| {
        job.resource.field(name.split_once('.').map_or(name.as_str(), |(field, _)| field)).is_some()
    };
    job.header.contains(&"id".to_owned()) && job.header.iter().any(named)
}

/// The form as it is first shown.
pub(super) fn suggested(file: &File<'_>, country: &str) -> Form {
    let job = file.job;
    let mut form = Form::default();
    let columns: Vec<&str> = job.header.iter().map(String::as_str).collect();
    // A mapping of which the file has every column was made for such files.
    let fitting = file.saved.iter().find(|(_, mapping)| mapping.absent(&columns).is_empty());
    form.set(
        "by",
        match fitting {
            _ if is_own(job) => NAMES.to_owned(),
            Some((name, _)) => format!("{SAVED}{name}"),
            None => TABLE.to_owned(),
        },
    );
    for rule in Mapping::suggest(job.resource, &columns).rules() {
        let Some(index) = job.header.iter().position(|name| name == rule.external()) else { continue };
        form.set(&format!("field[{index}]"), rule.field());
        if is_date(job.resource, &rule.field()) {
            let values = file.sample.iter().filter_map(|row| row.get(index)).map(String::as_str);
            form.set(&format!("date[{index}]"), date_pattern(values, country));
        }
    }
    form
}

fn is_date(resource: &Resource, target: &str) -> bool {
    matches!(field_kind(resource, target), Some(Kind::Date(_) | Kind::Timestamp))
}

/// How the dates among these values are mostly written; nothing where they are as ours, or are none. Day and
/// month in an order that no value tells are in that of the country.
fn date_pattern<'v>(values: impl Iterator<Item = &'v str>, country: &str) -> &'static str {
    let mut month_first = None;
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for value in values {
        let day = value.split([' ', 'T']).next().unwrap_or_default();
        let Some(sign) = day.chars().find(|it| !it.is_ascii_digit()) else { continue };
        let parts: Vec<u32> = day.split(sign).filter_map(|part| part.parse().ok()).collect();
        let [first, second, _] = parts.as_slice() else { continue };
        let pattern = match sign {
            '/' if *first > 31 => "%Y/%m/%d",
            '/' => "%d/%m/%Y",
            '.' => "%d.%m.%Y",
            '-' if *first <= 31 => "%d-%m-%Y",
            _ => "",
        };
        match found.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, count)) => *count += 1,
            None => found.push((pattern, 1)),
        }
        if pattern == "%d/%m/%Y" && *first > 12 {
            month_first = Some(false);
        } else if pattern == "%d/%m/%Y" && *second > 12 {
            month_first = Some(true);
        }
    }
    let found = found.into_iter().max_by_key(|(_, count)| *count).map_or("", |(pattern, _)| pattern);
    let month_first = month_first.unwrap_or(country == "US");
    if found == "%d/%m/%Y" && month_first { "%m/%d/%Y" } else { found }
}

/// How the form has the columns read. Violations lead to its inputs.
pub(super) fn read(file: &File<'_>, form: &Form) -> Result<ImportReading, Problem> {
    let job = file.job;
    let fields = match_fields(job.resource);
    let wanted = form.get("matchBy").unwrap_or_default();
    let match_by = fields.into_iter().find(|name| *name == wanted);
    let by = form.get("by").unwrap_or(TABLE);
    if is_own(job) && by == NAMES {
        return Ok(ImportReading { mapping: None, match_by });
    }
    if let Some(name) = by.strip_prefix(SAVED) {
        let Some((_, mapping)) = file.saved.iter().find(|(own, _)| own == name) else {
            let text = "The mapping that you chose is no longer there.";
            return Err(Problem::validation(vec![Violation::new("", "unknown_reference", text)]));
        };
        return Ok(ImportReading { mapping: Some(mapping.clone()), match_by });
    }
    let mut rules = Vec::new();
    for (index, name) in job.header.iter().enumerate() {
        let target = form.get(&format!("field[{index}]")).unwrap_or_default();
        if target.is_empty() || name.is_empty() {
            continue;
        }
        let transforms = transforms(job.resource, target, index, form);
        rules.push((
            index,
            json!({"external": name, "field": target, "direction": "inbound", "transforms": transforms}),
        ));
    }
    if rules.is_empty() {
        let text = "Choose for at least one column which field it is.";
        return Err(Problem::validation(vec![Violation::new("", "required", text)]));
    }
    let mapping = checked_rules(job.resource, rules)?;
    Ok(ImportReading { mapping: Some(mapping), match_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_tell_how_they_are_written() {
        let pattern = |values: &[&str], country| date_pattern(values.iter().copied(), country);
        assert_eq!(pattern(&["2020-12-31", ""], "AU"), "");
        assert_eq!(pattern(&["1/2/2020", "24/12/2020"], "US"), "%d/%m/%Y");
        assert_eq!(pattern(&["1/2/2020", "12/24/2020 10:00"], "AU"), "%m/%d/%Y");
        assert_eq!(pattern(&["1/2/2020"], "AU"), "%d/%m/%Y");
        assert_eq!(pattern(&["1/2/2020"], "US"), "%m/%d/%Y");
        assert_eq!(pattern(&["31.12.2020"], "AU"), "%d.%m.%Y");
        assert_eq!(pattern(&["2020/12/31"], "US"), "%Y/%m/%d");
        assert_eq!(pattern(&["1/2/2020", "2021-13-40", "24/12/2020"], "US"), "%d/%m/%Y");
        assert_eq!(pattern(&["soon"], "US"), "");
    }
}
