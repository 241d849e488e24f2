//! How a resource is laid out: which fields name a record, which columns a list begins with, how fields are
//! grouped. All else on its pages follows from the definition.
//!
//! A field that no section names is shown in a last one, so that adding a field needs nothing here.

mod course;
mod event;
mod member;
mod settings;

use domain::Resource;
use domain::definition::{Field, Owner};

pub(crate) use course::COURSES;
pub(crate) use event::EVENTS;
pub(crate) use member::MEMBERS;
pub(crate) use settings::{ALL as SETTINGS, NEW_KEY, NEW_USER, ORGANISATION, ROTATION, USER};

/// The layout of a resource's pages.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The resource, by its plural name.
    pub plural: &'static str,
    /// What its addresses begin with: nothing, or `/settings`.
    pub under: &'static str,
    /// The drawing beside its name.
    pub icon: &'static str,
    /// The fields whose values together name a record.
    pub title: &'static [&'static str],
    /// The fields shown below the name.
    pub subtitle: &'static [&'static str],
    /// The columns of a list in which nobody has chosen others.
    pub columns: &'static [&'static str],
    /// Groups of fields, in order.
    pub sections: &'static [Section],
    /// Fields that forms leave out, because they change by actions.
    pub by_action: &'static [&'static str],
    /// The field with the zone of the record's moments; the organisation's where there is none.
    pub zone: Option<&'static str>,
    /// The pages of a record that are its own, before activity and API: label and address.
    pub pages: &'static [(&'static str, &'static str)],
    /// What can be done with a record beside its actions, by those who may change it: label and address.
    pub links: &'static [(&'static str, &'static str)],
    /// Whether there is a page that shows a record as members see it.
    pub preview: bool,
    /// What to say of a field in forms, where the definition's first sentence is not it; nothing where
    /// the text is empty.
    pub help: &'static [(&'static str, &'static str)],
    /// What a list without records says to do.
    pub empty: &'static str,
}

/// A group of fields.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its fields, in order.
    pub fields: &'static [&'static str],
}

/// The layouts of the product's resources, in the order of the navigation.
pub const LAYOUTS: &[Layout] = &[MEMBERS, EVENTS, COURSES];

/// Fields shown in the margin of each record, not among its own.
const SYSTEM: &[&str] = &["id", "version", "createdAt", "updatedAt"];

impl Layout {
    /// The address of the list.
    pub(crate) fn base(&self, resource: &Resource) -> String {
        format!("{}/{}", self.under, resource.segment())
    }

    /// The groups with the fields that there are, none left out.
    pub(crate) fn groups(&self, resource: &'static Resource) -> Vec<(&'static str, Vec<&'static Field>)> {
        let named = |name: &str| self.sections.iter().any(|section| section.fields.contains(&name));
        let mut groups: Vec<(&'static str, Vec<&'static Field>)> = self
            .sections
            .iter()
            .map(|section| {
                let fields = section.fields.iter().filter_map(|name| resource.field(name));
                (section.title, fields.collect())
            })
            .collect();
        let left = resource.fields.iter().filter(|field| !named(field.name) && !SYSTEM.contains(&field.name));
        let left: Vec<_> = left.filter(|field| !self.by_action.contains(&field.name)).collect();
        if !left.is_empty() {
            groups.push(("More", left));
        }
        groups
    }

    /// Whether a form asks for this field.
    pub(crate) fn is_asked(&self, field: &Field) -> bool {
        !field.read_only && field.owner == Owner::Anyone && !self.by_action.contains(&field.name)
    }

    /// The text for a field that forms show below it.
    pub(crate) fn help(&self, resource: &Resource, field: &Field) -> String {
        let own = self.help.iter().find(|(name, _)| *name == field.name);
        own.map_or_else(|| crate::words::help(resource, field.doc), |(_, text)| (*text).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::REGISTRY;

    #[test]
    fn layouts_name_fields_that_there_are() {
        for layout in LAYOUTS {
            let resource = REGISTRY.by_plural(layout.plural).unwrap();
            let sections = layout.sections.iter().flat_map(|section| section.fields);
            let named = sections.chain(layout.title).chain(layout.subtitle).chain(layout.columns);
            let helped = layout.help.iter().map(|(name, _)| name);
            for name in named.chain(layout.by_action).chain(layout.zone.iter()).chain(helped) {
                assert!(resource.field(name).is_some(), "{}: {name}", layout.plural);
            }
            assert!(layout.groups(resource).iter().all(|(title, _)| *title != "More"), "{}", layout.plural);
        }
    }
}
