//! Lists as API §4 describes them, done the plain way over records in memory.
//!
//! It is written from the words of the contract and works on the JSON that clients see, so that it can
//! tell when the stores answer wrongly. It must never share a step with the SQL: from the definition it
//! takes the kinds of fields and nothing else.

use std::cmp::Ordering;

use domain::definition::{Field, Kind, Resource};
use domain::text::{fold, words};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

/// Query parameters, decoded, in the order given.
pub type Parameters = [(String, String)];

/// All records of one resource of one tenant.
#[derive(Clone, Debug)]
pub struct Model {
    resource: &'static Resource,
    /// What GET shows of the records that there are.
    live: Vec<Json>,
    /// Of the deleted ones: `id`, `version`, `createdAt`, and as `updatedAt` the time of deletion.
    deleted: Vec<Json>,
}

impl Model {
    /// A model of these records.
    #[must_use]
    pub fn new(resource: &'static Resource, live: Vec<Json>, deleted: Vec<Json>) -> Self {
        Self { resource, live, deleted }
    }

    /// The ids of all records that the parameters ask for, in order, whatever page they ask for.
    #[must_use]
    pub fn ids(&self, parameters: &Parameters) -> Vec<String> {
        let with_deleted = parameters.iter().any(|(name, value)| name == "includeDeleted" && value == "true");
        let deleted = self.deleted.iter().filter(|_| with_deleted);
        let mut found: Vec<&Json> =
            self.live.iter().chain(deleted).filter(|record| self.matches(record, parameters)).collect();
        found.sort_by(|one, other| self.compare(one, other, parameters));
        found.into_iter().map(|record| text(&record["id"]).to_owned()).collect()
    }

    fn matches(&self, record: &Json, parameters: &Parameters) -> bool {
        parameters.iter().all(|(name, value)| match split(name) {
            ("page" | "itemsPerPage" | "cursor" | "count" | "fields" | "includeDeleted" | "order", _) => true,
            ("search", _) => self.has_words(record, value),
            ("exists", Some(field)) => record[field].is_null() != (value == "true"),
            ("customFields", Some(key)) => scalar(&record["customFields"][key]).as_deref() == Some(value),
            (field, None | Some("")) => self.is_any_of(record, field, parameters),
            (field, Some(operator)) => is_in_range(self.field(field), &record[field], operator, value),
        })
    }

    /// Whether each word asked for begins a word of the record's text fields.
    fn has_words(&self, record: &Json, asked: &str) -> bool {
        let texts = self.resource.search.iter().flat_map(|name| match &record[*name] {
            Json::Array(items) => items.iter().map(|item| text(item).to_owned()).collect(),
            value => scalar(value).into_iter().collect::<Vec<_>>(),
        });
        let own: Vec<String> = texts.flat_map(|text| words(&text)).collect();
        words(asked).iter().all(|asked| own.iter().any(|own| own.starts_with(asked)))
    }

    /// Whether the field is equal to one of all the values that the parameters give for it.
    fn is_any_of(&self, record: &Json, name: &str, parameters: &Parameters) -> bool {
        let field = self.field(name);
        let same = |wanted: &String| match &record[name] {
            Json::Null => false,
            Json::Array(items) => items.iter().any(|item| text(item) == wanted),
            value => is_equal(field, value, wanted),
        };
        let values = parameters
            .iter()
            .filter(|(given, _)| matches!(split(given), (field, None | Some("")) if field == name));
        values.map(|(_, value)| value).any(same)
    }

    /// By the fields of the order, newest first without one, and by id in the direction of the last.
    fn compare(&self, one: &Json, other: &Json, parameters: &Parameters) -> Ordering {
        let mut order: Vec<(&str, bool)> = parameters
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix("order[")?.strip_suffix(']')?, value == "desc"))
            })
            .collect();
        if order.is_empty() {
            order.push(("createdAt", true));
        }
        let descending = order.last().is_some_and(|(_, descending)| *descending);
        order.push(("id", descending));
        let by = |&(name, descending): &(&str, bool)| {
            let (one, other) = (self.rank(name, &one[name]), self.rank(name, &other[name]));
            if descending { other.cmp(&one) } else { one.cmp(&other) }
        };
        order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn field(&self, name: &str) -> &'static Field {
        self.resource.field(name).unwrap_or_else(|| panic!("{} has no field {name}", self.resource.name))
    }

    /// Where a value stands in its field's order; null before all others.
    fn rank(&self, name: &str, value: &Json) -> Option<Rank> {
        let field = self.field(name);
        Some(match (field.kind, value) {
            (_, Json::Null) => return None,
            (_, Json::Bool(flag)) => Rank::Number(i128::from(*flag)),
            (Kind::Timestamp, _) => Rank::Number(moment(text(value))),
            (kind, _) if kind.is_numeric() => Rank::Number(hundredths(&scalar(value)?)),
            (_, Json::String(text)) if field.folded => Rank::Text(fold(text)),
            // A status that is only shown, never stored, is ordered as the one it follows from.
            (_, Json::String(text)) => match self.resource.derived {
                Some(rule) if rule.field == name && rule.shown == text => Rank::Text(rule.stored.to_owned()),
                _ => Rank::Text(text.clone()),
            },
            _ => panic!("{name} has no order"),
        })
    }
}

/// Text is ordered by its characters' code points, which is the order of its UTF-8 bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Number(i128),
    Text(String),
}

/// `createdAt[after]` is `createdAt` and `after`.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('[') {
        Some((base, rest)) => (base, rest.strip_suffix(']')),
        None => (name, None),
    }
}

fn is_equal(field: &Field, value: &Json, wanted: &str) -> bool {
    match (field.kind, value) {
        (_, Json::Bool(flag)) => *flag == matches!(wanted, "true" | "1"),
        (Kind::Timestamp, _) => moment(text(value)) == moment(wanted),
        (Kind::Country, _) => text(value).eq_ignore_ascii_case(wanted),
        (kind, _) if kind.is_numeric() => {
            scalar(value).is_some_and(|value| hundredths(&value) == hundredths(wanted))
        }
        _ if field.folded => fold(text(value)) == fold(wanted),
        _ => text(value) == wanted,
    }
}

/// Whether a date, moment or number is in this relation to a bound; null never is.
fn is_in_range(field: &Field, value: &Json, operator: &str, bound: &str) -> bool {
    let Some(value) = scalar(value) else { return false };
    let (value, bounds) = if matches!(field.kind, Kind::Date(_) | Kind::Timestamp) {
        // A date stands for its first instant in UTC, in the record as in the parameter.
        (moment(&value), vec![moment(bound)])
    } else {
        (hundredths(&value), bound.split("..").map(hundredths).collect())
    };
    match operator {
        "after" | "gte" => value >= bounds[0],
        "strictly_after" | "gt" => value > bounds[0],
        "before" | "lte" => value <= bounds[0],
        "strictly_before" | "lt" => value < bounds[0],
        "between" => (bounds[0]..=bounds[1]).contains(&value),
        _ => panic!("there is no operator {operator}"),
    }
}

/// A date-time, or a date, which is its first instant in UTC, in nanoseconds since 1970.
fn moment(text: &str) -> i128 {
    let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let day = date.map(|date| date.duration_since(Date::constant(1970, 1, 1)).as_nanos());
    let at = || Some(text.parse::<Timestamp>().ok()?.as_nanosecond());
    day.or_else(at).unwrap_or_else(|| panic!("{text} is no moment"))
}

/// A number with at most two decimals, times a hundred.
fn hundredths(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<2}");
    digits.parse().unwrap_or_else(|_| panic!("{text} has more than two decimals, or is no number"))
}

/// The text by which a string, number or truth value is compared.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VENUE;
    use serde_json::json;

    fn venues() -> Model {
        let venue = |id: &str, name: &str, seats: Option<i64>, created: &str| {
            json!({"id": id, "name": name, "seats": seats, "createdAt": created, "venueNumber": 17,
                   "rating": 4.25, "dayRate": "99.90", "builtOn": "2020-01-02", "features": ["Stage"],
                   "customFields": {"floor": 2}, "status": "open", "country": "AU"})
        };
        let live = vec![
            venue("a", "Élan Hall", Some(10), "2026-01-01T00:00:00Z"),
            venue("b", "zoo", None, "2026-01-02T00:00:00.500Z"),
            venue("c", "ZOO", Some(9), "2026-01-02T00:00:00.500Z"),
        ];
        let gone = json!({"id": "d", "createdAt": "2026-01-01T12:00:00Z", "updatedAt": "2026-02-01T00:00:00Z", "version": 2});
        Model::new(&VENUE, live, vec![gone])
    }

    fn ids(parameters: &[(&str, &str)]) -> String {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        venues().ids(&parameters).concat()
    }

    #[test]
    fn order() {
        assert_eq!(ids(&[]), "cba");
        assert_eq!(ids(&[("order[seats]", "asc")]), "bca");
        assert_eq!(ids(&[("order[seats]", "desc")]), "acb");
        assert_eq!(ids(&[("order[name]", "asc")]), "bca");
        assert_eq!(ids(&[("order[name]", "asc"), ("order[seats]", "desc")]), "cba");
        assert_eq!(ids(&[("includeDeleted", "true")]), "cbda");
    }

    #[test]
    fn filters() {
        assert_eq!(ids(&[("name", "Zoo")]), "cb");
        assert_eq!(ids(&[("name", "Zoo"), ("exists[seats]", "false")]), "b");
        assert_eq!(ids(&[("seats[]", "9"), ("seats[]", "10")]), "ca");
        assert_eq!(ids(&[("seats[between]", "9..9"), ("rating", "4.25"), ("dayRate[gt]", "99.8")]), "c");
        assert_eq!(ids(&[("createdAt[after]", "2026-01-02")]), "cb");
        assert_eq!(ids(&[("builtOn[strictly_after]", "2020-01-01T23:59:59Z")]), "cba");
        assert_eq!(ids(&[("builtOn[strictly_after]", "2020-01-02")]), "");
        assert_eq!(ids(&[("customFields[floor]", "2"), ("features", "Stage"), ("country", "au")]), "cba");
        assert_eq!(ids(&[("search", "elan ha")]), "a");
        assert_eq!(ids(&[("search", "stage 17 zo")]), "cb");
        assert_eq!(ids(&[("search", "")]), "cba");
    }
}
