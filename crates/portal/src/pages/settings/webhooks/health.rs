//! How a webhook does, in words, numbers and small charts.

use app::{WebhookHealth, WebhookHour};
use domain::resources::WEBHOOK;
use domain::{Record, Value};

use super::is_enabled;
use crate::components::{Chart, Column, HealthView};
use crate::display::Place;
use crate::words;

/// The share of attempts, in hundredths, below which a webhook that works is called unsteady.
const STEADY: u64 = 95;

/// How it does and, where it does not do well, what to do.
pub(super) fn of(record: &Record, day: &WebhookHealth, place: &Place) -> HealthView {
    let whole = day.whole();
    if !is_enabled(record) {
        return match record.text(&WEBHOOK, "disabledReason") {
            Some(reason) => HealthView::new(
                "red",
                "Switched off by the server",
                format!("{reason} Mend the receiver, switch the webhook on, then send the missed events."),
            ),
            None => HealthView::new(
                "secondary",
                "Switched off",
                "Nothing is sent. What happens meanwhile can be sent later.".to_owned(),
            ),
        };
    }
    if let Some(since) = record.timestamp(&WEBHOOK, "failingSince") {
        let since = place.moment(since);
        let level = match record.get(&WEBHOOK, "warningLevel") {
            Value::Integer(level) => *level,
            _ => 0,
        };
        let text = match level {
            0 => {
                let advice = format!(
                    "Since {since}. Deliveries are tried again by themselves; see what the receiver answers."
                );
                return HealthView::new("orange", "Failing", advice);
            }
            1 => "Failing for a day",
            2 => "Failing for two days",
            _ => "Failing for four days",
        };
        let advice = format!(
            "Nothing has arrived since {since}. See in the deliveries what the receiver answers and mend it: after \
             five days of failing the webhook is switched off."
        );
        return HealthView::new("red", text, advice);
    }
    if whole.attempts() == 0 {
        return HealthView::new("secondary", "Quiet", String::new());
    }
    if whole.succeeded * 100 < whole.attempts() * STEADY {
        let advice =
            "Some deliveries needed more than one attempt; see in their log what the receiver answered.";
        return HealthView::new("orange", "Unsteady", advice.to_owned());
    }
    HealthView::new("green", "Working", String::new())
}

/// The share of attempts that arrived: "98.2 %".
fn share(whole: &WebhookHour) -> Option<String> {
    // Never rounded up: what is not all is not said to be all.
    let per_mille = (whole.succeeded * 1_000).checked_div(whole.attempts())?;
    Some(if per_mille.is_multiple_of(10) {
        format!("{} %", per_mille / 10)
    } else {
        format!("{}.{} %", per_mille / 10, per_mille % 10)
    })
}

/// The day in a line.
pub(super) fn summary(day: &WebhookHealth) -> String {
    let whole = day.whole();
    match (share(&whole), whole.average_ms()) {
        (Some(share), Some(average)) => {
            let attempts = words::counted(whole.attempts(), "attempt", "attempts");
            format!("{share} of {attempts} arrived, {} ms on average", words::grouped(average))
        }
        _ => "Nothing sent".to_owned(),
    }
}

/// The numbers of the day, each with what it is.
pub(super) fn numbers(day: &WebhookHealth) -> Vec<(String, &'static str)> {
    let whole = day.whole();
    let none = || "–".to_owned();
    let ms = |number: Option<u64>| number.map_or_else(none, |ms| format!("{} ms", words::grouped(ms)));
    vec![
        (share(&whole).unwrap_or_else(none), "arrived"),
        (words::grouped(whole.attempts()), "attempts"),
        (ms(whole.average_ms()), "on average"),
        (ms((whole.attempts() > 0).then_some(whole.slowest_ms)), "the slowest"),
    ]
}

/// Attempts by hour: what arrived, and on top what did not.
pub(super) fn attempts(day: &WebhookHealth, place: &Place) -> Chart {
    let columns = day.hours.iter().map(|hour| Column {
        title: if hour.attempts() == 0 {
            String::new()
        } else {
            format!("{}: {} arrived, {} failed", place.clock(hour.start), hour.succeeded, hour.failed)
        },
        parts: vec![("good", hour.succeeded), ("bad", hour.failed)],
    });
    Chart::new(format!("Attempts by hour of the last 24 hours: {}", summary(day)), columns.collect())
}

/// How long attempts took on average, by hour.
pub(super) fn latency(day: &WebhookHealth, place: &Place) -> Chart {
    let columns = day.hours.iter().map(|hour| {
        let average = hour.average_ms();
        Column {
            title: average.map_or_else(String::new, |ms| format!("{}: {ms} ms", place.clock(hour.start))),
            // Less than a millisecond is something, too.
            parts: vec![("plain", average.map_or(0, |ms| ms.max(1)))],
        }
    });
    let average = day.whole().average_ms();
    let said = average.map_or_else(|| "nothing sent".to_owned(), |ms| format!("{ms} ms on average"));
    Chart::new(format!("Time that attempts took, by hour of the last 24 hours: {said}"), columns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn a_share_is_never_rounded_up() {
        let hour = |succeeded, failed| WebhookHour {
            start: Timestamp::from_micros(0),
            succeeded,
            failed,
            duration_ms: 0,
            slowest_ms: 0,
        };
        assert_eq!(share(&hour(9_999, 1)).as_deref(), Some("99.9 %"));
        assert_eq!(share(&hour(5, 5)).as_deref(), Some("50 %"));
        assert_eq!(share(&hour(3, 0)).as_deref(), Some("100 %"));
        assert_eq!(share(&hour(0, 0)), None);
    }
}
