//! One rule of a mapping: which column is which field, in which direction, changed in which way.

use super::transform::Transform;
use crate::definition::{Field, Kind};

/// The field whose column tells when the outside system changed a record. It is read, but never stored.
pub(super) const CHANGED_AT: &str = "updatedAt";

/// A rule that has been checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    pub(super) external: String,
    pub(super) target: Target,
    pub(super) direction: Direction,
    pub(super) transforms: Vec<Transform>,
}

impl Rule {
    /// The name of the column.
    #[must_use]
    pub fn external(&self) -> &str {
        &self.external
    }

    /// The field, or `customFields.key`.
    #[must_use]
    pub fn field(&self) -> String {
        self.target.to_string()
    }

    /// Which way values go.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }
}

/// Which way the values of a rule go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the outside system into ours.
    Inbound,
    /// From ours to the outside system.
    Outbound,
    /// Both ways.
    Both,
}

impl Direction {
    /// The words of the JSON form.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("inbound", Self::Inbound), ("outbound", Self::Outbound), ("both", Self::Both)];

    /// Whether values come in.
    #[must_use]
    pub fn is_inbound(self) -> bool {
        self != Self::Outbound
    }

    /// Whether values go out.
    #[must_use]
    pub fn is_outbound(self) -> bool {
        self != Self::Inbound
    }

    /// The word of the JSON form.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Both => "both",
        }
    }
}

/// Our side of a rule: a field, or one key of the integrator's own fields.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) field: &'static Field,
    /// The key within a field of kind [`Kind::CustomFields`].
    pub(super) key: Option<String>,
}

impl Target {
    pub(super) const fn whole(field: &'static Field) -> Self {
        Self { field, key: None }
    }

    /// The kind of the field; none for a key of custom fields, which takes any scalar.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.key.is_none().then_some(self.field.kind)
    }

    /// Whether writing one of the two writes (part of) the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.field.name == other.field.name
            && (self.key.is_none() || other.key.is_none() || self.key == other.key)
    }

    /// Whether a property path of a violation lies in this target.
    pub(super) fn covers(&self, path: &str) -> bool {
        let name = self.to_string();
        path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.field.name == other.field.name && self.key == other.key
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}.{key}", self.field.name),
            None => f.write_str(self.field.name),
        }
    }
}
