//! The delivery log of a webhook: the list, what was sent in one delivery and what came back, sending again.

use app::{Attempts, RecordRow};
use askama::Template;
use domain::event_types::event_types;
use domain::listing::{self, Filter, Lenience, Test};
use domain::resources::{DELIVERY, WEBHOOK};
use domain::{Record, RecordId, Value};
use serde_json::Value as Json;

use super::is_enabled;
use crate::components::{Control, event_words};
use crate::display::{Place, Shown};
use crate::failure::PageError;
use crate::pages::list::{self, Below};
use crate::pages::record::{Found, RecordHead};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

/// `GET /settings/webhooks/{id}/deliveries`
pub(in super::super) async fn list(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let below = Below {
        base: found.address("/deliveries"),
        only: of(found.id),
        record: Some(RecordHead::of(visit, &found, "/deliveries")),
    };
    let mut read = list::read(visit, &DELIVERY, below, |_| None).await?;
    // What can be sent is known: it need not be typed.
    for input in read.page.filters.iter_mut().flat_map(|filter| &mut filter.inputs) {
        if let Control::Line { value, .. } = &input.control
            && input.name == "eventType"
        {
            let types = event_types(visit.app.registry()).into_iter();
            let choices = types.map(|it| (it.name.clone(), event_words(&it.name)));
            input.control = Control::select(choices, value, true);
        }
    }
    read.shown(visit)
}

/// Only the deliveries of a webhook.
fn of(webhook: RecordId) -> Option<Filter> {
    let position = DELIVERY.position("webhookId")?;
    Some(Filter { position, test: Test::AnyOf(vec![Value::Id(webhook.uuid())]) })
}

/// A delivery in few words.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) what: String,
    pub(super) status: Shown,
    pub(super) when: String,
    pub(super) error: String,
}

/// The newest deliveries of a webhook.
pub(super) async fn latest(visit: &Visit, webhook: RecordId) -> Result<Vec<Line>, PageError> {
    let mut query = listing::parse(&DELIVERY, [("itemsPerPage", "5"), ("count", "false")], Lenience::Strict)?;
    query.filters.extend(of(webhook));
    let (mut lines, place) = (Vec::new(), visit.place());
    let each = |row: &RecordRow<'_, '_>| {
        let record = row.record()?;
        let id = record.id().map(|id| id.to_string()).unwrap_or_default();
        let text = |name: &str| record.text(&DELIVERY, name).unwrap_or_default().to_owned();
        lines.push(Line {
            href: format!("{}/{webhook}/deliveries/{id}", super::LIST),
            what: event_words(&text("eventType")),
            status: status(&record),
            when: record.timestamp(&DELIVERY, "createdAt").map(|at| place.moment(at)).unwrap_or_default(),
            error: text("error"),
        });
        Ok(())
    };
    visit.app.list(visit.tenant()?, &DELIVERY, &query, each).await?;
    Ok(lines)
}

fn status(record: &Record) -> Shown {
    let status = record.text(&DELIVERY, "status").unwrap_or_default();
    Shown::Badge { text: words::value(status), tone: words::tone(status) }
}

#[derive(Template)]
#[template(path = "pages/settings/delivery.html")]
struct DeliveryPage {
    shell: Shell,
    /// The address of the log.
    log: String,
    url: String,
    what: String,
    status: Shown,
    here: String,
    /// Whether the webhook is on and the user may send again.
    can_retry: bool,
    /// Whether the first attempt is still to come.
    waits: bool,
    facts: Vec<(String, Shown)>,
    body: String,
    attempts: Vec<AttemptView>,
}

struct AttemptView {
    number: i64,
    when: String,
    answer: Shown,
    took: String,
    error: String,
    sent_to: String,
    request_headers: Vec<(String, String)>,
    response_headers: Vec<(String, String)>,
    response_body: String,
}

/// The segment in which a delivery's id stands.
const DELIVERY_ID: usize = 5;

/// `GET /settings/webhooks/{id}/deliveries/{deliveryId}`
pub(in super::super) async fn delivery(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let (tenant, id) = (visit.tenant()?, visit.id_at::<RecordId>(DELIVERY_ID)?);
    let record = visit.app.delivery(tenant, found.id, id, |row: &RecordRow<'_, '_>| row.record()).await?;
    let details = visit.app.delivery_details(tenant, id).await?;
    let place = visit.place();
    let what = event_words(record.text(&DELIVERY, "eventType").unwrap_or_default());
    let names = ["createdAt", "sequence", "eventId", "attemptCount", "nextAttemptAt", "completedAt", "error"];
    let facts = names.into_iter().filter_map(|name| {
        let field = DELIVERY.field(name)?;
        let shown = place.show(field, record.get(&DELIVERY, name));
        (!shown.is_nothing()).then(|| (label(name), shown))
    });
    visit.page(&DeliveryPage {
        shell: visit.shell(&what),
        log: found.address("/deliveries"),
        url: found.title(),
        status: status(&record),
        here: found.address(&format!("/deliveries/{id}")),
        can_retry: visit.can_write(&WEBHOOK) && is_enabled(&found.record),
        waits: details.attempts.is_empty() && is_enabled(&found.record),
        facts: facts.collect(),
        body: details.body.as_deref().map(pretty).unwrap_or_default(),
        attempts: details.attempts.iter().rev().map(|attempt| view(attempt, &place)).collect(),
        what,
    })
}

fn label(name: &str) -> String {
    match name {
        "createdAt" => "Queued".to_owned(),
        "sequence" => "Number of the change".to_owned(),
        "eventId" => "Event".to_owned(),
        "nextAttemptAt" => "Next attempt".to_owned(),
        "completedAt" => "Ended".to_owned(),
        other => words::label(other),
    }
}

/// JSON in lines; what is none stays as it is.
fn pretty(text: &str) -> String {
    serde_json::from_str::<Json>(text).map_or_else(|_| text.to_owned(), |json| format!("{json:#}"))
}

fn view(attempt: &Attempts, place: &Place) -> AttemptView {
    let headers = |text: &str| {
        let object: domain::json::Object = serde_json::from_str(text).unwrap_or_default();
        let pairs =
            object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        pairs.collect::<Vec<_>>()
    };
    let answer = match attempt.response_status {
        Some(status @ 200..=299) => Shown::Badge { text: format!("Answer {status}"), tone: "green" },
        Some(status) => Shown::Badge { text: format!("Answer {status}"), tone: "red" },
        None => Shown::Badge { text: "No answer".to_owned(), tone: "red" },
    };
    AttemptView {
        number: attempt.number,
        when: place.moment(attempt.started_at),
        answer,
        took: format!("{} ms", words::grouped(u64::try_from(attempt.duration_ms).unwrap_or(0))),
        error: attempt.error.clone().unwrap_or_default(),
        sent_to: attempt.url.clone(),
        request_headers: headers(&attempt.request_headers),
        response_headers: headers(&attempt.response_headers),
        response_body: attempt.response_body.as_deref().map(pretty).unwrap_or_default(),
    }
}

/// `POST /settings/webhooks/{id}/deliveries/{deliveryId}/retry`
pub(in super::super) async fn retry(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let id = visit.id_at::<RecordId>(DELIVERY_ID)?;
    visit.app.retry_delivery(visit.tenant()?, &visit.actor(), found.id, id).await?;
    let to = found.address(&format!("/deliveries/{id}"));
    Ok(visit.go_and_tell(&to, &Toast::done("It is sent again now.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_shown_in_lines() {
        assert_eq!(pretty("{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(pretty("gone"), "gone");
    }
}
