//! What a list's address asks: the grammar of the API's lists (API §4), read for people.
//!
//! Two things differ. Parameters without a value, as forms send them, mean nothing; and a date stands for
//! the whole day in the organisation's zone, where a program's is an instant in UTC.

use domain::definition::{Kind, Resource};
use domain::listing::{self, Lenience, ListQuery};
use domain::{Date, Problem};
use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use crate::failure::PageError;
use crate::visit::Visit;

/// The parameters of a list, in a form in which one state has one address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct State(pub(crate) Vec<(String, String)>);

/// What a list is asked.
pub(crate) struct Question {
    pub(crate) state: State,
    pub(crate) query: Result<ListQuery, Problem>,
}

/// Parameters that a page has no use for: its size is set, and it always tells the total.
const IGNORED: &[&str] = &["itemsPerPage", "cursor", "count", "includeDeleted", "_token"];

impl State {
    /// Reads an encoded query.
    pub(crate) fn parse(encoded: &str) -> Self {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut columns: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
            let value = value.trim();
            if value.is_empty() || IGNORED.contains(&&*name) {
                continue;
            }
            match &*name {
                // Ticked boxes come one by one.
                "fields" | "fields[]" => columns.extend(value.split(',').map(str::to_owned)),
                "page" if value == "1" => {}
                _ => pairs.push((name.into_owned(), value.to_owned())),
            }
        }
        if !columns.is_empty() {
            pairs.push(("fields".to_owned(), columns.join(",")));
        }
        Self(pairs)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The state without parameters of which this is true; always on the first page.
    pub(crate) fn without(&self, mut is_left_out: impl FnMut(&str, &str) -> bool) -> Self {
        let kept = self.0.iter().filter(|(name, value)| name != "page" && !is_left_out(name, value));
        Self(kept.cloned().collect())
    }

    /// The state with one more parameter.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The query of an address.
    pub(crate) fn encoded(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        // Brackets and commas may stand as they are, and people read them better (WHATWG URL).
        encoded.replace("%5B", "[").replace("%5D", "]").replace("%2C", ",")
    }

    /// The address of a list in this state.
    pub(crate) fn address(&self, resource: &Resource) -> String {
        self.at(&format!("/{}", resource.segment()))
    }

    /// The address of the list in this state that is to be found at a path.
    pub(crate) fn at(&self, base: &str) -> String {
        if self.0.is_empty() { base.to_owned() } else { format!("{base}?{}", self.encoded()) }
    }
}

impl Question {
    /// What the address of a visit asks.
    pub(crate) fn of(visit: &Visit, resource: &'static Resource) -> Result<Self, PageError> {
        let mut state = State::parse(visit.parts.uri.query().unwrap_or_default());
        // The columns that a list has anyway need not stand in its address.
        let usual = visit.layout(resource)?.columns.join(",");
        state.0.retain(|(name, value)| name != "fields" || *value != usual);
        Self::in_state(visit, resource, state)
    }

    /// What a state asks.
    pub(crate) fn in_state(
        visit: &Visit,
        resource: &'static Resource,
        state: State,
    ) -> Result<Self, PageError> {
        visit.layout(resource)?;
        let zone = visit.place().zone;
        // A page that searches what the grammar cannot does it itself.
        let asked = state.0.iter().filter(|(name, _)| name != "search" || !resource.search.is_empty());
        let read: Vec<(String, String)> =
            asked.map(|(name, value)| in_zone(resource, name, value, &zone)).collect();
        let pairs = read.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query = listing::parse(resource, pairs, Lenience::Strict);
        Ok(Self { state, query })
    }
}

/// A parameter about moments that names a date, as the bounds of that day in a zone.
fn in_zone(resource: &Resource, name: &str, value: &str, zone: &TimeZone) -> (String, String) {
    let same = || (name.to_owned(), value.to_owned());
    let Some((field, test)) =
        name.split_once('[').and_then(|(field, rest)| Some((field, rest.strip_suffix(']')?)))
    else {
        return same();
    };
    let is_moment = resource.field(field).is_some_and(|field| matches!(field.kind, Kind::Timestamp));
    if !is_moment || Date::parse(value).is_none() {
        return same();
    }
    let first_instant = |days: i32| {
        let date = value.parse::<jiff::civil::Date>().ok()?.checked_add(days.days()).ok()?;
        let start = date.to_zoned_datetime(zone.clone()).ok()?.timestamp();
        Some(domain::Timestamp::from(start).to_string())
    };
    let (test, instant) = match test {
        "after" => ("after", first_instant(0)),
        "strictly_after" => ("after", first_instant(1)),
        "before" => ("strictly_before", first_instant(1)),
        "strictly_before" => ("strictly_before", first_instant(0)),
        _ => return same(),
    };
    instant.map_or_else(same, |instant| (format!("{field}[{test}]"), instant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::{EVENT, MEMBER};

    #[test]
    fn one_state_has_one_address() {
        let state = State::parse("search=&status%5B%5D=active&page=1&fields[]=email&fields[]=city&cursor=x");
        assert_eq!(state.address(&MEMBER), "/members?status[]=active&fields=email,city");
        assert_eq!(State::parse("").address(&MEMBER), "/members");
        let next = State::parse("page=3&search=Jo%20%26").without(|_, _| false);
        assert_eq!(next.address(&MEMBER), "/members?search=Jo+%26");
    }

    #[test]
    fn a_date_is_a_day_in_the_zone() {
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        let read = |name: &str| in_zone(&EVENT, name, "2026-11-24", &zone);
        assert_eq!(read("eventStart[after]").1, "2026-11-23T13:00:00Z");
        let end = ("eventStart[strictly_before]".to_owned(), "2026-11-24T13:00:00Z".to_owned());
        assert_eq!(read("eventStart[before]"), end);
        let date = in_zone(&MEMBER, "joinedAt[before]", "2026-11-24", &zone);
        assert_eq!(date, ("joinedAt[before]".to_owned(), "2026-11-24".to_owned()));
    }
}
