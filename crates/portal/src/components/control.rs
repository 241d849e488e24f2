//! How a field is filled in, by its kind.

use std::sync::OnceLock;

use domain::definition::{Field, Kind};

use super::field::FieldView;
use crate::{display, words};

/// How a field is filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Control {
    /// One line; with a unit after it where it has one.
    Line { kind: &'static str, value: String, step: &'static str, unit: String },
    /// Several lines.
    Area { value: String, rows: u8 },
    /// One of several.
    Select { choices: Vec<Choice> },
    /// Yes or no.
    Tick { ticked: bool },
    /// Any of several, in groups with a heading.
    Boxes { groups: Vec<Picks> },
    /// A list of things with parts of their own.
    Rows { rows: Vec<Vec<FieldView>>, noun: String },
}

/// Boxes to tick that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Picks {
    /// What they have in common; nothing where that needs no saying.
    pub(crate) title: String,
    pub(crate) boxes: Vec<Choice>,
}

/// One of several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

impl Control {
    /// One line of text.
    pub(crate) fn line(value: &str) -> Self {
        Self::typed("text", value)
    }

    /// One line of a kind that browsers know.
    pub(crate) fn typed(kind: &'static str, value: &str) -> Self {
        Self::Line { kind, value: value.to_owned(), step: "", unit: String::new() }
    }

    fn number(value: &str, step: &'static str) -> Self {
        Self::Line { kind: "number", value: value.to_owned(), step, unit: String::new() }
    }

    /// The control of a field, without the rows of a list.
    pub(crate) fn of(field: &Field, value: &str, currency: &str) -> Self {
        let area = |rows| Self::Area { value: value.to_owned(), rows };
        if field.name == "password" {
            // What was typed of it does not come back.
            return Self::typed("password", "");
        }
        match field.kind {
            Kind::Email => Self::typed("email", value),
            Kind::Url => Self::typed("url", value),
            Kind::Phone => Self::typed("tel", value),
            Kind::Date(_) => Self::typed("date", value),
            Kind::Timestamp => Self::typed("datetime-local", value),
            Kind::Integer { .. } => Self::number(value, "1"),
            Kind::Decimal { step: 50, .. } => Self::number(value, "0.5"),
            Kind::Decimal { .. } => Self::number(value, "any"),
            Kind::Money => {
                Self::Line { kind: "text", value: value.to_owned(), step: "", unit: currency.to_owned() }
            }
            Kind::Html { max } => area(if max > 20_000 { 8 } else { 3 }),
            Kind::Tags { .. } => area(3),
            Kind::Text { max, .. } if max > 255 => area(3),
            Kind::Boolean => Self::Tick { ticked: value == "true" },
            Kind::Choice(choices) => {
                let choices = choices.iter().map(|it| ((*it).to_owned(), words::value(it)));
                Self::select(choices, value, field.nullable)
            }
            Kind::Country => Self::select(countries().iter().cloned(), value, true),
            Kind::TimeZone => {
                let named = zones().iter().map(|zone| (zone.clone(), zone.replace('_', " ")));
                Self::select(named, value, false)
            }
            Kind::Objects { .. } => {
                let noun = field.name.strip_suffix('s').unwrap_or(field.name);
                Self::Rows { rows: Vec::new(), noun: words::label(noun).to_lowercase() }
            }
            Kind::Headers => Self::Rows { rows: Vec::new(), noun: "header".to_owned() },
            Kind::FieldMapping => area(5),
            Kind::CustomFields => Self::Rows { rows: Vec::new(), noun: "field".to_owned() },
            _ => Self::line(value),
        }
    }

    /// One of several, or none where that may be.
    pub(crate) fn select(
        choices: impl Iterator<Item = (String, String)>,
        chosen: &str,
        may_be_empty: bool,
    ) -> Self {
        let mut all = Vec::new();
        if may_be_empty || chosen.is_empty() {
            all.push(Choice { value: String::new(), label: "—".to_owned(), chosen: chosen.is_empty() });
        }
        all.extend(choices.map(|(value, label)| Choice { chosen: value == chosen, value, label }));
        // A value that is no choice is shown as it is, for the definition to refuse it in words.
        if !all.iter().any(|choice| choice.chosen) {
            all.push(Choice { value: chosen.to_owned(), label: chosen.to_owned(), chosen: true });
        }
        Self::Select { choices: all }
    }
}

/// Every country by its name.
pub(super) fn countries() -> &'static [(String, String)] {
    static ALL: OnceLock<Vec<(String, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let named = rust_iso3166::ALL.iter().map(|it| (it.alpha2.to_owned(), display::country(it.alpha2)));
        let mut all: Vec<_> = named.collect();
        all.sort_by(|a, b| a.1.cmp(&b.1));
        all
    })
}

/// Every zone of a region or an ocean, such as `Australia/Sydney`, and UTC.
fn zones() -> &'static [String] {
    const REGIONS: &[&str] = &[
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ];
    static ALL: OnceLock<Vec<String>> = OnceLock::new();
    ALL.get_or_init(|| {
        let names = jiff::tz::db().available().map(|name| name.to_string());
        let regional =
            |name: &String| name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region));
        let mut all: Vec<String> = names.filter(regional).collect();
        all.push("UTC".to_owned());
        all.sort();
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_countries_are_those_that_are_known() {
        assert!(zones().iter().any(|zone| zone == "Australia/Sydney"));
        assert!(zones().iter().all(|zone| domain::time::zone(zone).is_some()));
        assert!(countries().iter().any(|(code, name)| code == "AU" && name == "Australia"));
    }
}
