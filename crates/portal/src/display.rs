//! What people see of a value: dates and times in words and in a zone that is named, choices as words,
//! addresses as links.
//!
//! Values come as they are stored; how they are read from forms is not known here.

use std::fmt;

use askama::Template;
use domain::definition::{Field, Kind};
use domain::{Record, Timestamp, Value};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::components::event_words;
use crate::words;

/// A value as people see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// There is none.
    Nothing,
    /// Words.
    Text(String),
    /// A state, with the class of its colours.
    Badge { text: String, tone: &'static str },
    /// A link to elsewhere.
    Link { address: String, text: String },
    /// HTML that was sanitised when it was stored.
    Html(String),
    /// Short texts.
    Tags(Vec<String>),
    /// Things with parts of their own.
    Things(Vec<Vec<(String, Shown)>>),
    /// Names with their values.
    Pairs(Vec<(String, String)>),
    /// Names with what was there before, where that is told, and what is there now.
    Changes(Vec<(String, String, String)>),
}

#[derive(Template)]
#[template(path = "components/value.html")]
struct ValueView<'a> {
    shown: &'a Shown,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ValueView { shown: self }.render_into(f).map_err(|_| fmt::Error)
    }
}

/// Where and in whose currency values are shown.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The zone of moments.
    pub(crate) zone: TimeZone,
    /// The currency of amounts.
    pub(crate) currency: String,
}

impl Place {
    /// A moment: "24 Nov 2026, 11:00 am AEDT".
    pub(crate) fn moment(&self, moment: Timestamp) -> String {
        self.formatted(moment, "%-d %b %Y, %-I:%M %P %Z")
    }

    /// The time of day of a moment: "11:00 am".
    pub(crate) fn clock(&self, moment: Timestamp) -> String {
        self.formatted(moment, "%-I:%M %P")
    }

    /// A moment as an input of a date and time has it.
    pub(crate) fn typed(&self, moment: Timestamp) -> String {
        self.formatted(moment, "%Y-%m-%dT%H:%M")
    }

    fn formatted(&self, moment: Timestamp, form: &str) -> String {
        let moment = jiff::Timestamp::from_microsecond(moment.as_micros());
        moment.map_or_else(
            |_| String::new(),
            |it| it.to_zoned_datetime(self.zone.clone()).strftime(form).to_string(),
        )
    }

    /// From one moment to another: "24 Nov 2026, 6:30 pm to 9:00 pm AEDT".
    pub(crate) fn span(&self, start: Timestamp, end: Timestamp) -> String {
        if start.date_in(&self.zone) != end.date_in(&self.zone) {
            return format!("{} to {}", self.moment(start), self.moment(end));
        }
        let local = |moment: Timestamp| {
            let moment =
                jiff::Timestamp::from_microsecond(moment.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            moment.to_zoned_datetime(self.zone.clone())
        };
        format!(
            "{} to {}",
            local(start).strftime("%-d %b %Y, %-I:%M %P"),
            local(end).strftime("%-I:%M %P %Z")
        )
    }

    /// The value of a field.
    pub(crate) fn show(&self, field: &Field, value: &Value) -> Shown {
        self.show_json(field.name, field.kind, &domain::json::to_json(field.kind, value))
    }

    /// A value in its JSON form, as the audit log keeps it.
    pub(crate) fn show_json(&self, name: &str, kind: Kind, value: &Json) -> Shown {
        let text = match value {
            Json::Null => return Shown::Nothing,
            Json::String(text) => text.clone(),
            Json::Bool(flag) => return Shown::Text(if *flag { "Yes" } else { "No" }.to_owned()),
            Json::Array(items) => return self.show_list(kind, items),
            Json::Object(members) if members.is_empty() => return Shown::Nothing,
            Json::Object(members) => {
                let pairs = members.iter().map(|(name, value)| (name.clone(), plain(value)));
                return Shown::Pairs(pairs.collect());
            }
            Json::Number(number) => number.to_string(),
        };
        match kind {
            _ if text.is_empty() => Shown::Nothing,
            Kind::Choice(_) if name == "status" => {
                Shown::Badge { tone: words::tone(&text), text: words::value(&text) }
            }
            Kind::Choice(_) => Shown::Text(words::value(&text)),
            Kind::Text { .. } if name == "eventType" => Shown::Text(event_words(&text)),
            Kind::Date(_) => Shown::Text(date(&text)),
            Kind::Timestamp => {
                Shown::Text(Timestamp::parse(&text).map_or(text, |moment| self.moment(moment)))
            }
            Kind::Email => Shown::Link { address: format!("mailto:{text}"), text },
            Kind::Phone => Shown::Link { address: format!("tel:{}", text.replace(' ', "")), text },
            Kind::Url => Shown::Link { address: text.clone(), text: without_scheme(&text) },
            Kind::Country => Shown::Text(country(&text)),
            Kind::Money => Shown::Text(format!("{text} {}", self.currency)),
            Kind::Html { .. } => Shown::Html(text),
            _ => Shown::Text(text),
        }
    }

    fn show_list(&self, kind: Kind, items: &[Json]) -> Shown {
        if items.is_empty() {
            return Shown::Nothing;
        }
        let Kind::Objects { fields, .. } = kind else {
            return Shown::Tags(items.iter().map(plain).collect());
        };
        let thing = |item: &Json| {
            let parts = fields.iter().filter_map(|field| {
                let shown = self.show_json(field.name, field.kind, item.get(field.name)?);
                let hidden = shown == Shown::Nothing || shown == Shown::Text("No".to_owned());
                (!hidden).then(|| (words::label(field.name), shown))
            });
            parts.collect()
        };
        Shown::Things(items.iter().map(thing).collect())
    }
}

impl Shown {
    /// Whether there is anything to see.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// The value in few words, for lists and changes.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::Nothing => "—".to_owned(),
            Self::Text(text) | Self::Badge { text, .. } | Self::Link { text, .. } => shortened(text),
            Self::Html(html) => shortened(&without_tags(html)),
            Self::Tags(tags) => shortened(&tags.join(", ")),
            Self::Things(things) => {
                let first = |parts: &Vec<(String, Self)>| parts.first().map(|(_, shown)| shown.brief());
                shortened(&things.iter().filter_map(first).collect::<Vec<_>>().join(", "))
            }
            Self::Changes(changes) => {
                let all = changes.iter().map(|(name, old, new)| format!("{name}: {old} → {new}"));
                shortened(&all.collect::<Vec<_>>().join(", "))
            }
            Self::Pairs(pairs) => {
                let pairs = pairs.iter().map(|(name, value)| format!("{name}: {value}"));
                shortened(&pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A date: "24 Nov 2026".
pub(crate) fn date(text: &str) -> String {
    let date = text.parse::<jiff::civil::Date>();
    date.map_or_else(|_| text.to_owned(), |date| date.strftime("%-d %b %Y").to_string())
}

/// The name of a country.
pub(crate) fn country(code: &str) -> String {
    rust_iso3166::from_alpha2(code).map_or_else(|| code.to_owned(), |it| it.name.to_owned())
}

/// How a record is called: the values of these fields.
pub(crate) fn title(resource: &domain::Resource, record: &Record, names: &[&str]) -> String {
    let words: Vec<&str> = names.iter().filter_map(|name| record.text(resource, name)).collect();
    if words.is_empty() { format!("Unnamed {}", resource.noun()) } else { words.join(" ") }
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => "—".to_owned(),
        Json::String(text) => text.clone(),
        Json::Bool(flag) => if *flag { "Yes" } else { "No" }.to_owned(),
        other => other.to_string(),
    }
}

fn without_scheme(address: &str) -> String {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    bare.unwrap_or(address).trim_end_matches('/').to_owned()
}

/// The text of sanitised HTML, in which `<` begins nothing but tags.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        text.push(' ');
    }
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(MOST).collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::definition::DateBound;

    fn sydney() -> Place {
        Place { zone: TimeZone::get("Australia/Sydney").unwrap(), currency: "AUD".to_owned() }
    }

    #[test]
    fn moments_name_their_zone() {
        let moment = Timestamp::parse("2026-11-24T00:00:00Z").unwrap();
        assert_eq!(sydney().moment(moment), "24 Nov 2026, 11:00 am AEDT");
        let evening = sydney().span(moment, moment.plus_seconds(7_200));
        assert_eq!(evening, "24 Nov 2026, 11:00 am to 1:00 pm AEDT");
    }

    #[test]
    fn values_are_shown_in_words() {
        let brief = |kind, value: &str| sydney().show_json("x", kind, &Json::from(value)).brief();
        assert_eq!(brief(Kind::Date(DateBound::Any), "2026-02-03"), "3 Feb 2026");
        assert_eq!(brief(Kind::Country, "NZ"), "New Zealand");
        assert_eq!(brief(Kind::Choice(&[]), "not_specified"), "Not specified");
        assert_eq!(brief(Kind::Url, "https://example.org/"), "example.org");
        assert_eq!(brief(Kind::Money, "49.00"), "49.00 AUD");
        assert_eq!(brief(Kind::Html { max: 9 }, "<p>One &amp; <b>two</b></p>"), "One & two");
    }
}
