//! Small means to try a resource's rules: records from a few values, and what the rules say of a change.
//!
//! It goes around the reading of bodies on purpose, so that a rule is tested alone.

use crate::definition::{Default, Kind, Resource};
use crate::input::{Change, Context};
use crate::problem::{Problem, ProblemKind};
use crate::record::{Record, Value};
use crate::time::Timestamp;

/// Values by field name.
pub(super) type Values<'a> = &'a [(&'static str, Value)];

/// The present moment of all tests: already the 24th in Sydney.
pub(super) const NOW: &str = "2026-11-23T20:00:00Z";

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn moment(text: &str) -> Value {
    Value::Integer(Timestamp::parse(text).unwrap().as_micros())
}

/// The circumstances of all tests: an organisation in Sydney.
pub(super) fn context() -> Context {
    Context::new(Timestamp::parse(NOW).unwrap(), "Australia/Sydney", "AU")
}

/// A record with these values and, for other fields, fixed defaults or nothing.
pub(super) fn record(resource: &'static Resource, values: Values<'_>) -> Record {
    let defaults = resource.fields.iter().map(|field| match (field.default, field.kind) {
        (Default::Text(word), _) => text(word),
        (Default::Integer(number), _) => Value::Integer(number),
        (Default::Boolean(flag), _) => Value::Boolean(flag),
        (_, Kind::Tags { .. } | Kind::Objects { .. }) => Value::Json("[]".to_owned()),
        (_, Kind::CustomFields) => Value::Json("{}".to_owned()),
        _ => Value::Null,
    });
    with(resource, &Record::new(resource, defaults.collect()), values)
}

/// The record with some values replaced.
pub(super) fn with(resource: &'static Resource, record: &Record, values: Values<'_>) -> Record {
    let mut record = record.clone();
    for (name, value) in values {
        assert!(resource.field(name).is_some(), "{name} is no field");
        record.set(resource, name, value.clone());
    }
    record
}

/// What the rules make of a change.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The record after `derive`.
    pub(super) record: Record,
    /// The violations as `path: code`.
    pub(super) violations: Vec<String>,
    /// The message of each violation.
    pub(super) messages: Vec<String>,
    /// What `transition` said.
    pub(super) transition: Result<(), Problem>,
}

/// Creates a record from a body of these values.
pub(super) fn create(resource: &'static Resource, context: &Context, body: Values<'_>) -> Outcome {
    judge(resource, context, None, record(resource, body), body)
}

/// Patches a stored record by a body of these values.
pub(super) fn update(
    resource: &'static Resource,
    context: &Context,
    stored: &Record,
    body: Values<'_>,
) -> Outcome {
    judge(resource, context, Some(stored), with(resource, stored, body), body)
}

fn judge(
    resource: &'static Resource,
    context: &Context,
    old: Option<&Record>,
    new: Record,
    body: Values<'_>,
) -> Outcome {
    let given =
        resource.fields.iter().map(|field| body.iter().any(|(name, _)| *name == field.name)).collect();
    let mut change = Change { resource, old, new, given, context };
    resource.rules.derive(&mut change);
    let mut found = Vec::new();
    resource.rules.check(&change, &mut found);
    let transition = resource.rules.transition(&change);
    Outcome {
        record: change.new,
        violations: found.iter().map(|it| format!("{}: {}", it.property_path, it.code)).collect(),
        messages: found.into_iter().map(|it| it.message).collect(),
        transition,
    }
}

/// Tries the change from each status to each other one against a list of the allowed ones.
pub(super) fn assert_transitions(resource: &'static Resource, statuses: &[&str], allowed: &[(&str, &str)]) {
    let context = context();
    for from in statuses {
        let stored = record(resource, &[("status", text(from))]);
        for to in statuses {
            let outcome = update(resource, &context, &stored, &[("status", text(to))]).transition;
            if from == to || allowed.contains(&(*from, *to)) {
                assert_eq!(outcome, Ok(()), "{from} to {to}");
            } else {
                let problem = outcome.expect_err(&format!("{from} to {to} must be refused"));
                assert_eq!(problem.kind, ProblemKind::RuleViolation);
                assert!(problem.detail.contains(&format!("from {from} to {to}")), "{}", problem.detail);
                assert!(problem.hint.is_some());
            }
        }
        let created = create(resource, &context, &[("status", text(from))]);
        assert_eq!(created.transition, Ok(()), "a new record may be {from}");
    }
}
