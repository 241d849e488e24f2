//! How the records of an outside system are read: by the integration's mapping, or, where it has none for
//! the resource, as the API shows them.

use domain::definition::Resource;
use domain::input::{self, Context, Mode};
use domain::json::Object;
use domain::mapping::Mapping;
use domain::{Problem, Record};

/// The shape of an integration's records of one resource.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// Rules say which of their fields is which of ours.
    Mapped(Mapping),
    /// They are named as ours.
    Own(&'static Resource),
}

impl Shape {
    pub(crate) const fn resource(&self) -> &'static Resource {
        match self {
            Self::Mapped(mapping) => mapping.resource(),
            Self::Own(resource) => resource,
        }
    }

    /// A problem with the outside system's names for ours.
    pub(crate) fn in_their_words(&self, problem: Problem) -> Problem {
        match self {
            Self::Mapped(mapping) => mapping.in_columns(problem),
            Self::Own(_) => problem,
        }
    }

    /// The fields of ours that can be read from an outside record, with those left out that cannot.
    pub(crate) fn readable(&self, external: &Object) -> Object {
        match self {
            Self::Mapped(mapping) => mapping.readable(external),
            Self::Own(_) => external.clone(),
        }
    }

    /// Reads an outside record all the way, without storing it.
    pub(crate) fn check(
        &self,
        external: &Object,
        old: Option<&Record>,
        context: &Context,
    ) -> Result<Record, Problem> {
        let mode = if old.is_some() { Mode::Patch } else { Mode::Create };
        match self {
            Self::Mapped(mapping) => mapping.check(external, old, mode, context),
            Self::Own(resource) => input::apply(resource, old, external, mode, context),
        }
    }

    /// The members of an outside record that nothing is read from.
    pub(crate) fn unread(&self, external: &Object) -> Vec<String> {
        let names: Vec<&str> = external.keys().map(String::as_str).collect();
        match self {
            Self::Mapped(mapping) => mapping.unmapped(&names).into_iter().map(str::to_owned).collect(),
            Self::Own(_) => Vec::new(),
        }
    }
}
