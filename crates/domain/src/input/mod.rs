//! From a JSON body to a record: every field read by its definition, all violations at once, then
//! the resource's own rules. Pure; uniqueness and references, which need the store, come later.

mod custom_fields;
mod email;
mod field_mapping;
mod headers;
mod list;
mod merge;
mod merge_patch;
mod number;
mod phone;
mod read;
mod rules;
mod text;

pub use custom_fields::for_new;
pub(crate) use custom_fields::is_key;
pub use email::parse as email;
pub use merge::{MergeOrder, MergeRule, merge, merge_order};
pub use rules::{Change, Context, NoRules, Rules, check_transition};

use serde_json::Value as Json;

use crate::definition::{Default, Field, Kind, Owner, Resource};
use crate::json::{self, Object};
use crate::problem::{Problem, Violation};
use crate::record::{Record, Value};
use crate::text::did_you_mean;
use crate::time::Timestamp;

/// How a body relates to the stored record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// POST: no stored record.
    Create,
    /// PUT: writable fields that are left out take their defaults (spec: API §3).
    Replace,
    /// PATCH: JSON Merge Patch, RFC 7396.
    Patch,
}

/// Reads a body and checks it against the definition and the rules.
///
/// The answer is the record to store, without id, version and times when it is new. Errors are a
/// `validation-error` with every violation, or a `rule-violation` for a forbidden transition.
pub fn apply(
    resource: &'static Resource,
    old: Option<&Record>,
    body: &Object,
    mode: Mode,
    context: &Context,
) -> Result<Record, Problem> {
    let mut reading = Reading::new(resource, old, mode, context);
    for (name, value) in body {
        reading.take(name, value);
    }
    reading.take_phones(body);
    reading.require();
    reading.finish()
}

/// Checks a copy of a record as a new one, with a body of changes to it (the clone action).
pub fn copy(
    resource: &'static Resource,
    original: &Record,
    body: &Object,
    context: &Context,
) -> Result<Record, Problem> {
    let mut start = original.clone();
    for (position, field) in resource.fields.iter().enumerate() {
        if field.read_only || !writable(field, context) {
            start.set_at(position, Value::Null);
        }
    }
    resource.rules.copy(resource, &mut start, context);
    let mut reading = Reading::new(resource, None, Mode::Create, context);
    reading.change.new = start;
    reading.copied = true;
    for (name, value) in body {
        reading.take(name, value);
    }
    reading.take_phones(body);
    reading.require();
    reading.finish()
}

/// Whether this credential may write the field at all.
fn writable(field: &Field, context: &Context) -> bool {
    !field.read_only && (field.owner == Owner::Anyone || context.integration)
}

/// The state of reading one body.
struct Reading<'a> {
    change: Change<'a>,
    mode: Mode,
    copied: bool,
    violations: Vec<Violation>,
}

impl<'a> Reading<'a> {
    fn new(resource: &'static Resource, old: Option<&'a Record>, mode: Mode, context: &'a Context) -> Self {
        let values = resource
            .fields
            .iter()
            .enumerate()
            .map(|(position, field)| match (mode, old) {
                (Mode::Patch, Some(old)) => old.at(position).clone(),
                (Mode::Replace, Some(old)) if !writable(field, context) => old.at(position).clone(),
                _ => default_value(field, context),
            })
            .collect();
        let new = Record::new(resource, values);
        let given = vec![false; resource.fields.len()];
        let change = Change { resource, old, new, given, context };
        Self { change, mode, copied: false, violations: Vec::new() }
    }

    fn fail(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.violations.push(Violation::new(path, code, message));
    }

    /// Reads one member of the body.
    fn take(&mut self, name: &str, value: &Json) {
        let resource = self.change.resource;
        let Some((position, field)) = resource.position(name).zip(resource.field(name)) else {
            let known = resource.fields.iter().map(|field| field.name);
            let message = format!("There is no field {}.{}", shorten(name), did_you_mean(name, known));
            self.fail(name, "unknown_field", message);
            return;
        };
        if !writable(field, self.change.context) {
            self.compare_read_only(position, field, value);
            return;
        }
        if let Some(given) = self.change.given.get_mut(position) {
            *given = true;
        }
        if matches!(field.kind, Kind::Phone) {
            return; // Read when the record's country is known: `take_phones`.
        }
        self.read(position, field, value);
    }

    /// Phone numbers are read last: what is valid depends on the record's country (domain §3).
    fn take_phones(&mut self, body: &Object) {
        for (position, field) in self.change.resource.fields.iter().enumerate() {
            if !matches!(field.kind, Kind::Phone) {
                continue;
            }
            if let Some(value) = body.get(field.name) {
                self.read(position, field, value);
            } else if let (true, Value::Text(kept)) =
                (self.change.is_given("country"), self.change.new.at(position))
            {
                // A number that was kept as it was given may be one of the country that the record has now.
                let kept = Json::from(kept.as_str());
                self.read(position, field, &kept);
            }
        }
    }

    fn read(&mut self, position: usize, field: &'static Field, value: &Json) {
        let old = self.change.old.map(|old| old.at(position));
        let reader = read::Reader { field, change: &self.change, old, mode: self.mode };
        match reader.read(value) {
            Ok(value) => self.change.new.set_at(position, value),
            Err(found) => {
                // Rules must not judge a value that nobody wrote.
                self.change.new.set_at(position, Value::Null);
                self.violations.extend(found);
            }
        }
    }

    /// A read-only field sent back unchanged is ignored, changed is a violation (spec: API §3).
    fn compare_read_only(&mut self, position: usize, field: &Field, value: &Json) {
        let stored = self.change.old.map_or(&Value::Null, |old| old.at(position));
        if *value == json::to_json(field.kind, stored) || same_moment(field, value, stored) {
            return;
        }
        let (code, message) = match field.owner {
            Owner::Integration if !field.read_only => (
                "integration_only",
                format!("{} is written only by the integration that owns it; leave it out.", field.name),
            ),
            _ => ("read_only", format!("{} is set by the server; leave it out.", field.name)),
        };
        self.fail(field.name, code, message);
    }

    /// Finds required fields that have no value.
    fn require(&mut self) {
        let resource = self.change.resource;
        for (position, field) in resource.fields.iter().enumerate() {
            let by_organisation = self.change.context.required.iter().any(|it| it == field.name);
            if !(field.required || by_organisation) {
                continue;
            }
            let given = self.change.given.get(position).copied().unwrap_or(false);
            let at_fault = self.violations.iter().any(|it| it.property_path == field.name);
            let concerned = given || self.mode != Mode::Patch;
            if concerned && !at_fault && is_empty(self.change.new.at(position)) {
                let whose = if field.required { "" } else { " by your organisation" };
                self.fail(field.name, "required", format!("{} is required{whose}.", field.name));
            }
        }
    }

    /// Applies the resource's rules and answers with the record or with everything that is wrong.
    fn finish(mut self) -> Result<Record, Problem> {
        let rules = self.change.resource.rules;
        rules.derive(&mut self.change);
        if self.violations.is_empty() && !self.copied {
            rules.transition(&self.change)?;
        }
        let mut found = Vec::new();
        rules.check(&self.change, &mut found);
        let known: Vec<String> =
            self.violations.iter().map(|it| root(&it.property_path).to_owned()).collect();
        found.retain(|violation| !known.iter().any(|path| path == root(&violation.property_path)));
        self.violations.extend(found);
        if self.violations.is_empty() {
            Ok(self.change.new)
        } else {
            Err(Problem::validation(self.violations))
        }
    }
}

/// The field that a property path begins with.
fn root(path: &str) -> &str {
    path.split(['[', '.']).next().unwrap_or(path)
}

/// A text from a client, short enough to be repeated in a message.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(MOST).collect::<String>())
}

/// The same moment written otherwise counts as unchanged.
fn same_moment(field: &Field, value: &Json, stored: &Value) -> bool {
    matches!(field.kind, Kind::Timestamp)
        && value.as_str().and_then(Timestamp::parse).map(Timestamp::as_micros) == stored.as_integer()
        && !stored.is_null()
}

/// Whether a value counts as not given where one is required.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Json(text) => text == "[]" || text == "{}",
        _ => false,
    }
}

/// The value of a field for which none is given.
fn default_value(field: &Field, context: &Context) -> Value {
    match field.default {
        Default::Empty => match field.kind {
            Kind::Tags { .. } | Kind::Objects { .. } => Value::Json("[]".to_owned()),
            kind if kind.is_object() => Value::Json("{}".to_owned()),
            _ => Value::Null,
        },
        Default::Text(text) => Value::Text(text.to_owned()),
        Default::Integer(number) => Value::Integer(number),
        Default::Boolean(flag) => Value::Boolean(flag),
        Default::Today => Value::Text(context.today().to_string()),
        Default::OrganisationZone => Value::Text(context.zone_name.clone()),
    }
}

#[cfg(test)]
mod tests;
