//! Sample data: a believable association, the same on every machine but for its dates, which lie around
//! the present. Made from a fixed seed and hand-written lists; every address and number is one that is
//! reserved for examples. Knows nothing of how records are stored.

mod courses;
mod dice;
mod events;
mod members;
mod occupations;
mod people;
mod places;

use domain::definition::Registry;
use domain::json::Object;
use domain::{Resource, Timestamp};
use jiff::ToSpan as _;
use jiff::civil;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::records::Past;
use dice::Dice;

/// Decides everything that is left to chance.
const SEED: u64 = 0x6d65_6d62_6572;

/// How many records of each kind to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amounts {
    /// Members: any number.
    pub members: usize,
    /// Events: at most [`Amounts::MOST`] of them are written.
    pub events: usize,
    /// Courses: at most [`Amounts::MOST`] of them are written.
    pub courses: usize,
}

impl Amounts {
    /// All there is of events and courses, and a lively number of members.
    pub const MOST: Self = Self { members: 500, events: 24, courses: 12 };
    /// A few, to try things out on.
    pub const FEW: Self = Self { members: 25, events: 4, courses: 2 };
}

/// The association's history up to `now`, in the order in which it happened.
#[must_use]
pub fn history(registry: Registry, now: Timestamp, amounts: Amounts) -> Vec<Past> {
    let today = Today::of(now);
    let mut dice = Dice::new(SEED);
    let members = members::all(&mut dice, today, amounts.members);
    let events = events::all(&mut dice, today, amounts.events);
    let courses = courses::all(&mut dice, today, amounts.courses);
    let mut past = Vec::with_capacity(members.len() + events.len() + courses.len());
    for (plural, made) in [("members", members), ("events", events), ("courses", courses)] {
        if let Some(resource) = registry.by_plural(plural) {
            past.extend(made.into_iter().map(|sample| sample.of(resource)));
        }
    }
    // Stable: what happened at the same moment stays in the order of the lists.
    past.sort_by_key(|it| it.at);
    past
}

/// A record that was made at a moment.
struct Sample {
    at: Timestamp,
    body: Object,
}

impl Sample {
    fn of(self, resource: &'static Resource) -> Past {
        Past { resource, at: self.at, body: self.body }
    }
}

/// The day around which the history lies.
#[derive(Clone, Copy)]
struct Today {
    date: civil::Date,
    now: jiff::Timestamp,
}

impl Today {
    fn of(now: Timestamp) -> Self {
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self { date: now.to_zoned_datetime(TimeZone::UTC).date(), now }
    }

    /// The date this many days from today; before it, when negative.
    fn plus_days(self, days: i64) -> civil::Date {
        self.date.checked_add(days.days()).unwrap_or(self.date)
    }

    /// A moment this long ago.
    fn ago(self, days: i64, minutes: i64) -> Timestamp {
        let span = days.saturating_mul(24 * 60).saturating_add(minutes).minutes();
        Timestamp::from(self.now.checked_sub(span).unwrap_or(self.now))
    }

    /// A wall clock's time in a zone, on a working day this many days from today or soon after.
    fn at(self, days: i64, time: (i8, i8), zone: &str) -> Timestamp {
        let date = (0..3)
            .map(|later| self.plus_days(days.saturating_add(later)))
            .find(|date| date.weekday().to_monday_zero_offset() < 5)
            .unwrap_or(self.date);
        let moment = date.at(time.0, time.1, 0, 0).in_tz(zone);
        Timestamp::from(moment.map_or(self.now, |moment| moment.timestamp()))
    }
}

/// An object without the pairs that are null.
fn object(pairs: Vec<(&str, Json)>) -> Object {
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests;
