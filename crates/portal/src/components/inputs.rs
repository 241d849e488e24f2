//! Between records and forms: what stands in the inputs of a record, and what body a filled form makes.
//!
//! A body names only what differs from what the form began with, so that a change says no more than
//! somebody meant, and values that a form cannot show exactly stay as they are.

use domain::definition::{Default as Begins, Field, Kind, Resource};
use domain::json::{Object, to_json};
use domain::{Record, Timestamp, Value};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::picks::PICKED;
use crate::form::Form;
use crate::layout::Layout;

/// What is asked: the fields of a resource that this layout has in its forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) resource: &'static Resource,
    pub(crate) layout: &'a Layout,
    /// The organisation's zone.
    pub(crate) zone: &'a TimeZone,
}

impl Asking<'_> {
    pub(crate) fn fields(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        self.resource.fields.iter().enumerate().filter(|(_, field)| self.layout.is_asked(field))
    }

    /// The zone in which a form's moments are: the one that it names, where the layout says so.
    fn zone_in(&self, form: &Form) -> TimeZone {
        let named = self.layout.zone.and_then(|name| form.get(name)).and_then(domain::time::zone);
        named.unwrap_or_else(|| self.zone.clone())
    }
}

/// The form of a record.
pub(crate) fn inputs_of(asking: &Asking<'_>, record: &Record) -> Form {
    let mut form = Form::default();
    // The zone first: moments are written in it.
    if let Some(name) = asking.layout.zone
        && let Some(zone) = record.text(asking.resource, name)
    {
        form.set(name, zone);
    }
    let zone = asking.zone_in(&form);
    for (position, field) in asking.fields() {
        put(&mut form, field.name, field.kind, &to_json(field.kind, record.at(position)), &zone);
    }
    form
}

/// Writes a value in its JSON form into the inputs of a field.
pub(crate) fn put(form: &mut Form, name: &str, kind: Kind, value: &Json, zone: &TimeZone) {
    match (kind, value) {
        (Kind::Tags { .. }, Json::Array(items)) => {
            let lines: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            form.set(name, lines.join("\n"));
        }
        (Kind::Objects { fields, .. }, Json::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                for field in fields {
                    let value = item.get(field.name).unwrap_or(&Json::Null);
                    put(form, &format!("{name}[{index}].{}", field.name), field.kind, value, zone);
                }
            }
        }
        (Kind::CustomFields, Json::Object(entries)) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                let (kind, text) = match value {
                    Json::Number(number) => ("number", number.to_string()),
                    Json::Bool(flag) => ("boolean", flag.to_string()),
                    Json::Null => ("text", String::new()),
                    other => ("text", other.as_str().unwrap_or_default().to_owned()),
                };
                form.set(&format!("{name}[{index}].key"), key.as_str());
                form.set(&format!("{name}[{index}].kind"), kind);
                form.set(&format!("{name}[{index}].value"), text);
            }
        }
        (Kind::Headers, Json::Object(entries)) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                form.set(&format!("{name}[{index}].key"), key.as_str());
                form.set(&format!("{name}[{index}].value"), value.as_str().unwrap_or_default());
            }
        }
        (Kind::FieldMapping, Json::Object(rules)) => {
            let text = if rules.is_empty() { String::new() } else { format!("{value:#}") };
            form.set(name, text);
        }
        (Kind::Timestamp, Json::String(text)) => {
            let moment = Timestamp::parse(text).map(Timestamp::as_micros);
            let moment = moment.and_then(|it| jiff::Timestamp::from_microsecond(it).ok());
            let local =
                moment.map(|it| it.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string());
            form.set(name, local.unwrap_or_default());
        }
        (_, Json::Null) => form.set(name, ""),
        (_, Json::String(text)) => form.set(name, text.as_str()),
        (_, other) => form.set(name, other.to_string()),
    }
}

/// The body that a form makes: each field in which it differs from what it began with. For a new record it
/// began with nothing.
pub(crate) fn body_of(asking: &Asking<'_>, form: &Form, began: Option<&Form>) -> Object {
    let zone = asking.zone_in(form);
    let empty = Form::default();
    let mut body = Object::new();
    for (_, field) in asking.fields() {
        let now = sent(form, field);
        let before = sent(began.unwrap_or(&empty), field);
        // A moment moves with the zone in which it is written.
        let moved = matches!(field.kind, Kind::Timestamp)
            && began.is_some_and(|began| asking.zone_in(began) != zone)
            && now.iter().any(|(_, text)| !text.is_empty());
        let blank = began.is_none() && now.iter().all(|(_, text)| text.is_empty());
        if (now != before || moved) && !blank {
            body.insert(field.name.to_owned(), read(form, field.name, field.kind, &zone, began));
        }
    }
    body
}

/// Whether two forms have the same in a field.
pub(crate) fn is_same(field: &Field, one: &Form, other: &Form) -> bool {
    sent(one, field) == sent(other, field)
}

/// Everything that a form sends for a field, with its names; line ends as the record has them.
fn sent(form: &Form, field: &Field) -> Vec<(String, String)> {
    let plain = |text: &str| text.replace("\r\n", "\n");
    if PICKED.contains(&field.name) {
        // The order in which boxes are ticked means nothing.
        let mut picked = lines(form, field.name);
        picked.sort_unstable();
        let sent = form.get(field.name).is_some();
        return sent.then(|| (field.name.to_owned(), picked.join("\n"))).into_iter().collect();
    }
    if !has_rows(field.kind) {
        return form.get(field.name).map(|text| (field.name.to_owned(), plain(text))).into_iter().collect();
    }
    let prefix = format!("{}[", field.name);
    let mut names: Vec<&String> =
        form.0.iter().map(|(name, _)| name).filter(|name| name.starts_with(&prefix)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name.clone(), plain(form.get(name).unwrap_or_default()))).collect()
}

fn read(form: &Form, name: &str, kind: Kind, zone: &TimeZone, began: Option<&Form>) -> Json {
    let text = form.get(name).unwrap_or_default().trim();
    match kind {
        Kind::Tags { .. } => Json::from(lines(form, name)),
        Kind::Objects { fields, .. } => {
            let row = |index: usize| {
                let members = fields.iter().map(|field| {
                    let name = format!("{name}[{index}].{}", field.name);
                    (field.name.to_owned(), read(form, &name, field.kind, zone, None))
                });
                Json::Object(members.collect())
            };
            Json::Array((0..form.rows(name)).map(row).collect())
        }
        Kind::CustomFields => custom_fields(form, name, began),
        Kind::Headers => headers(form, name, began),
        // What is no JSON goes as it is: the definition says what is wrong with it.
        Kind::FieldMapping => mapping(text, began.and_then(|began| began.get(name)).unwrap_or_default()),
        Kind::Boolean => json!(text == "true"),
        _ if text.is_empty() => Json::Null,
        // What is no number goes as it is: the definition says what is wrong with it.
        Kind::Integer { .. } | Kind::Decimal { .. } => {
            text.replace(',', "").parse().map_or_else(|_| json!(text), Json::Number)
        }
        Kind::Timestamp => {
            let local = text.parse::<jiff::civil::DateTime>().ok();
            let moment = local.and_then(|local| local.to_zoned_datetime(zone.clone()).ok());
            json!(moment.map_or_else(|| text.to_owned(), |it| Timestamp::from(it.timestamp()).to_string()))
        }
        // Browsers end lines as the network does.
        _ => json!(text.replace("\r\n", "\n")),
    }
}

/// Whether a form has rows for it.
pub(crate) fn has_rows(kind: Kind) -> bool {
    matches!(kind, Kind::Objects { .. } | Kind::CustomFields | Kind::Headers)
}

/// The headers, and null for each that is no longer there (RFC 7396).
fn headers(form: &Form, name: &str, began: Option<&Form>) -> Json {
    let part = |form: &Form, index: usize, part: &str| {
        form.get(&format!("{name}[{index}].{part}")).unwrap_or_default().trim().to_owned()
    };
    let mut all = Object::new();
    if let Some(began) = began {
        all.extend((0..began.rows(name)).map(|index| (part(began, index, "key"), Json::Null)));
    }
    all.extend(
        (0..form.rows(name)).map(|index| (part(form, index, "key"), json!(part(form, index, "value")))),
    );
    Json::Object(all)
}

/// The rules, and null for each resource that has none any more (RFC 7396).
fn mapping(text: &str, began: &str) -> Json {
    let read =
        |text: &str| if text.is_empty() { Ok(json!({})) } else { domain::json::parse(text.as_bytes()) };
    let Ok(mut rules) = read(text) else { return json!(text) };
    if let (Json::Object(rules), Ok(Json::Object(before))) = (&mut rules, read(began)) {
        for name in before.keys() {
            rules.entry(name).or_insert(Json::Null);
        }
    }
    rules
}

/// The lines that a form has for a list of texts: of one input, or one for each box that is ticked.
pub(super) fn lines<'f>(form: &'f Form, name: &'f str) -> Vec<&'f str> {
    let lines = form.all(name).flat_map(str::lines).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// The entries, and null for each that is no longer there (RFC 7396).
fn custom_fields(form: &Form, name: &str, began: Option<&Form>) -> Json {
    let entry = |form: &Form, index: usize, part: &str| {
        form.get(&format!("{name}[{index}].{part}")).unwrap_or_default().trim().to_owned()
    };
    let mut entries = Object::new();
    if let Some(began) = began {
        let keys = (0..began.rows(name)).map(|index| (entry(began, index, "key"), Json::Null));
        entries.extend(keys);
    }
    for index in 0..form.rows(name) {
        let text = entry(form, index, "value");
        let value = match entry(form, index, "kind").as_str() {
            "number" => text.parse().map_or_else(|_| json!(text), Json::Number),
            "boolean" => json!(matches!(text.to_lowercase().as_str(), "true" | "yes" | "1")),
            _ => json!(text),
        };
        entries.insert(entry(form, index, "key"), value);
    }
    Json::Object(entries)
}

/// The form without rows in which nothing stands, and with the others counted anew.
pub(crate) fn without_blank_rows(asking: &Asking<'_>, form: &Form) -> Form {
    let mut clean = form.clone();
    for (_, field) in asking.fields() {
        if !has_rows(field.kind) {
            continue;
        }
        let prefix = format!("{}[", field.name);
        clean.0.retain(|(name, _)| !name.starts_with(&prefix));
        let mut next = 0;
        for index in 0..form.rows(field.name) {
            let row = format!("{prefix}{index}].");
            let own = form.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(&row)?, value)));
            let parts: Vec<(&str, &String)> = own.collect();
            let blank = |(part, value): &(&str, &String)| {
                value.trim().is_empty() || matches!(value.as_str(), "true" | "false") || *part == "kind"
            };
            if parts.iter().all(blank) {
                continue;
            }
            for (part, value) in parts {
                clean.0.push((format!("{prefix}{next}].{part}"), value.clone()));
            }
            next += 1;
        }
    }
    clean
}

/// What a new record's field has before anything is typed, as a form shows it.
pub(crate) fn beginning(field: &Field, zone_name: &str, today: &str) -> String {
    match field.default {
        Begins::Text(text) => text.to_owned(),
        Begins::Integer(number) => match to_json(field.kind, &Value::Integer(number)) {
            Json::String(text) => text,
            other => other.to_string(),
        },
        Begins::Boolean(flag) => flag.to_string(),
        Begins::Today => today.to_owned(),
        Begins::OrganisationZone => zone_name.to_owned(),
        Begins::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{EVENTS, MEMBERS};
    use domain::input::{Context, Mode, apply};
    use domain::resources::{EVENT, MEMBER};

    fn event() -> (Record, TimeZone) {
        let now = Timestamp::parse("2026-11-24T00:00:00Z").unwrap();
        let context = Context::new(now, "Australia/Sydney", "AU");
        let body = json!({
            "name": "Dinner", "timezone": "Australia/Perth", "eventStart": "2026-12-01T01:00:30.5Z",
            "speakers": [{"name": "Mai"}, {"name": "Jo", "mainSpeaker": true}], "description": "one\ntwo",
            "categories": ["a, b", "c"], "cpdPoints": 1.5, "customFields": {"Table": 3, "Vip": true, "Note": "x"},
        });
        let record = apply(&EVENT, None, body.as_object().unwrap(), Mode::Create, &context).unwrap();
        (record, TimeZone::get("Australia/Sydney").unwrap())
    }

    #[test]
    fn a_form_that_nobody_touched_changes_nothing() {
        let (record, zone) = event();
        let asking = Asking { resource: &EVENT, layout: &EVENTS, zone: &zone };
        let began = inputs_of(&asking, &record);
        // In the event's own zone, without the half second that no input shows.
        assert_eq!(began.get("eventStart"), Some("2026-12-01T09:00"));
        let mut sent = without_blank_rows(&asking, &began);
        sent.set("description", "one\r\ntwo");
        assert_eq!(body_of(&asking, &sent, Some(&began)), Object::new());
    }

    #[test]
    fn a_body_names_what_was_changed() {
        let (record, zone) = event();
        let asking = Asking { resource: &EVENT, layout: &EVENTS, zone: &zone };
        let began = inputs_of(&asking, &record);
        let mut form = began.clone();
        form.set("eventStart", "2026-12-01T10:00");
        form.set("cpdPoints", "two");
        form.set("customFields[0].key", "Seat");
        form.set("speakers[0].name", "");
        let body = body_of(&asking, &without_blank_rows(&asking, &form), Some(&began));
        assert_eq!(
            Json::Object(body),
            json!({
                "eventStart": "2026-12-01T02:00:00Z", "cpdPoints": "two",
                "speakers": [{
                    "name": "Jo", "jobTitle": null, "company": null, "bio": null, "photoUrl": null,
                    "linkedinUrl": null, "websiteUrl": null, "mainSpeaker": true
                }],
                "customFields": {"Table": null, "Vip": true, "Note": "x", "Seat": 3},
            })
        );
        let mut moved = began.clone();
        moved.set("timezone", "Australia/Sydney");
        let body = body_of(&asking, &moved, Some(&began));
        assert_eq!(
            Json::Object(body),
            json!({"eventStart": "2026-11-30T22:00:00Z", "timezone": "Australia/Sydney"})
        );
    }

    #[test]
    fn a_new_record_is_made_of_what_was_filled_in() {
        let zone = TimeZone::UTC;
        let asking = Asking { resource: &MEMBER, layout: &MEMBERS, zone: &zone };
        let form =
            Form::parse(b"firstName=Jo&lastName=&interests=a%0D%0Ab&profilePublic=false&profilePublic=true");
        assert_eq!(
            Json::Object(body_of(&asking, &form, None)),
            json!({"firstName": "Jo", "interests": ["a", "b"], "profilePublic": true})
        );
    }
}
