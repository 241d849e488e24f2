//! The filters of a list: inputs by the kinds of its fields, and chips that say which are in force.

use domain::definition::{Field, Kind, Resource};

use super::question::State;
use crate::acts::act;
use crate::components::{Choice, Control, FieldView, event_words};
use crate::{display, words};

/// The filters of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FilterView {
    pub(crate) label: String,
    /// Boxes to tick, of any of which the value may be.
    pub(crate) boxes: Vec<Choice>,
    /// The name under which they are sent.
    pub(crate) name: String,
    /// Inputs beside each other.
    pub(crate) inputs: Vec<FieldView>,
}

/// A filter in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Chip {
    pub(crate) label: String,
    /// The address of the list without it.
    pub(crate) without: String,
}

/// The filters of a resource, as they stand.
pub(crate) fn filters_of(resource: &'static Resource, state: &State) -> Vec<FilterView> {
    let mut fields: Vec<&'static Field> = resource.fields.iter().filter(|field| field.filter).collect();
    // What is ticked comes first, then dates and numbers, then texts.
    fields.sort_by_key(|field| match field.kind {
        Kind::Choice(_) => 0,
        kind if kind.is_ordered() => 1,
        _ => 2,
    });
    fields.into_iter().map(|field| filter(resource, field, state)).collect()
}

fn filter(resource: &'static Resource, field: &'static Field, state: &State) -> FilterView {
    let name = field.name;
    let view =
        |boxes, inputs| FilterView { label: words::label(name), boxes, name: format!("{name}[]"), inputs };
    let input = |key: &str, label: &str, kind: &'static str| {
        let name = format!("{name}[{key}]");
        let control = Control::typed(kind, state.get(&name).unwrap_or_default());
        FieldView::plain(name, label, control)
    };
    match field.kind {
        Kind::Choice(choices) => {
            let derived = resource.derived.filter(|rule| rule.field == name).map(|rule| rule.shown);
            let ticked = |value: &str| {
                state.0.iter().any(|(own, its)| (own == name || *own == format!("{name}[]")) && its == value)
            };
            let boxes = choices.iter().copied().chain(derived).map(|value| Choice {
                value: value.to_owned(),
                label: words::value(value),
                chosen: ticked(value),
            });
            view(boxes.collect(), Vec::new())
        }
        kind if kind.is_temporal() => {
            view(Vec::new(), vec![input("after", "From", "date"), input("before", "To", "date")])
        }
        kind if kind.is_numeric() => {
            view(Vec::new(), vec![input("gte", "From", "number"), input("lte", "To", "number")])
        }
        Kind::Boolean => {
            let choices = [("true", "Yes"), ("false", "No")];
            let choices = choices.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned()));
            let control = Control::select(choices, state.get(name).unwrap_or_default(), true);
            view(Vec::new(), vec![FieldView::plain(name, "", control)])
        }
        _ => {
            let control = match field.kind {
                Kind::Country => Control::of(field, state.get(name).unwrap_or_default(), ""),
                _ => Control::line(state.get(name).unwrap_or_default()),
            };
            let label = if matches!(field.kind, Kind::Tags { .. }) { "Has" } else { "Is" };
            view(Vec::new(), vec![FieldView::plain(name, label, control)])
        }
    }
}

/// Parameters that are no filters.
fn is_other(name: &str) -> bool {
    matches!(name, "page" | "fields" | "search") || name.starts_with("order[")
}

/// Which filters are in force, each with the list without it.
pub(crate) fn chips_of(resource: &'static Resource, base: &str, state: &State) -> Vec<Chip> {
    let filters = state.0.iter().filter(|(name, _)| !is_other(name));
    let chip = |(name, value): &(String, String)| Chip {
        label: said(resource, name, value),
        without: state.without(|own, its| own == name && its == value).at(base),
    };
    filters.map(chip).collect()
}

/// The list without any filter and search.
pub(crate) fn without_all(base: &str, state: &State) -> String {
    state.without(|name, _| name == "search" || !is_other(name)).at(base)
}

/// A filter in words.
fn said(resource: &Resource, name: &str, value: &str) -> String {
    let (base, key) = match name.split_once('[') {
        Some((base, rest)) => (base, rest.trim_end_matches(']')),
        None => (name, ""),
    };
    if base == "exists" {
        let has = if value == "true" { "has" } else { "has no" };
        return format!("{has} {}", words::label(key).to_lowercase());
    }
    let Some(field) = resource.field(base) else { return format!("{name}: {value}") };
    let label = words::label(base);
    let shown = match field.kind {
        Kind::Choice(_) => words::value(value),
        Kind::Text { .. } if base == "eventType" => event_words(value),
        Kind::Text { .. } if base == "action" => act(value),
        Kind::Text { .. } if base == "resourceType" => words::value(value),
        Kind::Country => display::country(value),
        Kind::Boolean => if value == "true" { "Yes" } else { "No" }.to_owned(),
        kind if kind.is_temporal() => display::date(value),
        _ => value.to_owned(),
    };
    match key {
        "after" => format!("{label}: from {shown}"),
        "strictly_after" => format!("{label}: after {shown}"),
        "before" => format!("{label}: to {shown}"),
        "strictly_before" => format!("{label}: before {shown}"),
        "gte" => format!("{label}: at least {shown}"),
        "gt" => format!("{label}: more than {shown}"),
        "lte" => format!("{label}: at most {shown}"),
        "lt" => format!("{label}: less than {shown}"),
        "between" => format!("{label}: {}", shown.replace("..", " to ")),
        "" => format!("{label}: {shown}"),
        _ if matches!(field.kind, Kind::CustomFields) => format!("{key}: {shown}"),
        _ => format!("{label}: {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::{EVENT, MEMBER};

    #[test]
    fn filters_in_force_are_said_in_words_and_can_be_taken_away() {
        let state = State::parse(
            "search=jo&status[]=active&status[]=pending&joinedAt[after]=2026-01-02&country=NZ&order[email]=asc&page=3",
        );
        let chips = chips_of(&MEMBER, "/members", &state);
        let labels: Vec<&str> = chips.iter().map(|chip| chip.label.as_str()).collect();
        assert_eq!(
            labels,
            ["Status: Active", "Status: Pending", "Joined: from 2 Jan 2026", "Country: New Zealand"]
        );
        assert_eq!(
            chips[0].without,
            "/members?search=jo&status[]=pending&joinedAt[after]=2026-01-02&country=NZ&order[email]=asc"
        );
        assert_eq!(without_all("/members", &state), "/members?order[email]=asc");
    }

    #[test]
    fn a_derived_status_can_be_ticked() {
        let filters = filters_of(&EVENT, &State::parse("status=completed"));
        let status = filters.iter().find(|filter| filter.name == "status[]").unwrap();
        let ticked: Vec<&str> =
            status.boxes.iter().filter(|it| it.chosen).map(|it| it.label.as_str()).collect();
        assert_eq!(ticked, ["Completed"]);
    }
}
