//! The header `Retry-After` (RFC 9110 §10.2.3): seconds, or a moment in one of HTTP's three date forms.

use std::time::{Duration, UNIX_EPOCH};

use domain::Timestamp;

/// Longer waits than this are asked for by mistake; the schedule has a bound of its own below it.
const MOST: Duration = Duration::from_hours(366 * 24);

/// How long after `now` the receiver wants to be left alone. None when the header says nothing sensible.
pub(crate) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for a number are still a long time.
        return Some(value.parse().map_or(MOST, Duration::from_secs).min(MOST));
    }
    let moment = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_micros(u64::try_from(now.as_micros()).ok()?);
    Some(moment.saturating_sub(now).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_all_three_date_forms_are_understood() {
        // Sun, 06 Nov 1994 08:49:37 GMT, the RFC's example.
        let then = 784_111_777;
        let now = Timestamp::from_micros((then - 90) * 1_000_000);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90)),
            ("Sun Nov  6 08:49:37 1994", Some(90)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("99999999999999999999999", Some(MOST.as_secs())),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(MOST.as_secs())),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(parse(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
