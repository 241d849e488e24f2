//! Reading a mapping from JSON and checking all of it at once (spec: API §9).
//!
//! Paths of violations lead into the list of rules: `[3].transforms[0]`.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::rule::{CHANGED_AT, Direction, Rule, Target};
use super::transform::Transform;
use super::{Mapping, typed};
use crate::definition::{Kind, Registry, Resource};
use crate::input::{is_key, shorten};
use crate::problem::Violation;
use crate::text::did_you_mean;

const MAX_RULES: usize = 500;
const MAX_TRANSFORMS: usize = 20;
const MAX_EXTERNAL: usize = 255;
const MEMBERS: [&str; 4] = ["external", "field", "direction", "transforms"];

impl Mapping {
    /// Reads and checks a list of rules for one resource.
    pub fn parse(resource: &'static Resource, rules: &Json) -> Result<Self, Vec<Violation>> {
        let Some(items) = rules.as_array() else {
            let example = r#"[{"external": "Email", "field": "email"}]"#;
            return Err(one(
                "",
                "invalid_type",
                format!("A mapping must be a list of rules such as {example}."),
            ));
        };
        if items.len() > MAX_RULES {
            let message = format!("A mapping must have at most {MAX_RULES} rules; it has {}.", items.len());
            return Err(one("", "too_many_items", message));
        }
        let mut reading = Reading { resource, found: Vec::new() };
        let rules: Vec<Option<Rule>> =
            items.iter().enumerate().map(|(index, item)| reading.rule(&format!("[{index}]"), item)).collect();
        reading.find_clashes(&rules);
        if reading.found.is_empty() {
            Ok(Self::new(resource, rules.into_iter().flatten().collect()))
        } else {
            Err(reading.found)
        }
    }

    /// Reads a mapping file: `{"resource": "members", "rules": […]}`.
    pub fn parse_file(registry: Registry, file: &Json) -> Result<Self, Vec<Violation>> {
        let example = r#"{"resource": "members", "rules": [{"external": "Email", "field": "email"}]}"#;
        let Some(object) = file.as_object() else {
            return Err(one(
                "",
                "invalid_type",
                format!("A mapping file must be an object such as {example}."),
            ));
        };
        let mut found = Vec::new();
        unknown_members(object, &["resource", "rules"], "", &mut found);
        let plurals = || registry.iter().map(|resource| resource.plural);
        let resource = object.get("resource").and_then(Json::as_str).and_then(|it| registry.by_plural(it));
        if resource.is_none() {
            let known: Vec<&str> = plurals().collect();
            let given = object.get("resource").and_then(Json::as_str).unwrap_or_default();
            let near = did_you_mean(given, plurals());
            let message = format!("resource must be one of {}.{near}", known.join(", "));
            found.push(Violation::new("resource", "invalid_choice", message));
        }
        let rules = object.get("rules").unwrap_or(&Json::Null);
        let mapping = resource.map(|resource| Self::parse(resource, rules));
        match mapping {
            Some(Ok(mapping)) if found.is_empty() => Ok(mapping),
            Some(Err(inner)) => {
                let moved = inner.into_iter().map(|violation| Violation {
                    property_path: format!("rules{}", violation.property_path),
                    ..violation
                });
                Err(found.into_iter().chain(moved).collect())
            }
            _ => Err(found),
        }
    }
}

fn one(path: &str, code: &'static str, message: String) -> Vec<Violation> {
    vec![Violation::new(path, code, message)]
}

/// Finds members that are not of the known ones.
fn unknown_members(object: &Map<String, Json>, known: &[&str], prefix: &str, found: &mut Vec<Violation>) {
    for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
        let near = did_you_mean(name, known.iter().copied());
        let message = format!("There is no member {} here.{near}", shorten(name));
        found.push(Violation::new(format!("{prefix}{name}"), "unknown_field", message));
    }
}

/// The state of reading one mapping.
struct Reading {
    resource: &'static Resource,
    found: Vec<Violation>,
}

impl Reading {
    fn fail(&mut self, path: String, code: &'static str, message: impl Into<String>) {
        self.found.push(Violation::new(path, code, message));
    }

    /// Reads one rule; none when it is so broken that nothing more can be said about it.
    fn rule(&mut self, path: &str, json: &Json) -> Option<Rule> {
        let Some(object) = json.as_object() else {
            let example = r#"{"external": "Email", "field": "email"}"#;
            self.fail(
                path.to_owned(),
                "invalid_type",
                format!("A rule must be an object such as {example}."),
            );
            return None;
        };
        unknown_members(object, &MEMBERS, &format!("{path}."), &mut self.found);
        let external = self.external(path, object.get("external"));
        let direction = self.direction(path, object.get("direction"));
        let target = self.target(path, object.get("field"), direction);
        let transforms = self.transforms(path, object.get("transforms"), target.as_ref());
        Some(Rule { external: external?, target: target?, direction: direction?, transforms })
    }

    fn external(&mut self, path: &str, given: Option<&Json>) -> Option<String> {
        let name = given.and_then(Json::as_str);
        let good = name.filter(|name| !name.trim().is_empty() && name.chars().count() <= MAX_EXTERNAL);
        if good.is_none() {
            let message = format!(
                "external must be the name of a column or field of the outside system, 1 to {MAX_EXTERNAL} \
                 characters."
            );
            let code = if given.is_none() { "required" } else { "invalid_type" };
            self.fail(format!("{path}.external"), code, message);
        }
        good.map(str::to_owned)
    }

    fn direction(&mut self, path: &str, given: Option<&Json>) -> Option<Direction> {
        let Some(given) = given else { return Some(Direction::Both) };
        let word = given.as_str().unwrap_or_default();
        let found = Direction::WORDS.iter().find(|(name, _)| *name == word).map(|(_, direction)| *direction);
        if found.is_none() {
            let near = did_you_mean(word, Direction::WORDS.iter().map(|(name, _)| *name));
            let message = format!("direction must be inbound, outbound or both.{near}");
            self.fail(format!("{path}.direction"), "invalid_choice", message);
        }
        found
    }

    fn target(&mut self, path: &str, given: Option<&Json>, direction: Option<Direction>) -> Option<Target> {
        let path = format!("{path}.field");
        let Some(name) = given.and_then(Json::as_str) else {
            let code = if given.is_none() { "required" } else { "invalid_type" };
            self.fail(
                path,
                code,
                "field must be the name of a field, such as email or customFields.badgeName.",
            );
            return None;
        };
        let (root, key) = match name.split_once('.') {
            Some((root, key)) => (root, Some(key)),
            None => (name, None),
        };
        let custom =
            |name: &str| matches!(self.resource.field(name).map(|it| it.kind), Some(Kind::CustomFields));
        let known = self.resource.field(root).filter(|_| key.is_none() || custom(root));
        let Some(field) = known else {
            let names = self.resource.fields.iter().map(|field| field.name);
            let own = if self.resource.field("customFields").is_some() {
                " Fields of your own are written customFields.key."
            } else {
                ""
            };
            let near = did_you_mean(name, names);
            let what = self.resource.plural;
            let message = format!("There is no field {} in {what}.{near}{own}", shorten(name));
            self.fail(path, "unknown_field", message);
            return None;
        };
        if let Some(key) = key.filter(|key| !is_key(key)) {
            let message = format!(
                "{} cannot be a key of {root}: keys are a letter, then up to 63 letters, digits or underscores.",
                shorten(key)
            );
            self.fail(path, "invalid_key", message);
            return None;
        }
        // What the outside system says of when it changed a record, which syncs compare.
        let is_moment = field.name == CHANGED_AT;
        if field.read_only && !is_moment && direction.is_some_and(Direction::is_inbound) {
            let message = format!("{root} is set by the server; give this rule \"direction\": \"outbound\".");
            self.fail(path, "read_only", message);
            return None;
        }
        Some(Target { field, key: key.map(str::to_owned) })
    }

    fn transforms(&mut self, path: &str, given: Option<&Json>, target: Option<&Target>) -> Vec<Transform> {
        let empty = Vec::new();
        let items = match given {
            None => &empty,
            Some(Json::Array(items)) if items.len() <= MAX_TRANSFORMS => items,
            Some(_) => {
                let message = format!(
                    "transforms must be a list of at most {MAX_TRANSFORMS} objects such as {{\"trim\": true}}."
                );
                self.fail(format!("{path}.transforms"), "invalid_type", message);
                &empty
            }
        };
        let mut parsed: Vec<Transform> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}.transforms[{index}]");
            let transform = Transform::parse(item).and_then(|transform| {
                target.map_or(Ok(()), |target| transform.check_target(target)).map(|()| transform)
            });
            match transform {
                Ok(transform) => {
                    let before = parsed.iter().find(|before| before.reads()).filter(|_| transform.reads());
                    if let Some(before) = before {
                        let (name, before) = (transform.name(), before.name());
                        let message =
                            format!("{name} cannot follow {before}: a value is read in one way only.");
                        self.fail(path, "transform_conflict", message);
                    }
                    parsed.push(transform);
                }
                Err(refusal) => self.fail(path, refusal.code, refusal.message),
            }
        }
        if let Some(target) = target.filter(|_| parsed.len() == items.len()) {
            self.check_choices(path, target, &parsed);
        }
        parsed
    }

    /// What `map` and `default` bring into a field of fixed words must be one of them, once the
    /// transforms behind have seen it.
    fn check_choices(&mut self, path: &str, target: &Target, transforms: &[Transform]) {
        let Some(Kind::Choice(choices)) = target.kind() else { return };
        for (index, transform) in transforms.iter().enumerate() {
            let rest = transforms.get(index + 1..).unwrap_or_default();
            for constant in transform.constants() {
                let value =
                    rest.iter().try_fold(constant.clone(), |value, it| it.inbound(value, &TimeZone::UTC));
                let good = match value {
                    Ok(Json::String(text)) => typed::choice(self.resource, target.field, &text).is_some(),
                    Ok(value) => value.is_null(),
                    Err(_) => false,
                };
                if !good {
                    let given = constant.to_string();
                    let near = did_you_mean(given.trim_matches('"'), choices.iter().copied());
                    let name = target.field.name;
                    let known = choices.join(", ");
                    let message = format!("{} is not a value of {name}: {known}.{near}", shorten(&given));
                    self.fail(format!("{path}.transforms[{index}]"), "invalid_choice", message);
                }
            }
        }
    }

    /// Two rules must not write one field, nor one column.
    fn find_clashes(&mut self, rules: &[Option<Rule>]) {
        let present = || rules.iter().enumerate().filter_map(|(index, rule)| Some((index, rule.as_ref()?)));
        for (index, rule) in present() {
            let mut earlier = present().take_while(|(other, _)| *other < index);
            let inbound = |it: &Rule| it.direction.is_inbound();
            let clash = earlier
                .clone()
                .find(|(_, it)| inbound(it) && inbound(rule) && it.target.overlaps(&rule.target));
            if let Some((other, it)) = clash {
                let message = format!(
                    "{} is already filled from {} by rule [{other}]; keep one of the two.",
                    it.target,
                    shorten(&it.external)
                );
                self.fail(format!("[{index}].field"), "duplicate_field", message);
            }
            let outbound = |it: &Rule| it.direction.is_outbound();
            let clash =
                earlier.find(|(_, it)| outbound(it) && outbound(rule) && it.external == rule.external);
            if let Some((other, it)) = clash {
                let message = format!(
                    "{} is already written from {} by rule [{other}]; give one of the two \"direction\": \
                     \"inbound\".",
                    shorten(&it.external),
                    it.target
                );
                self.fail(format!("[{index}].external"), "duplicate_column", message);
            }
        }
    }
}
