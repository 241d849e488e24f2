//! What a venue must satisfy beyond each field's own bounds: one rule of each sort that there is.

use domain::definition::Resource;
use domain::input::{Change, Context, Rules, check_transition};
use domain::{Problem, Record, Value, Violation};

use super::{CLOSED, OPEN, PLANNED};

const TRANSITIONS: &[(&str, &str)] =
    &[("draft", PLANNED), ("draft", OPEN), (PLANNED, "draft"), (PLANNED, OPEN), (OPEN, CLOSED)];

const MINUTES_PER_DAY: i64 = 24 * 60;

/// The rules of venues.
#[derive(Debug)]
pub(super) struct VenueRules;

impl Rules for VenueRules {
    fn derive(&self, change: &mut Change<'_>) {
        if change.text("status") != Some(PLANNED) && !change.is_given("opensAt") {
            change.set("opensAt", Value::Null);
        }
        let lease = change.timestamp("opensAt").zip(change.timestamp("leaseEndsAt"));
        let days = lease.map(|(opens, ends)| opens.minutes_until(ends) / MINUTES_PER_DAY);
        change.set("leaseDays", days.map_or(Value::Null, Value::Integer));
    }

    fn check(&self, change: &Change<'_>, found: &mut Vec<Violation>) {
        let mut say = |name: &str, code, message: &str| found.push(Violation::new(name, code, message));
        let opens = change.timestamp("opensAt");
        match change.text("status") {
            Some(PLANNED) if opens.is_none() => {
                say("opensAt", "required", "opensAt is needed while the status is planned.");
            }
            Some(status) if status != PLANNED && opens.is_some() => {
                say("opensAt", "not_planned", "opensAt goes only with the status planned.");
            }
            _ => {}
        }
        if change.changes("opensAt") && opens.is_some_and(|opens| opens <= change.context.now) {
            say("opensAt", "not_in_future", "opensAt must be in the future.");
        }
        if opens.zip(change.timestamp("leaseEndsAt")).is_some_and(|(opens, ends)| ends <= opens) {
            say("leaseEndsAt", "end_before_start", "leaseEndsAt must be after opensAt.");
        }
        if matches!(change.text("status"), Some(PLANNED | OPEN)) && change.text("country").is_none() {
            say("country", "required", "country is needed while the status is planned or open.");
        }
    }

    fn transition(&self, change: &Change<'_>) -> Result<(), Problem> {
        check_transition(change, TRANSITIONS)
    }

    fn delete(&self, resource: &Resource, record: &Record, _context: &Context) -> Result<(), Problem> {
        if record.text(resource, "status") == Some(OPEN) {
            return Err(Problem::rule(
                "An open venue cannot be deleted.",
                "Close it first: POST to its /close.",
            ));
        }
        Ok(())
    }

    fn copy(&self, resource: &Resource, record: &mut Record, _context: &Context) {
        record.set(resource, "status", Value::Text("draft".to_owned()));
        for name in ["code", "externalId", "opensAt"] {
            record.set(resource, name, Value::Null);
        }
    }
}
