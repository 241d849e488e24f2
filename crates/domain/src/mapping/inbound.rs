//! From an outside record to a body that `input` can read.

use serde_json::{Map, Value as Json};

use super::rule::{CHANGED_AT, Rule, Target};
use super::transform::{Wrong, is_empty};
use super::{Mapping, typed};
use crate::input::{self, Context, Mode};
use crate::json::Object;
use crate::problem::{Problem, Violation};
use crate::record::Record;
use crate::time::{Timestamp, parse_moment};

impl Mapping {
    /// The body that an outside record stands for, as POST, PUT and PATCH take it.
    ///
    /// A column that the record does not have says nothing; one that is empty says null (domain fields
    /// with a default of their own excepted). Violations name the column as their path.
    pub fn inbound(&self, external: &Object) -> Result<Object, Vec<Violation>> {
        let (body, faults) = self.read(external);
        if faults.is_empty() { Ok(body) } else { Err(faults.into_iter().map(Fault::violation).collect()) }
    }

    /// When the outside system changed a record: by the rule that fills `updatedAt`, else by a member of that
    /// name. None when it does not say.
    pub fn changed_at(&self, external: &Object) -> Result<Option<Timestamp>, Violation> {
        let rule = self.inbound_rules().find(|rule| rule.target.field.name == CHANGED_AT);
        let Some(rule) = rule else { return moment_in(CHANGED_AT, external) };
        let Some(given) = external.get(&rule.external) else { return Ok(None) };
        let value = self
            .value(rule, given)
            .map_err(|wrong| Violation::new(rule.external.as_str(), wrong.code, wrong.message))?;
        read_moment(&rule.external, &value.unwrap_or_default())
    }

    /// The part of [`Self::inbound`]'s body that can be read: for previews.
    #[must_use]
    pub fn readable(&self, external: &Object) -> Object {
        self.read(external).0
    }

    /// Reads an outside record all the way to one of ours without storing it: for previews, dry runs
    /// and reports, which show everything that is wrong at once.
    ///
    /// Violations name columns; those of fields without a column keep the field's name.
    pub fn check(
        &self,
        external: &Object,
        old: Option<&Record>,
        mode: Mode,
        context: &Context,
    ) -> Result<Record, Problem> {
        let (body, faults) = self.read(external);
        let applied = input::apply(self.resource, old, &body, mode, context);
        if faults.is_empty() {
            return applied.map_err(|problem| self.in_columns(problem));
        }
        let further = applied.err().map(|problem| problem.violations).unwrap_or_default();
        // A field whose value could not be read is not missing besides.
        let further = further
            .into_iter()
            .filter(|violation| !faults.iter().any(|fault| fault.target.covers(&violation.property_path)));
        let further = self.in_columns(Problem::validation(further.collect()));
        let mut violations: Vec<Violation> = faults.into_iter().map(Fault::violation).collect();
        violations.extend(further.violations);
        Err(Problem::validation(violations))
    }

    /// The problem with columns for fields, for those who see only the outside record.
    #[must_use]
    pub fn in_columns(&self, mut problem: Problem) -> Problem {
        for violation in &mut problem.violations {
            let rule = self.inbound_rules().find(|rule| rule.target.covers(&violation.property_path));
            if let Some(rule) = rule {
                violation.property_path.clone_from(&rule.external);
            }
        }
        problem
    }

    pub(super) fn inbound_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.direction.is_inbound())
    }

    /// What can be read, and what cannot.
    fn read(&self, external: &Object) -> (Object, Vec<Fault<'_>>) {
        let mut body = Object::new();
        let mut faults = Vec::new();
        for rule in self.inbound_rules().filter(|rule| rule.target.field.name != CHANGED_AT) {
            let Some(given) = external.get(&rule.external) else { continue };
            match self.value(rule, given) {
                Ok(Some(value)) => put(&mut body, &rule.target, value),
                Ok(None) => {}
                Err(wrong) => faults.push(Fault { column: &rule.external, target: &rule.target, wrong }),
            }
        }
        (body, faults)
    }

    fn value(&self, rule: &Rule, given: &Json) -> Result<Option<Json>, Wrong> {
        let start = if is_empty(given) { Json::Null } else { given.clone() };
        let value = rule
            .transforms
            .iter()
            .try_fold(start, |value, transform| transform.inbound(value, &self.zone))?;
        typed::value(self.resource, &rule.target, value)
    }
}

/// The moment in a member of an outside record that no rule reads.
pub fn moment_in(name: &str, external: &Object) -> Result<Option<Timestamp>, Violation> {
    external.get(name).map_or(Ok(None), |given| read_moment(name, given))
}

fn read_moment(name: &str, given: &Json) -> Result<Option<Timestamp>, Violation> {
    if is_empty(given) {
        return Ok(None);
    }
    let moment = given.as_str().and_then(|text| parse_moment(text.trim()));
    moment.map(Some).ok_or_else(|| {
        let message = "This must be a date-time such as 2026-11-24T09:00:00Z; a dateFormat reads others.";
        Violation::new(name, "invalid_date_time", message)
    })
}

/// A value that cannot be read.
struct Fault<'a> {
    column: &'a str,
    target: &'a Target,
    wrong: Wrong,
}

impl Fault<'_> {
    fn violation(self) -> Violation {
        Violation::new(self.column, self.wrong.code, self.wrong.message)
    }
}

fn put(body: &mut Object, target: &Target, value: Json) {
    let name = target.field.name.to_owned();
    match &target.key {
        None => {
            body.insert(name, value);
        }
        Some(key) => {
            let object = body.entry(name).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(object) = object {
                object.insert(key.clone(), value);
            }
        }
    }
}
