//! Field mapping (spec: API §9): records in an outside system's shape, from and to ours, by rules
//! that an administrator writes.
//!
//! CSV import and export, sync, outbound webhooks and previews all go through here. Pure: a mapping
//! never knows where the outside records come from, nor what is stored; whether the result makes a
//! valid record is for `input` to say.

mod columns;
mod identity;
mod inbound;
mod json;
mod outbound;
mod parse;
mod rule;
mod suggest;
#[cfg(test)]
mod tests;
mod transform;
mod typed;

pub use inbound::moment_in;
pub use outbound::cell;
pub use rule::{Direction, Rule};
pub use transform::{TRANSFORMS, TransformInfo};

use jiff::tz::TimeZone;

use crate::definition::Resource;

/// Checked rules between the records of one resource and those of an outside system.
///
/// An outside record is a flat JSON object: a row of a CSV file with texts by column name, or a
/// record that an integration sends. "Column" means a member of it in either case.
#[derive(Clone, Debug)]
pub struct Mapping {
    resource: &'static Resource,
    rules: Vec<Rule>,
    zone: TimeZone,
}

impl Mapping {
    /// A mapping of rules that are known to be well-formed.
    fn new(resource: &'static Resource, rules: Vec<Rule>) -> Self {
        Self { resource, rules, zone: TimeZone::UTC }
    }

    /// The same mapping where dates with a time that name no zone are in this one: the
    /// organisation's. Without it they are in UTC.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// The resource on our side.
    #[must_use]
    pub const fn resource(&self) -> &'static Resource {
        self.resource
    }

    /// The rules, in the order given.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
