//! The list of resources that a running server knows.

use super::Resource;

/// The resources of a server, in the order in which documentation shows them.
#[derive(Clone, Copy, Debug)]
pub struct Registry(&'static [&'static Resource]);

impl Registry {
    /// A registry of these resources.
    #[must_use]
    pub const fn new(resources: &'static [&'static Resource]) -> Self {
        Self(resources)
    }

    /// All resources.
    pub fn iter(self) -> impl Iterator<Item = &'static Resource> {
        self.0.iter().copied()
    }

    /// A resource by its plural name: `members`.
    #[must_use]
    pub fn by_plural(self, plural: &str) -> Option<&'static Resource> {
        self.iter().find(|resource| resource.plural == plural)
    }

    /// Every mistake in the definitions, in words; empty when all is well. Tests assert it.
    #[must_use]
    pub fn mistakes(self) -> Vec<String> {
        self.iter().flat_map(mistakes_of).collect()
    }
}

fn mistakes_of(resource: &'static Resource) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |text: String| found.push(format!("{}: {text}", resource.name));
    let names: Vec<_> = resource.fields.iter().map(|field| field.name).collect();
    if names.first() != Some(&"id") {
        say("fields must begin with id".to_owned());
    }
    if resource.is_versioned() && !names.ends_with(&["version", "createdAt", "updatedAt"]) {
        say("fields must end with version, createdAt, updatedAt".to_owned());
    }
    if !resource.is_versioned() && !resource.fields.iter().all(|field| field.read_only) {
        say("a log has only fields that the server sets".to_owned());
    }
    for (index, field) in resource.fields.iter().enumerate() {
        if names[..index].contains(&field.name) {
            say(format!("{} is defined twice", field.name));
        }
        if field.doc.is_empty() {
            say(format!("{} has no doc", field.name));
        }
        if serde_json::from_str::<serde_json::Value>(field.example).is_err() {
            say(format!("the example of {} is not JSON", field.name));
        }
        if field.required && field.read_only {
            say(format!("{} cannot be both required and read-only", field.name));
        }
    }
    let status = resource.field("status");
    let referred = resource.search.iter().copied();
    let referred = referred.chain(resource.schedule.iter().map(|schedule| schedule.at));
    let referred = referred.chain(resource.derived.iter().flat_map(|it| [it.field, it.ended_by]));
    for name in referred {
        if !names.contains(&name) {
            say(format!("refers to {name}, which is no field"));
        }
    }
    if status.is_none() && !(resource.milestones.is_empty() && resource.schedule.is_none()) {
        say("milestones and schedules need a status field".to_owned());
    }
    found
}
