//! The mapping table: a column of an outside system or a file, what stands in it, which field it is and how its
//! values are read. Imports and integrations share it; where the columns come from is not known here.

use askama::Template;
use domain::definition::{Field, Kind, Owner, Resource};

use super::control::{Choice, Control};
use super::field::FieldView;
use crate::form::Form;
use crate::words;

/// The table.
#[derive(Clone, PartialEq, Eq, Debug, Template)]
#[template(path = "components/columns.html")]
pub(crate) struct ColumnsTable {
    pub(crate) columns: Vec<ColumnView>,
    /// Whether first values are known.
    pub(crate) has_samples: bool,
    /// Whether values can go either way.
    pub(crate) has_directions: bool,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ColumnView {
    pub(crate) name: String,
    /// Its name as an input, where it can be changed.
    pub(crate) external: Option<FieldView>,
    pub(crate) sample: Vec<String>,
    pub(crate) field: FieldView,
    /// Which way values go, where that can be chosen.
    pub(crate) direction: Option<FieldView>,
    /// How values are read, beside the field.
    pub(crate) more: Vec<FieldView>,
    /// Whether any of that is set.
    pub(crate) is_open: bool,
}

/// Values of a column that are shown.
const SAMPLE: usize = 3;
/// Longest value of a sample.
const LONGEST: usize = 40;

/// How dates can be written: a pattern, and a day written so.
pub(crate) const DATES: &[(&str, &str)] = &[
    ("%d/%m/%Y", "31/12/2026: day, month, year"),
    ("%m/%d/%Y", "12/31/2026: month, day, year"),
    ("%d.%m.%Y", "31.12.2026"),
    ("%d-%m-%Y", "31-12-2026"),
    ("%Y/%m/%d", "2026/12/31"),
    ("%d %b %Y", "31 Dec 2026"),
];

/// A column with what the form says of it. `owner` says whose fields it can be.
pub(crate) fn column<'v>(
    resource: &'static Resource,
    owner: Owner,
    index: usize,
    name: &str,
    values: impl Iterator<Item = &'v str>,
    form: &Form,
) -> ColumnView {
    let given = |part: &str| form.get(&format!("{part}[{index}]")).unwrap_or_default();
    let values = values.filter(|text| !text.trim().is_empty());
    let mut shown: Vec<String> = Vec::new();
    for value in values {
        let short: String = value.chars().take(LONGEST).collect();
        if shown.len() < SAMPLE && !shown.contains(&short) {
            shown.push(short);
        }
    }
    let plain = |part: &str, label: &str, help: &str, control| FieldView {
        help: help.to_owned(),
        ..FieldView::plain(format!("{part}[{index}]"), label, control)
    };
    let dates = DATES.iter().map(|(pattern, label)| ((*pattern).to_owned(), (*label).to_owned()));
    let mut date = Control::select(dates, given("date"), true);
    if let Control::Select { choices } = &mut date
        && let Some(first) = choices.first_mut()
    {
        "2026-12-31".clone_into(&mut first.label);
    }
    let more = vec![
        plain("date", "Dates look like", "Only for dates.", date),
        plain(
            "split",
            "Between items of a list",
            "Only for lists; a semicolon when left empty.",
            Control::line(given("split")),
        ),
        plain(
            "default",
            "When a cell is empty",
            "This value is taken instead.",
            Control::line(given("default")),
        ),
        plain(
            "words",
            "Words of the file and ours",
            "One on each line, such as M = male.",
            Control::Area { value: given("words").to_owned(), rows: 3 },
        ),
    ];
    let is_open = ["split", "default", "words"].iter().any(|part| !given(part).trim().is_empty());
    let label = format!("Field for {name}");
    let field = FieldView::plain(
        format!("field[{index}]"),
        label,
        Control::Select { choices: fields(resource, owner, name, given("field")) },
    );
    ColumnView { name: name.to_owned(), external: None, sample: shown, field, direction: None, more, is_open }
}

/// Every field that a column can be.
fn fields(resource: &'static Resource, owner: Owner, column: &str, chosen: &str) -> Vec<Choice> {
    let choice = |value: String, label: String| Choice { chosen: value == chosen, value, label };
    let mut all = vec![choice(String::new(), "Leave out".to_owned())];
    let takes = |field: &&Field| {
        !field.read_only
            && (field.owner == Owner::Anyone || field.owner == owner)
            && !matches!(field.kind, Kind::Objects { .. } | Kind::CustomFields)
    };
    all.extend(resource.fields.iter().filter(takes).map(|field| {
        let needed = if field.required { " (required)" } else { "" };
        choice(field.name.to_owned(), format!("{}{needed}", words::label(field.name)))
    }));
    let custom = resource.fields.iter().find(|field| matches!(field.kind, Kind::CustomFields));
    if let (Some(custom), Some(key)) = (custom, key_of(column)) {
        all.push(choice(format!("{}.{key}", custom.name), format!("Own field “{key}”")));
    }
    if !all.iter().any(|choice| choice.chosen) {
        all.push(choice(chosen.to_owned(), target_words(chosen)));
    }
    all
}

/// What a rule fills, in words: "Email", "Own field “shoeSize”".
pub(crate) fn target_words(target: &str) -> String {
    match target.split_once('.') {
        Some((_, key)) => format!("Own field “{key}”"),
        None => words::label(target),
    }
}

/// The key of a custom field that a column's name makes: "Shoe size" is `shoeSize`.
fn key_of(column: &str) -> Option<String> {
    let column = column.rsplit('.').next().unwrap_or(column);
    let mut key = String::new();
    for word in column.split(|it: char| !it.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        key.push_str(&if key.is_empty() { word.to_owned() } else { words::capitalised(word) });
    }
    let first = key.chars().next()?;
    let key = key.replacen(first, &first.to_lowercase().to_string(), 1);
    (first.is_ascii_alphabetic() && key.len() <= 64).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_name_own_fields() {
        assert_eq!(key_of("Shoe size").as_deref(), Some("shoeSize"));
        assert_eq!(key_of("customFields.vip").as_deref(), Some("vip"));
        assert_eq!(key_of("2nd name"), None);
        assert_eq!(key_of("名前"), None);
    }
}
