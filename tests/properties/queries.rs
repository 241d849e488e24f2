//! Random questions about a resource: query parameters, mostly with values that some record has.

use std::collections::BTreeMap;

use domain::definition::{Field, Kind, Resource};
use domain::text::words;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value as Json;

pub(super) type Parameters = Vec<(String, String)>;

/// What records hold: for each field the texts of its values, and words for search.
#[derive(Debug, Default)]
pub(super) struct Seen {
    values: BTreeMap<String, Vec<String>>,
    words: Vec<String>,
}

impl Seen {
    /// What these records hold.
    pub(super) fn of(resource: &'static Resource, records: &[Json]) -> Self {
        let mut seen = Self::default();
        for record in records {
            for (name, value) in record.as_object().unwrap() {
                match value {
                    Json::Array(items) => items.iter().for_each(|item| seen.note(name, item)),
                    Json::Object(custom) => {
                        custom
                            .iter()
                            .for_each(|(key, value)| seen.note(&format!("customFields[{key}]"), value));
                    }
                    value => seen.note(name, value),
                }
            }
        }
        let searched = resource.search.iter().filter_map(|&name| seen.values.get(name)).flatten();
        seen.words = searched.flat_map(|text| words(text)).collect();
        seen
    }

    fn note(&mut self, name: &str, value: &Json) {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            _ => return,
        };
        self.values.entry(name.to_owned()).or_default().push(text);
    }

    /// A value of the field that some record has; when none has one, something.
    fn value(&self, name: &str) -> BoxedStrategy<String> {
        match self.values.get(name) {
            Some(values) => select(values.clone()).boxed(),
            None => Just("1".to_owned()).boxed(),
        }
    }
}

/// Any question, its part of the list (`page`, `cursor`) left out.
pub(super) fn questions(resource: &'static Resource, seen: &Seen) -> BoxedStrategy<Parameters> {
    let filters: Vec<_> = resource
        .fields
        .iter()
        .filter(|field| field.filter)
        .map(|field| filter(resource, field, seen))
        .collect();
    let filters = (0..filters.len(), select(filters.clone()), select(filters))
        .prop_flat_map(|(_, one, other)| (one, other));
    // Most questions have one condition: with several nearly nothing is found.
    let filters = prop_oneof![
        2 => Just(Vec::new()),
        4 => filters.clone().prop_map(|(one, _)| one),
        2 => filters.prop_map(|(mut one, other)| { one.extend(other); one }),
    ];
    let rarely = |strategy: BoxedStrategy<Parameters>| prop_oneof![5 => Just(Vec::new()), 1 => strategy];
    let parts = (
        filters,
        rarely(exists(resource)),
        rarely(custom_field(seen)),
        rarely(search(seen)),
        order(resource),
        rarely(deleted()),
    );
    parts
        .prop_map(|(filters, exists, custom, search, order, deleted)| {
            let mut all: Parameters = Vec::new();
            for (name, value) in [filters, exists, custom, search, order, deleted].concat() {
                // A parameter that is no list of values must not be given twice.
                if name.ends_with("[]") || all.iter().all(|(known, _)| *known != name) {
                    all.push((name, value));
                }
            }
            all
        })
        .boxed()
}

fn one(name: impl Into<String>, value: impl Into<String>) -> Parameters {
    vec![(name.into(), value.into())]
}

fn filter(resource: &'static Resource, field: &'static Field, seen: &Seen) -> BoxedStrategy<Parameters> {
    let name = field.name;
    match field.kind {
        Kind::Choice(choices) => {
            let mut all: Vec<String> = choices.iter().map(|&choice| choice.to_owned()).collect();
            all.extend(resource.derived.filter(|rule| rule.field == name).map(|rule| rule.shown.to_owned()));
            any_of(name, select(all).boxed())
        }
        Kind::Boolean => {
            any_of(name, select(vec!["true", "false", "1", "0"]).prop_map(str::to_owned).boxed())
        }
        kind if kind.is_temporal() => temporal(name, seen),
        kind if kind.is_numeric() => numeric(name, kind, seen),
        Kind::Country => {
            any_of(name, prop_oneof![seen.value(name), Just("nz".to_owned()), Just("XX".to_owned())].boxed())
        }
        _ if field.folded => {
            let other_case = (seen.value(name), any::<bool>())
                .prop_map(|(text, upper)| if upper { text.to_uppercase() } else { text.to_lowercase() });
            any_of(name, prop_oneof![seen.value(name), other_case].boxed())
        }
        _ => any_of(name, prop_oneof![4 => seen.value(name), 1 => "[^\\x00]{1,8}"].boxed()),
    }
}

fn any_of(name: &'static str, value: BoxedStrategy<String>) -> BoxedStrategy<Parameters> {
    prop_oneof![
        2 => value.clone().prop_map(move |value| one(name, value)),
        1 => proptest::collection::vec(value, 1..=3)
            .prop_map(move |values| values.into_iter().map(|value| (format!("{name}[]"), value)).collect()),
    ]
    .boxed()
}

fn temporal(name: &'static str, seen: &Seen) -> BoxedStrategy<Parameters> {
    let exact =
        seen.value(name).prop_map(|text| if text.len() < 10 { "2026-11-24".to_owned() } else { text });
    let day = exact.clone().prop_map(|text| text[..10].to_owned());
    let fixed = select(vec![
        "2026-11-24",
        "2026-12-05",
        "2026-12-01T09:30:00+09:30",
        "2027-01-01T00:00:00.000001Z",
        "1970-01-01T12:00:00Z",
    ]);
    let bound = prop_oneof![2 => exact.clone(), 2 => day, 1 => fixed.prop_map(str::to_owned)];
    let operator = || select(vec!["after", "before", "strictly_after", "strictly_before"]);
    let equal = exact.prop_map(move |value| one(name, value));
    let range = (operator(), bound.clone())
        .prop_map(move |(operator, bound)| one(format!("{name}[{operator}]"), bound));
    let both = (operator(), bound.clone(), operator(), bound).prop_map(move |(first, from, second, to)| {
        vec![(format!("{name}[{first}]"), from), (format!("{name}[{second}]"), to)]
    });
    prop_oneof![1 => equal, 3 => range, 1 => both].boxed()
}

fn numeric(name: &'static str, kind: Kind, seen: &Seen) -> BoxedStrategy<Parameters> {
    let fixed = if matches!(kind, Kind::Decimal { .. } | Kind::Money) {
        select(vec!["0", "1.5", "2.50", "0.01", "-1", "10000000000.00"])
    } else {
        select(vec!["0", "3", "17", "-9223372036854775808", "9223372036854775807"])
    };
    let number = prop_oneof![3 => seen.value(name), 1 => fixed.prop_map(str::to_owned)];
    let range = (select(vec!["gt", "gte", "lt", "lte"]), number.clone())
        .prop_map(move |(operator, bound)| one(format!("{name}[{operator}]"), bound));
    let between = (number.clone(), number.clone()).prop_map(move |(one_end, other_end)| {
        let size = |text: &str| text.parse::<f64>().unwrap();
        let (low, high) =
            if size(&one_end) <= size(&other_end) { (one_end, other_end) } else { (other_end, one_end) };
        one(format!("{name}[between]"), format!("{low}..{high}"))
    });
    prop_oneof![1 => any_of(name, number.boxed()), 3 => range, 1 => between].boxed()
}

fn exists(resource: &'static Resource) -> BoxedStrategy<Parameters> {
    let nullable: Vec<&str> =
        resource.fields.iter().filter(|field| field.nullable).map(|field| field.name).collect();
    (select(nullable), any::<bool>())
        .prop_map(|(name, is)| one(format!("exists[{name}]"), is.to_string()))
        .boxed()
}

fn custom_field(seen: &Seen) -> BoxedStrategy<Parameters> {
    let keys: Vec<String> =
        seen.values.keys().filter(|name| name.starts_with("customFields[")).cloned().collect();
    let known = keys
        .into_iter()
        .map(|name| seen.value(&name).prop_map(move |value| one(name.clone(), value)).boxed());
    let unknown = Just(one("customFields[nobodyHas]", "2")).boxed();
    select(known.chain([unknown]).collect::<Vec<_>>()).prop_flat_map(|it| it).boxed()
}

fn search(seen: &Seen) -> BoxedStrategy<Parameters> {
    let mut known = seen.words.clone();
    known.push("nobody".to_owned());
    let word = (select(known), 1..8_usize, any::<bool>()).prop_map(|(word, letters, upper)| {
        let start: String = word.chars().take(letters).collect();
        if upper { start.to_uppercase() } else { start }
    });
    proptest::collection::vec(word, 1..=2).prop_map(|words| one("search", words.join(" "))).boxed()
}

fn order(resource: &'static Resource) -> BoxedStrategy<Parameters> {
    let sortable: Vec<&str> =
        resource.fields.iter().filter(|field| field.sort).map(|field| field.name).collect();
    let fields = subsequence(sortable, 0..=3).prop_shuffle();
    (fields, any::<[bool; 3]>())
        .prop_map(|(names, descending)| {
            let direction = |descending: bool| if descending { "desc" } else { "asc" };
            names
                .iter()
                .zip(descending)
                .map(|(name, it)| (format!("order[{name}]"), direction(it).to_owned()))
                .collect()
        })
        .boxed()
}

fn deleted() -> BoxedStrategy<Parameters> {
    prop_oneof![3 => Just(one("includeDeleted", "true")), 1 => Just(one("includeDeleted", "false"))].boxed()
}
