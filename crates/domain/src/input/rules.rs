//! What a resource's own rules are told and may answer.

use std::fmt::Debug;

use jiff::tz::TimeZone;

use crate::address::TargetRules;
use crate::definition::{Registry, Resource};
use crate::problem::{Problem, Violation};
use crate::record::{Record, Value};
use crate::resources::REGISTRY;
use crate::time::{self, Date, Timestamp};

/// The circumstances of a change that do not come from its body.
#[derive(Clone, Debug)]
pub struct Context {
    /// The present moment.
    pub now: Timestamp,
    /// The organisation's time zone.
    pub zone: TimeZone,
    /// The IANA name of [`Self::zone`].
    pub zone_name: String,
    /// The organisation's country, for phone numbers without one of their own.
    pub country: String,
    /// Names of optional fields that the organisation requires for this resource.
    pub required: Vec<String>,
    /// The credential belongs to an integration: it may write what integrations own.
    pub integration: bool,
    /// Records of the past may be created (history in a batch or import).
    pub allow_past: bool,
    /// The resources of the server, for settings that speak of them.
    pub registry: Registry,
    /// Where the server may be told to send something.
    pub targets: TargetRules,
}

impl Context {
    /// The circumstances in an organisation with this time zone (IANA) and country, without anything
    /// special. A zone that is not known is UTC.
    #[must_use]
    pub fn new(now: Timestamp, zone_name: &str, country: &str) -> Self {
        Self {
            now,
            zone: time::zone(zone_name).unwrap_or(TimeZone::UTC),
            zone_name: zone_name.to_owned(),
            country: country.to_owned(),
            required: Vec::new(),
            integration: false,
            allow_past: false,
            registry: REGISTRY,
            targets: TargetRules { https_only: true, private_allowed: false },
        }
    }

    /// Today's date in the organisation's time zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.date_in(&self.zone)
    }
}

/// A change about to be made: what was, what shall be.
#[derive(Debug)]
pub struct Change<'a> {
    /// The resource that both records belong to.
    pub resource: &'static Resource,
    /// The stored record; none when one is created.
    pub old: Option<&'a Record>,
    /// The record as the body wants it, defaults filled in.
    pub new: Record,
    /// For each field, whether the body gave it a value.
    pub given: Vec<bool>,
    /// The circumstances.
    pub context: &'a Context,
}

impl Change<'_> {
    /// Whether the body itself gave this field.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.resource.position(name).and_then(|position| self.given.get(position)).copied().unwrap_or(false)
    }

    /// The stored text of a field; none on create.
    #[must_use]
    pub fn old_text(&self, name: &str) -> Option<&str> {
        self.old.and_then(|old| old.text(self.resource, name))
    }

    /// The new text of a field.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.new.text(self.resource, name)
    }

    /// The new number of a field.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.new.integer(self.resource, name)
    }

    /// The new moment of a field.
    #[must_use]
    pub fn timestamp(&self, name: &str) -> Option<Timestamp> {
        self.new.timestamp(self.resource, name)
    }

    /// Whether the field's new value is not the stored one (on create: not null).
    #[must_use]
    pub fn changes(&self, name: &str) -> bool {
        let new = self.new.get(self.resource, name);
        match self.old {
            Some(old) => old.get(self.resource, name) != new,
            None => !new.is_null(),
        }
    }

    /// Sets a field's new value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.new.set(self.resource, name, value);
    }
}

/// Rules of a resource that no single field's definition can express. All methods are pure.
pub trait Rules: Sync + Debug {
    /// Sets what follows from other values (durations, cleared schedules), before checks.
    fn derive(&self, _change: &mut Change<'_>) {}

    /// Finds violations across fields. Those of fields that are already at fault are dropped.
    fn check(&self, _change: &Change<'_>, _found: &mut Vec<Violation>) {}

    /// Refuses a status change that the rules do not know (409).
    fn transition(&self, _change: &Change<'_>) -> Result<(), Problem> {
        Ok(())
    }

    /// Refuses the deletion of a record (409).
    fn delete(&self, _resource: &Resource, _record: &Record, _context: &Context) -> Result<(), Problem> {
        Ok(())
    }

    /// Turns a record into what a copy of it starts as; the copy is then checked like a new record.
    fn copy(&self, _resource: &Resource, _record: &mut Record, _context: &Context) {}
}

/// Rules for a resource that has none.
#[derive(Debug)]
pub struct NoRules;

impl Rules for NoRules {}

/// Checks a status change against a table of allowed ones.
///
/// `allowed` holds pairs (from, to). A status that stays as it is, and any status on create, is fine.
pub fn check_transition(change: &Change<'_>, allowed: &[(&str, &str)]) -> Result<(), Problem> {
    let (Some(from), Some(to)) = (change.old_text("status"), change.text("status")) else {
        return Ok(());
    };
    if from == to || allowed.contains(&(from, to)) {
        return Ok(());
    }
    let next: Vec<&str> = allowed.iter().filter(|(start, _)| *start == from).map(|(_, end)| *end).collect();
    let hint = if next.is_empty() {
        format!("The status {from} is final; clone the record or create a new one instead.")
    } else {
        format!("From {from} the status can become {}.", next.join(" or "))
    };
    Err(Problem::rule(format!("The status cannot change from {from} to {to}."), hint))
}
