//! Dates and times by a `strftime` pattern. Strict: a day that the calendar does not have, or an hour
//! that a change of clocks skips, is an error and never the day or hour after.

use jiff::civil::{self, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde_json::Value as Json;

use super::text::of_scalar;
use super::{Outcome, Wrong};
use crate::input::shorten;
use crate::time::{Date, Timestamp};

const MAX_PATTERN: usize = 100;
/// A day that cannot be taken for a month, and an hour that needs its half of the day.
const SAMPLE: DateTime = civil::date(2026, 2, 28).at(21, 45, 30, 0);

/// A pattern that is known to read what it writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Pattern {
    text: String,
    /// The sample written by the pattern, for messages.
    example: String,
}

impl Pattern {
    /// A pattern for dates.
    pub(super) fn date(text: &str) -> Result<Self, String> {
        Self::checked(text, reads_date).ok_or_else(|| refusal(text))
    }

    /// A pattern for dates with a time. A pattern without one means midnight.
    pub(super) fn date_time(text: &str) -> Result<Self, String> {
        Self::checked(text, reads_moment).ok_or_else(|| refusal(text))
    }

    /// The pattern, when it writes the sample so that `reads` finds the sample in it again.
    fn checked(text: &str, reads: fn(&BrokenDownTime) -> Option<bool>) -> Option<Self> {
        let short = Some(text).filter(|text| text.len() <= MAX_PATTERN)?;
        let example = write(&from_civil(SAMPLE), short)?;
        let parsed = BrokenDownTime::parse(short, &example).ok()?;
        reads(&parsed)?.then(|| Self { text: text.to_owned(), example })
    }

    /// The pattern as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Their text as a date YYYY-MM-DD.
    pub(super) fn read_date(&self, item: &Json) -> Outcome {
        let date = self.parse(item).and_then(|parsed| parsed.to_date().ok());
        let date = date.and_then(|date| Date::new(date.year(), date.month(), date.day()));
        date.map(|date| Json::String(date.to_string())).ok_or_else(|| self.wrong("invalid_date", item))
    }

    /// Their text as an RFC 3339 moment; without an offset of its own it is a time in `zone`.
    ///
    /// An hour that comes twice when clocks go back is the first of the two.
    pub(super) fn read_moment(&self, item: &Json, zone: &TimeZone) -> Outcome {
        let moment = self.parse(item).and_then(|parsed| instant(&parsed, zone)).map(Timestamp::from);
        moment
            .map(|moment| Json::String(moment.to_string()))
            .ok_or_else(|| self.wrong("invalid_date_time", item))
    }

    /// Our date as their text.
    pub(super) fn write_date(&self, item: Json) -> Json {
        let date = item.as_str().filter(|text| Date::parse(text).is_some());
        let date = date.and_then(|text| text.parse::<civil::Date>().ok());
        date.and_then(|date| write(&from_civil(date.at(0, 0, 0, 0)), &self.text)).map_or(item, Json::String)
    }

    /// Our moment as their text, as clocks in `zone` show it.
    pub(super) fn write_moment(&self, item: Json, zone: &TimeZone) -> Json {
        let moment = item.as_str().and_then(Timestamp::parse);
        let moment = moment.and_then(|it| jiff::Timestamp::from_microsecond(it.as_micros()).ok());
        moment
            .map(|moment| BrokenDownTime::from(&moment.to_zoned_datetime(zone.clone())))
            .and_then(|parts| write(&parts, &self.text))
            .map_or(item, Json::String)
    }

    /// The parts of their text. A year of fewer than four digits where `%Y` stands is a slip (`24`
    /// for 2024), not a year of antiquity.
    fn parse(&self, item: &Json) -> Option<BrokenDownTime> {
        let text = of_scalar(item)?;
        let parsed = BrokenDownTime::parse(&self.text, text.trim()).ok()?;
        parsed.year().is_none_or(|year| year >= 1000).then_some(parsed)
    }

    fn wrong(&self, code: &'static str, item: &Json) -> Wrong {
        let given = of_scalar(item).unwrap_or_default();
        let what = if code == "invalid_date" { "date" } else { "date and time" };
        let message = format!(
            "{} must be a {what} that exists, written like {} ({}).",
            shorten(given.trim()),
            self.example,
            self.text
        );
        Wrong::new(code, message)
    }
}

fn from_civil(moment: DateTime) -> BrokenDownTime {
    let mut parts = BrokenDownTime::from(moment);
    parts.set_offset(Some(Offset::UTC));
    parts
}

fn write(parts: &BrokenDownTime, pattern: &str) -> Option<String> {
    parts.to_string(pattern).ok()
}

/// The moment of parsed parts.
fn instant(parsed: &BrokenDownTime, zone: &TimeZone) -> Option<jiff::Timestamp> {
    if parsed.iana_time_zone().is_some() {
        return parsed.to_zoned_datetime().ok().map(|moment| moment.timestamp());
    }
    if parsed.timestamp().is_some() || parsed.offset().is_some() {
        return parsed.to_timestamp().ok();
    }
    let moment = zone.to_ambiguous_timestamp(parsed.to_datetime().ok()?);
    if matches!(moment.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    moment.compatible().ok()
}

fn reads_date(parsed: &BrokenDownTime) -> Option<bool> {
    Some(parsed.to_date().ok()? == SAMPLE.date())
}

/// The sample may come back without what the pattern leaves out: seconds, minutes, the time.
fn reads_moment(parsed: &BrokenDownTime) -> Option<bool> {
    let read = Offset::UTC.to_datetime(instant(parsed, &TimeZone::UTC)?);
    let cuts = [(0, 0, 0), (21, 0, 0), (21, 45, 0), (21, 45, 30)];
    Some(cuts.iter().any(|(hour, minute, second)| SAMPLE.date().at(*hour, *minute, *second, 0) == read))
}

fn refusal(pattern: &str) -> String {
    format!(
        "{} does not read back the dates that it writes. Build it of %d day, %m month, %Y year (%y for two \
         digits, %b for Jan) and %H:%M:%S or %I:%M %p for the time, such as %d/%m/%Y.{}",
        shorten(pattern),
        spreadsheet_pattern(pattern)
    )
}

/// An offer for patterns in the spelling of spreadsheets: `DD/MM/YYYY`.
fn spreadsheet_pattern(text: &str) -> String {
    if text.contains('%') {
        return String::new();
    }
    let upper = text.to_uppercase();
    let pattern = upper.replace("YYYY", "%Y").replace("YY", "%y").replace("MM", "%m").replace("DD", "%d");
    Pattern::checked(&pattern, reads_date).map_or_else(String::new, |_| format!(" Did you mean {pattern}?"))
}
