//! One field of a resource: its name, kind and what may be done with it.

use super::resource::separated;
use super::{Kind, Resource};

/// A field of a resource, built by a chain of `const` calls, e.g.
/// `Field::new("city", Kind::Text { min: 1, max: 255 }).nullable().doc("…")`.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The JSON name, camelCase.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Must be given on create and on full replacement.
    pub required: bool,
    /// May be null.
    pub nullable: bool,
    /// Set by the server only.
    pub read_only: bool,
    /// No two records of a tenant have the same value.
    pub unique: bool,
    /// Compared without regard to case (kept with a folded twin).
    pub folded: bool,
    /// Lists can be filtered by it.
    pub filter: bool,
    /// Lists can be ordered by it.
    pub sort: bool,
    /// The value when none is given.
    pub default: Default,
    /// Who may write it.
    pub owner: Owner,
    /// Of which resource it names a record by its id, which must be there (domain §1, rule 3).
    pub references: Option<&'static Resource>,
    /// May hold secrets: the audit log tells that it changed, but not from what to what.
    pub confidential: bool,
    /// What it means, for people: one or two sentences.
    pub doc: &'static str,
    /// An example value as JSON text, for the documentation.
    pub example: &'static str,
}

/// The value that a field takes when none is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Default {
    /// Null, or the empty list or object of the kind.
    Empty,
    /// A word.
    Text(&'static str),
    /// A number, in the kind's stored unit (decimals: hundredths).
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Today's date in the organisation's time zone.
    Today,
    /// The organisation's time zone.
    OrganisationZone,
}

/// Who may write a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Whoever may write the record.
    Anyone,
    /// Only a credential of the integration that owns the outside system (domain §3).
    Integration,
}

impl Field {
    /// A field with nothing special about it: optional, not null, writable.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            nullable: false,
            read_only: false,
            unique: false,
            folded: false,
            filter: false,
            sort: false,
            default: Default::Empty,
            owner: Owner::Anyone,
            references: None,
            confidential: false,
            doc: "",
            example: "null",
        }
    }

    /// Text on one line or more of at most `max` characters that may be null.
    #[must_use]
    pub const fn text(name: &'static str, max: usize) -> Self {
        Self::new(name, Kind::Text { min: 1, max }).nullable()
    }

    /// Must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// May be null.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Set by the server only.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Distinct within a tenant.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Compared without regard to case.
    #[must_use]
    pub const fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    /// Lists can be filtered by it.
    #[must_use]
    pub const fn filter(mut self) -> Self {
        self.filter = true;
        self
    }

    /// Lists can be ordered by it.
    #[must_use]
    pub const fn sort(mut self) -> Self {
        self.sort = true;
        self
    }

    /// Takes this value when none is given.
    #[must_use]
    pub const fn default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// Written only by the integration that owns it.
    #[must_use]
    pub const fn integration_only(mut self) -> Self {
        self.owner = Owner::Integration;
        self
    }

    /// The id of a record of this resource, which must be there.
    #[must_use]
    pub const fn references(mut self, resource: &'static Resource) -> Self {
        self.references = Some(resource);
        self
    }

    /// Kept out of the audit log.
    #[must_use]
    pub const fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// What it means, and an example as JSON text.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str, example: &'static str) -> Self {
        self.doc = doc;
        self.example = example;
        self
    }

    /// The name of its column: the JSON name in snake_case.
    #[must_use]
    pub fn column(&self) -> String {
        separated(self.name, '_')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_snake_case() {
        assert_eq!(Field::text("companyContactNumber", 50).column(), "company_contact_number");
        assert_eq!(Field::text("id", 50).column(), "id");
    }
}
