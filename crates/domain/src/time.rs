//! Moments and calendar dates as the API shows and the store keeps them.
//!
//! A moment is a count of microseconds since 1970 in UTC; a date is text `YYYY-MM-DD`, which sorts
//! as it reads. Reading the present moment is not done here: it is always an argument.

use std::fmt;
use std::fmt::Write as _;

use jiff::civil;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// 0001-01-01T00:00:00Z.
const YEAR_1: i64 = -62_135_596_800 * MICROS_PER_SECOND;

/// The last whole second that jiff takes for a moment: 9999-12-30T22:00:00Z.
const LAST: Timestamp = Timestamp(253_402_207_200 * MICROS_PER_SECOND);

static WHOLE_SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
static MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
static MICROSECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

impl Timestamp {
    /// The moment this many microseconds after 1970 (before it, when negative).
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The moment cut to whole milliseconds, as `createdAt` and `updatedAt` are kept.
    #[must_use]
    pub const fn truncated_to_millis(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000))
    }

    /// Later by this many seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// Whole minutes from this moment until `end`, rounded down.
    #[must_use]
    pub const fn minutes_until(self, end: Self) -> i64 {
        end.0.saturating_sub(self.0).div_euclid(MICROS_PER_MINUTE)
    }

    /// Reads an RFC 3339 date-time: date, `T`, time and an offset (`Z` or `±hh:mm`).
    ///
    /// None before the year 1 in UTC: an offset could lead back before the year 0, which RFC 3339
    /// cannot write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let long_enough = bytes.len() >= 20 && bytes.len() <= 40;
        if !long_enough || !matches!(bytes[10], b'T' | b't') || text.contains('[') {
            return None;
        }
        // RFC 3339 writes offsets with a colon; the lenient parser below would take more forms.
        let offset_ok = matches!(bytes[bytes.len() - 1], b'Z' | b'z')
            || (bytes[bytes.len() - 3] == b':' && matches!(bytes[bytes.len() - 6], b'+' | b'-'));
        if !offset_ok {
            return None;
        }
        text.parse::<jiff::Timestamp>().ok().map(Self::from).filter(|moment| moment.0 >= YEAR_1)
    }

    /// Appends the moment as RFC 3339 in UTC: without a fraction, or with 3 or 6 digits where needed.
    pub fn write(self, out: &mut Vec<u8>) {
        let printer = if self.0 % MICROS_PER_SECOND == 0 {
            &WHOLE_SECONDS
        } else if self.0 % 1_000 == 0 {
            &MILLISECONDS
        } else {
            &MICROSECONDS
        };
        // Writing to a vector cannot fail; a moment outside jiff's range cannot be constructed by
        // parsing and would be written as nothing.
        if let Ok(moment) = jiff::Timestamp::from_microsecond(self.0) {
            drop(printer.print_timestamp(&moment, out));
        }
    }

    /// The calendar date of this moment in a time zone.
    #[must_use]
    pub fn date_in(self, zone: &TimeZone) -> Date {
        let moment = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Date(moment.to_zoned_datetime(zone.clone()).date())
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(27);
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

/// A calendar date without a time or zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(civil::Date);

impl Date {
    /// A date by its parts; `None` when there is no such day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The first day of the date's month, or of one so many months later or earlier.
    #[must_use]
    pub fn first_of_month(self, later: i32) -> Option<Self> {
        let month = i32::from(self.0.year()) * 12 + i32::from(self.0.month()) - 1 + later;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        Self::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1)
    }

    /// Reads exactly `YYYY-MM-DD` (RFC 3339 `full-date`), from the year 1 on.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| match i {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        text.parse::<civil::Date>().ok().filter(|date| date.year() >= 1).map(Self)
    }

    /// The date's first instant in UTC: what a bare date means in a filter (spec: API §4).
    ///
    /// Counted in days: the last of 9999 is beyond what jiff takes for a moment, but is a date that
    /// people write for "never". It stands for the last moment there is.
    #[must_use]
    pub fn first_instant_utc(self) -> Timestamp {
        let since_1970 = self.0.duration_since(civil::Date::constant(1970, 1, 1));
        let first = Timestamp(since_1970.as_secs().saturating_mul(MICROS_PER_SECOND));
        first.min(LAST)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(10);
        write!(text, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())?;
        f.write_str(&text)
    }
}

/// Looks a time zone up by its IANA name in the embedded database, exactly as IANA spells it or in
/// another case.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    TimeZone::get(name).ok()
}

/// Reads an RFC 3339 date-time or a bare date, which stands for its first instant in UTC.
#[must_use]
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Date::parse(text).map(Date::first_instant_utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_as_long_as_needed() {
        for (text, shown) in [
            ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T20:00:00+11:00", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00.500Z"),
            ("2026-12-01T09:00:00.000001Z", "2026-12-01T09:00:00.000001Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_rfc_3339_is_refused() {
        for text in [
            "yesterday",
            "2026-12-01",
            "2026-12-01T09:00:00",
            "2026-12-01 09:00:00Z",
            "2026-13-01T09:00:00Z",
            "2026-12-01T09:00:00+1100",
            "2026-12-01T09:00:00+11:00[Australia/Sydney]",
            "0001-01-01T00:00:00+00:01",
            "éééééééééééééé",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_exact() {
        assert_eq!(Date::parse("2024-02-29").unwrap().to_string(), "2024-02-29");
        for text in ["2023-02-29", "0000-12-31", "2024-2-9", "24-02-09", "2024-02-09 ", "20240209xx"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_date_has_a_first_instant() {
        for (date, micros) in [
            ("1970-01-01", 0),
            ("1969-12-31", -86_400_000_000),
            ("2024-02-29", 1_709_164_800_000_000),
            ("9999-12-31", 253_402_207_200_000_000),
        ] {
            let first = Date::parse(date).unwrap().first_instant_utc();
            assert_eq!(first.as_micros(), micros, "{date}");
            assert_eq!(Timestamp::parse(&first.to_string()), Some(first), "{date}");
        }
    }

    #[test]
    fn a_moment_has_another_date_in_another_zone() {
        let moment = Timestamp::parse("2026-11-23T20:00:00Z").unwrap();
        let sydney = zone("Australia/Sydney").unwrap();
        assert_eq!(moment.date_in(&sydney).to_string(), "2026-11-24");
        assert_eq!(moment.date_in(&TimeZone::UTC).to_string(), "2026-11-23");
    }
}
