//! One field of a form: its input, its label, what to know of it and what is wrong with it.

use askama::Template;
use domain::Violation;
use domain::definition::{Field, Kind, Resource};

use super::control::Control;
use super::inputs::Asking;
use crate::form::Form;
use crate::words;

/// A field of a form.
#[derive(Clone, PartialEq, Eq, Debug, Template)]
#[template(path = "components/field.html")]
pub(crate) struct FieldView {
    /// The name that is sent.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) help: String,
    pub(crate) required: bool,
    /// What is wrong with it.
    pub(crate) errors: Vec<String>,
    /// What somebody else changed it to meanwhile.
    pub(crate) theirs: String,
    pub(crate) control: Control,
    /// Whether it takes the whole width.
    pub(crate) wide: bool,
}

impl FieldView {
    /// A field that is no resource's: of the sign-in, a filter, a part of a row.
    pub(crate) fn plain(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            help: String::new(),
            required: false,
            errors: Vec::new(),
            theirs: String::new(),
            control,
            wide: false,
        }
    }

    /// A field of a resource's form.
    pub(crate) fn of(
        asking: &Asking<'_>,
        field: &'static Field,
        form: &Form,
        violations: &[Violation],
        currency: &str,
    ) -> Self {
        let view = Self::part(asking.resource, field, field.name, form, violations, currency);
        let mut help = asking.layout.help(asking.resource, field);
        if matches!(field.kind, Kind::Tags { .. }) {
            help.push_str(if help.is_empty() { "One on each line." } else { " One on each line." });
        }
        Self { help, ..view }
    }

    fn part(
        resource: &'static Resource,
        field: &'static Field,
        name: &str,
        form: &Form,
        violations: &[Violation],
        currency: &str,
    ) -> Self {
        let mut control = Control::of(field, form.get(name).unwrap_or_default(), currency);
        if let Control::Rows { rows, .. } = &mut control {
            for index in 0..form.rows(name) {
                let row = format!("{name}[{index}]");
                rows.push(match field.kind {
                    Kind::Objects { fields, .. } => {
                        let part = |field: &'static Field| {
                            let name = format!("{row}.{}", field.name);
                            Self::part(resource, field, &name, form, violations, currency)
                        };
                        fields.iter().map(part).collect()
                    }
                    Kind::Headers => header(&row, form),
                    _ => entry(&row, form),
                });
            }
        }
        let whole =
            matches!(field.kind, Kind::CustomFields | Kind::Headers | Kind::FieldMapping | Kind::Tags { .. });
        let concerns = |path: &str| path == name || (whole && is_below(path, name));
        let errors = violations.iter().filter(|it| concerns(&it.property_path));
        let errors = errors.map(|it| words::spoken(resource, &it.message)).collect();
        let wide = match control {
            Control::Rows { .. } => true,
            Control::Area { .. } => !matches!(field.kind, Kind::Tags { .. }),
            _ => false,
        };
        let label = words::label(field.name);
        Self { required: field.required, errors, wide, ..Self::plain(name, label, control) }
    }

    /// The id of the input in the page.
    pub(crate) fn id(&self) -> String {
        id_of(&self.name)
    }

    /// The ids of what describes the input, for readers of the page.
    pub(crate) fn described_by(&self) -> String {
        let id = self.id();
        let parts = [
            (!self.errors.is_empty()).then(|| format!("{id}-error")),
            (!self.theirs.is_empty()).then(|| format!("{id}-theirs")),
            (!self.help.is_empty()).then(|| format!("{id}-help")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The id of an input by its name.
pub(crate) fn id_of(name: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    format!("f-{}", name.chars().map(plain).collect::<String>().trim_end_matches('-'))
}

/// Whether a path leads into the field of this name: `customFields.table`.
fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// A header that is sent along.
fn header(row: &str, form: &Form) -> Vec<FieldView> {
    let text = |part: &str| form.get(&format!("{row}.{part}")).unwrap_or_default();
    vec![
        FieldView::plain(format!("{row}.key"), "Name", Control::line(text("key"))),
        FieldView::plain(format!("{row}.value"), "Value", Control::line(text("value"))),
    ]
}

/// An entry of a record's own fields.
fn entry(row: &str, form: &Form) -> Vec<FieldView> {
    let text = |part: &str| form.get(&format!("{row}.{part}")).unwrap_or_default();
    let kinds = [("text", "Text"), ("number", "Number"), ("boolean", "Yes or no")];
    let kinds = kinds.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned()));
    let kind = if text("kind").is_empty() { "text" } else { text("kind") };
    vec![
        FieldView::plain(format!("{row}.key"), "Name", Control::line(text("key"))),
        FieldView::plain(format!("{row}.kind"), "Kind", Control::select(kinds, kind, false)),
        FieldView::plain(format!("{row}.value"), "Value", Control::line(text("value"))),
    ]
}
