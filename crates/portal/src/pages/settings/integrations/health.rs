//! How an integration does, in words, numbers and small charts.

use app::{Health, IntegrationStatus};
use domain::Timestamp;

use crate::components::{Chart, Column, HealthView};
use crate::display::Place;
use crate::words;

/// The light in words, with what to do first where it is not green.
pub(super) fn of(status: &IntegrationStatus, place: &Place) -> HealthView {
    let (tone, text) = match status.health {
        Health::Healthy => ("green", "Working"),
        Health::Degraded => ("orange", "Needs a look"),
        Health::Failing => ("red", "Failing"),
        Health::Disconnected => ("secondary", "Not connected"),
        Health::Disabled => ("secondary", "Switched off"),
    };
    let first = status.errors.first();
    let advice = match (status.health, first) {
        (Health::Healthy, _) => String::new(),
        (Health::Disabled, _) => "Syncs are refused until it is switched on.".to_owned(),
        (_, Some(error)) => spoken(&error.message, place),
        (Health::Disconnected, None) => "Nothing has come in or gone out for a while.".to_owned(),
        (_, None) => "See its syncs and deliveries of the last 24 hours.".to_owned(),
    };
    HealthView::new(tone, text, advice)
}

/// A text of the status in the words of people: moments in the organisation's zone.
pub(super) fn spoken(text: &str, place: &Place) -> String {
    let word = |word: &str| {
        let end = word.trim_end_matches(['.', ',', ';', ')', ':']);
        let is_moment = end.len() > 19 && end.contains('T') && end.ends_with('Z');
        match Timestamp::parse(end).filter(|_| is_moment) {
            Some(at) => format!("{}{}", place.moment(at), word.get(end.len()..).unwrap_or_default()),
            None => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The numbers of the day, each with what it is.
pub(super) fn numbers(status: &IntegrationStatus) -> Vec<(String, &'static str)> {
    let of = &status.requests;
    let refused = of.unauthorised + of.forbidden;
    vec![
        (words::grouped(all(status)), "requests"),
        (words::grouped(count(refused)), "refused"),
        (words::grouped(count(of.rate_limited)), "over the limit"),
        (words::grouped(count(status.webhook_failures)), "deliveries failed"),
        (words::grouped(count(status.pending_syncs)), "records tried again"),
        (words::grouped(count(status.failed_syncs)), "records need you"),
    ]
}

fn all(status: &IntegrationStatus) -> u64 {
    let of = &status.requests;
    let sum =
        of.succeeded + of.client_errors + of.unauthorised + of.forbidden + of.rate_limited + of.server_errors;
    count(sum)
}

/// The day in a line.
pub(super) fn summary(status: &IntegrationStatus) -> String {
    match all(status) {
        0 => "No requests".to_owned(),
        many => words::counted(many, "request", "requests"),
    }
}

/// A column of parts with their words; what is none is not said.
fn column(start: Timestamp, place: &Place, parts: [(&'static str, i64, &str); 4]) -> Column {
    let said = parts.iter().filter(|(_, number, _)| *number > 0);
    let said: Vec<String> = said.map(|(_, number, what)| format!("{number} {what}")).collect();
    Column {
        title: if said.is_empty() {
            String::new()
        } else {
            format!("{}: {}", place.clock(start), said.join(", "))
        },
        parts: parts.iter().map(|(class, number, _)| (*class, count(*number))).collect(),
    }
}

/// Requests by hour: answered, and on top what was not.
pub(super) fn requests(status: &IntegrationStatus, place: &Place) -> Chart {
    let columns = status.hours.iter().map(|(start, of, _)| {
        let refused = of.client_errors + of.unauthorised + of.forbidden;
        column(
            *start,
            place,
            [
                ("good", of.succeeded, "answered"),
                ("fair", refused, "refused"),
                ("over", of.rate_limited, "over the limit"),
                ("bad", of.server_errors, "failed here"),
            ],
        )
    });
    let of = &status.requests;
    let label = format!(
        "Requests by hour of the last 24 hours: {} answered, {} refused, {} over the limit, {} failed here",
        of.succeeded,
        of.client_errors + of.unauthorised + of.forbidden,
        of.rate_limited,
        of.server_errors
    );
    Chart::new(label, columns.collect())
}

/// Records that syncs dealt with, by hour.
pub(super) fn syncs(status: &IntegrationStatus, place: &Place) -> Chart {
    let mut sums = [0_i64; 4];
    let columns: Vec<Column> = status
        .hours
        .iter()
        .map(|(start, _, [created, updated, unchanged, skipped, deleted, failed])| {
            let parts = [created + updated + deleted, *unchanged, *skipped, *failed];
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum += part;
            }
            let [stored, unchanged, skipped, failed] = parts;
            column(
                *start,
                place,
                [
                    ("good", stored, "stored"),
                    ("plain", unchanged, "as wanted"),
                    ("fair", skipped, "left as they are"),
                    ("bad", failed, "failed"),
                ],
            )
        })
        .collect();
    let [stored, unchanged, skipped, failed] = sums;
    let label = format!(
        "Records of syncs by hour of the last 24 hours: {stored} stored, {unchanged} as wanted, {skipped} left as they \
         are, {failed} failed"
    );
    Chart::new(label, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_in_the_organisations_zone() {
        let zone = jiff::tz::TimeZone::get("Australia/Sydney").unwrap();
        let place = Place { zone, currency: String::new() };
        let said = spoken("It has failed since 2026-11-24T00:00:00.000Z. Mend it.", &place);
        assert_eq!(said, "It has failed since 24 Nov 2026, 11:00 am AEDT. Mend it.");
        assert_eq!(
            spoken("Jane-TeZ is 2026-13-24T00:00:00.000Z", &place),
            "Jane-TeZ is 2026-13-24T00:00:00.000Z"
        );
    }
}
