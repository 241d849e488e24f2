//! The mapping for files of our own: columns are named like fields, so that what was exported can be
//! imported again and changes nothing.
//!
//! Lists are joined with `;`, objects are JSON text, custom fields have columns `customFields.key`.

use super::Mapping;
use super::rule::{Direction, Rule, Target};
use super::transform::Transform;
use crate::definition::{Kind, Resource};
use crate::input::is_key;

/// What joins the items of a list in one cell.
const SEPARATOR: &str = ";";

impl Mapping {
    /// The mapping of those columns that are named like a field or like `customFields.key`.
    ///
    /// Fields that only the server sets go out and do not come in.
    #[must_use]
    pub fn identity(resource: &'static Resource, columns: &[&str]) -> Self {
        let mut rules: Vec<Rule> = Vec::with_capacity(columns.len());
        for column in columns {
            if let Some(target) = own_target(resource, column)
                && !rules.iter().any(|rule| rule.target.overlaps(&target))
            {
                rules.push(Rule {
                    external: (*column).to_owned(),
                    direction: if target.field.read_only { Direction::Outbound } else { Direction::Both },
                    transforms: own_form(&target),
                    target,
                });
            }
        }
        Self::new(resource, rules)
    }

    /// The columns of a whole export: every field in the order of the definition, and in the place of
    /// the custom fields one column for each of these keys.
    #[must_use]
    pub fn identity_columns(resource: &'static Resource, keys: &[&str]) -> Vec<String> {
        let mut columns = Vec::with_capacity(resource.fields.len() + keys.len());
        for field in resource.fields {
            if matches!(field.kind, Kind::CustomFields) {
                columns.extend(keys.iter().map(|key| format!("{}.{key}", field.name)));
            } else {
                columns.push(field.name.to_owned());
            }
        }
        columns
    }
}

/// The field or key of custom fields that a column is named like, exactly.
pub(super) fn own_target(resource: &'static Resource, column: &str) -> Option<Target> {
    if let Some(field) = resource.field(column) {
        return Some(Target::whole(field));
    }
    let (name, key) = column.split_once('.')?;
    let field = resource.field(name).filter(|field| matches!(field.kind, Kind::CustomFields))?;
    is_key(key).then(|| Target { field, key: Some(key.to_owned()) })
}

/// How a value stands in a cell of ours.
fn own_form(target: &Target) -> Vec<Transform> {
    match target.kind() {
        Some(Kind::Tags { .. }) => vec![Transform::Split(SEPARATOR.to_owned())],
        Some(Kind::Objects { .. } | Kind::CustomFields) | None => vec![Transform::Json],
        _ => Vec::new(),
    }
}
