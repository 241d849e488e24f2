//! How a mapping and the columns of a file go together.

use super::Mapping;
use crate::input::shorten;
use crate::problem::Violation;
use crate::text::did_you_mean;

impl Mapping {
    /// The column that fills this field.
    #[must_use]
    pub fn column_of(&self, field: &str) -> Option<&str> {
        self.inbound_rules().find(|rule| rule.target.to_string() == field).map(|rule| rule.external.as_str())
    }

    /// The column with the outside system's own id, by which its records are found again.
    #[must_use]
    pub fn external_id_column(&self) -> Option<&str> {
        self.column_of("externalId")
    }

    /// The columns that no rule reads, in the order given.
    #[must_use]
    pub fn unmapped<'a>(&self, columns: &[&'a str]) -> Vec<&'a str> {
        let is_read = |column: &str| self.inbound_rules().any(|rule| rule.external == column);
        columns.iter().copied().filter(|column| !is_read(column)).collect()
    }

    /// The columns that rules read and a file does not have, each with the nearest name that it has.
    #[must_use]
    pub fn absent(&self, columns: &[&str]) -> Vec<Violation> {
        let mut found: Vec<Violation> = Vec::new();
        for rule in self.inbound_rules() {
            let name = rule.external.as_str();
            if columns.contains(&name) || found.iter().any(|it| it.property_path == name) {
                continue;
            }
            let near = did_you_mean(name, columns.iter().copied());
            let message =
                format!("There is no column {}, from which {} is filled.{near}", shorten(name), rule.target);
            found.push(Violation::new(name, "unknown_column", message));
        }
        found
    }

    /// The fields that a new record needs and no rule fills. `required` are those that the
    /// organisation asks for besides.
    #[must_use]
    pub fn missing(&self, required: &[String]) -> Vec<&'static str> {
        let needed = self
            .resource
            .fields
            .iter()
            .filter(|it| it.required || required.iter().any(|name| name == it.name));
        needed.map(|field| field.name).filter(|name| self.column_of(name).is_none()).collect()
    }
}
