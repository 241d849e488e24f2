//! Reading one JSON value by its field's kind into its stored form.

use serde_json::Value as Json;

use super::{Change, Mode, custom_fields, email, field_mapping, headers, list, number, phone, text};
use crate::definition::{DateBound, Field, Kind};
use crate::json;
use crate::problem::Violation;
use crate::record::Value;
use crate::text::did_you_mean;
use crate::time::{self, Date, Timestamp};

/// What reading a value needs to know.
pub(super) struct Reader<'a> {
    pub(super) field: &'static Field,
    pub(super) change: &'a Change<'a>,
    /// The stored value, when there is a stored record.
    pub(super) old: Option<&'a Value>,
    pub(super) mode: Mode,
}

type Found = Vec<Violation>;

impl Reader<'_> {
    /// The stored form of a JSON value, or what is wrong with it.
    pub(super) fn read(&self, value: &Json) -> Result<Value, Found> {
        let field = self.field;
        if value.is_null() && !field.kind.is_object() {
            return self.read_null();
        }
        match field.kind {
            Kind::Serial | Kind::Version | Kind::Json => {
                self.wrong("read_only", format!("{} is set by the server; leave it out.", field.name))
            }
            Kind::Boolean => match value {
                Json::Bool(flag) => Ok(Value::Boolean(*flag)),
                _ => self.wrong_type("true or false"),
            },
            Kind::Integer { min, max } => number::integer(field.name, value, min, max).map_err(one),
            Kind::Decimal { min, max, step } => {
                number::decimal(field.name, value, min, max, step).map_err(one)
            }
            Kind::Money => number::money(field.name, value).map_err(one),
            Kind::Tags { max_items, max_length } => list::tags(field.name, value, max_items, max_length),
            Kind::Objects { fields, max_items } => list::objects(self, fields, value, max_items),
            Kind::CustomFields => custom_fields::read(field.name, value, self.patched()),
            Kind::Headers => headers::read(field.name, value, self.old, self.mode),
            Kind::FieldMapping => {
                field_mapping::read(field.name, self.change.context.registry, value, self.patched())
            }
            _ => self.read_text(value),
        }
    }

    /// The stored value that an object in a patch is merged into (RFC 7396).
    fn patched(&self) -> Option<&Value> {
        self.old.filter(|_| self.mode == Mode::Patch)
    }

    fn read_null(&self) -> Result<Value, Found> {
        match self.field.kind {
            // RFC 7396: null takes a member away; an absent list is the empty one.
            Kind::Tags { .. } | Kind::Objects { .. } => Ok(Value::Json("[]".to_owned())),
            _ if self.field.nullable => Ok(Value::Null),
            _ if self.field.required => self.wrong("required", format!("{} is required.", self.field.name)),
            _ => self.wrong(
                "not_null",
                format!("{} cannot be null; leave it out for its default.", self.field.name),
            ),
        }
    }

    /// Kinds that are written as JSON strings.
    fn read_text(&self, value: &Json) -> Result<Value, Found> {
        let Some(given) = value.as_str() else {
            return self.wrong_type(expected(self.field.kind));
        };
        if let Some(bad) = text::forbidden_character(given) {
            return self.wrong(
                "invalid_characters",
                format!("{} contains the control character U+{bad:04X}; remove it.", self.field.name),
            );
        }
        let trimmed = given.trim();
        if trimmed.is_empty() {
            // Forms and spreadsheets send empty text for "nothing".
            return self.read_null();
        }
        match self.field.kind {
            Kind::Text { min, max } => self.sized(trimmed, min, max),
            Kind::PersonName => text::person_name(self.field.name, trimmed).map_err(one),
            Kind::Email => email::read(self.field.name, trimmed).map_err(one),
            Kind::Choice(choices) => self.choice(trimmed, choices),
            Kind::Date(bound) => self.date(trimmed, bound),
            Kind::Timestamp => self.timestamp(trimmed),
            Kind::Url => text::url(self.field.name, trimmed).map_err(one),
            Kind::Phone => phone::read(self.field.name, trimmed, self.country()).map_err(one),
            Kind::Id => self.id(trimmed),
            Kind::Country => self.country_code(trimmed),
            Kind::TimeZone => self.time_zone(trimmed),
            Kind::Html { max } => self.html(trimmed, max),
            _ => self.wrong_type(expected(self.field.kind)),
        }
    }

    /// The id of another record; whether that is there, the store knows.
    fn id(&self, given: &str) -> Result<Value, Found> {
        match given.parse() {
            Ok(id) => Ok(Value::Id(id)),
            Err(_) => {
                self.wrong("invalid_id", format!("{} must be the id of a record, a UUID.", self.field.name))
            }
        }
    }

    fn sized(&self, given: &str, min: usize, max: usize) -> Result<Value, Found> {
        text::check_length(self.field.name, given, min, max).map_err(one)?;
        Ok(Value::Text(given.to_owned()))
    }

    fn choice(&self, given: &str, choices: &'static [&'static str]) -> Result<Value, Found> {
        if choices.contains(&given) {
            return Ok(Value::Text(given.to_owned()));
        }
        // A derived status that is sent back as it was read stays what is stored.
        if let (Some(derived), Some(old)) = (self.change.resource.derived, self.change.old)
            && derived.field == self.field.name
            && derived.shown == given
            && json::shows_derived(self.change.resource, old, self.change.context.now)
        {
            return Ok(Value::Text(derived.stored.to_owned()));
        }
        let near = did_you_mean(given, choices.iter().copied());
        self.wrong(
            "invalid_choice",
            format!("{} must be one of {}.{near}", self.field.name, choices.join(", ")),
        )
    }

    fn date(&self, given: &str, bound: DateBound) -> Result<Value, Found> {
        let name = self.field.name;
        let Some(date) = Date::parse(given) else {
            return self
                .wrong("invalid_date", format!("{name} must be a date YYYY-MM-DD, such as 2026-02-28."));
        };
        let today = self.change.context.today();
        match bound {
            DateBound::NotInFuture if date > today => {
                self.wrong("in_future", format!("{name} must not be after today, {today}."))
            }
            DateBound::Birth if date >= today => {
                self.wrong("in_future", format!("{name} must be before today, {today}."))
            }
            DateBound::Birth if Some(date) <= Date::new(1900, 1, 1) => {
                self.wrong("out_of_range", format!("{name} must be after 1900-01-01."))
            }
            _ => Ok(Value::Text(date.to_string())),
        }
    }

    fn timestamp(&self, given: &str) -> Result<Value, Found> {
        match Timestamp::parse(given) {
            Some(moment) => Ok(Value::Integer(moment.as_micros())),
            None => self.wrong(
                "invalid_date_time",
                format!(
                    "{} must be an RFC 3339 date-time with its offset, such as \
                     2026-12-01T09:00:00+11:00 or 2026-11-30T22:00:00Z.",
                    self.field.name
                ),
            ),
        }
    }

    fn country_code(&self, given: &str) -> Result<Value, Found> {
        let code = given.to_ascii_uppercase();
        if rust_iso3166::from_alpha2(&code).is_some() {
            return Ok(Value::Text(code));
        }
        self.wrong(
            "invalid_country",
            format!("{} must be an ISO 3166-1 alpha-2 code, such as AU or NZ.", self.field.name),
        )
    }

    fn time_zone(&self, given: &str) -> Result<Value, Found> {
        let canonical = time::zone(given).and_then(|zone| zone.iana_name().map(str::to_owned));
        match canonical {
            Some(name) => Ok(Value::Text(name)),
            None => self.wrong(
                "invalid_timezone",
                format!("{} must be an IANA time zone, such as Australia/Sydney.", self.field.name),
            ),
        }
    }

    fn html(&self, given: &str, max: usize) -> Result<Value, Found> {
        text::check_length(self.field.name, given, 0, max).map_err(one)?;
        let clean = ammonia::clean(given);
        // What is stored must be accepted when it is sent back, and change nothing: escaping makes text longer, and a tag
        // that goes can leave space at the end.
        let clean = clean.trim();
        text::check_length(self.field.name, clean, 0, max).map_err(one)?;
        if clean.is_empty() {
            return self.read_null();
        }
        Ok(Value::Text(clean.to_owned()))
    }

    /// The record's own country where it has one, else the organisation's (domain §3).
    fn country(&self) -> &str {
        self.change.text("country").unwrap_or(&self.change.context.country)
    }

    fn wrong(&self, code: &'static str, message: String) -> Result<Value, Found> {
        Err(vec![Violation::new(self.field.name, code, message)])
    }

    fn wrong_type(&self, expected: &str) -> Result<Value, Found> {
        self.wrong("invalid_type", format!("{} must be {expected}.", self.field.name))
    }
}

fn one(violation: Violation) -> Found {
    vec![violation]
}

/// What a text-like kind looks like in JSON, in words.
fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Date(_) => "a date as a string, such as \"2026-02-28\"",
        Kind::Timestamp => "an RFC 3339 date-time as a string",
        Kind::Choice(_) => "one of the listed words, as a string",
        _ => "a string",
    }
}
