//! Webhooks: where changes are sent, how well that goes, and what can be done about it.

mod deeds;
mod deliveries;
mod health;

use askama::Template;
use domain::definition::Kind;
use domain::resources::WEBHOOK;
use domain::{Record, RecordId};
use serde_json::Value as Json;

use super::paging::{PageOf, page_of};
use super::secret::{self, Made};
use crate::components::{Chart, HealthView, SecretView, event_words};
use crate::display::Shown;
use crate::pages::record::{Found, RecordHead};
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

pub(super) use deeds::{ask_recovery, ask_rotation, recover, rotate, switch, test};
pub(super) use deliveries::{delivery, list as deliveries, retry};

const LIST: &str = "/settings/webhooks";

#[derive(Template)]
#[template(path = "pages/settings/webhooks.html")]
struct WebhooksPage {
    shell: Shell,
    environment: &'static str,
    can_write: bool,
    hooks: Vec<HookRow>,
    newer: String,
    older: String,
}

/// A webhook in the list.
struct HookRow {
    href: String,
    url: String,
    description: String,
    health: HealthView,
    chart: Chart,
    day: String,
    events: String,
}

/// `GET /settings/webhooks`
pub(super) async fn list(visit: &Visit) -> Page {
    let tenant = visit.tenant()?;
    let PageOf { records, newer, older } = page_of(visit, &WEBHOOK, "order[createdAt]", LIST).await?;
    let mut hooks = Vec::with_capacity(records.len());
    for record in &records {
        let Some(id) = record.id() else { continue };
        let day = visit.app.webhook_health(tenant, id).await?;
        let text = |name: &str| record.text(&WEBHOOK, name).unwrap_or_default().to_owned();
        hooks.push(HookRow {
            href: format!("{LIST}/{id}"),
            url: text("url"),
            description: text("description"),
            health: in_brief(health::of(record, &day, &visit.place())),
            chart: health::attempts(&day, &visit.place()),
            day: health::summary(&day),
            events: events(record).join(", "),
        });
    }
    visit.page(&WebhooksPage {
        shell: visit.shell("Webhooks"),
        environment: tenant.environment().name(),
        can_write: visit.can_write(&WEBHOOK),
        hooks,
        newer,
        older,
    })
}

/// What a list says of it: what to do only where something is to be done.
fn in_brief(health: HealthView) -> HealthView {
    if health.is_bad() { health } else { HealthView { advice: String::new(), ..health } }
}

/// What a webhook is told of, in words.
fn events(record: &Record) -> Vec<String> {
    let list = record.text(&WEBHOOK, "events").unwrap_or("[]");
    let names: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    names.iter().map(|name| event_words(name)).collect()
}

#[derive(Template)]
#[template(path = "pages/settings/webhook.html")]
struct WebhookPage {
    shell: Shell,
    record: RecordHead,
    health: HealthView,
    /// Whether the alert about it is one of trouble.
    is_bad: bool,
    enabled: bool,
    can_write: bool,
    base: String,
    numbers: Vec<(String, &'static str)>,
    attempts: Chart,
    latency: Chart,
    from: String,
    facts: Vec<(String, Shown)>,
    latest: Vec<deliveries::Line>,
}

/// `GET /settings/webhooks/{id}`
pub(super) async fn one(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let tenant = visit.tenant()?;
    let day = visit.app.webhook_health(tenant, found.id).await?;
    let place = visit.place();
    let health = health::of(&found.record, &day, &place);
    let badge = Shown::Badge { text: health.text.clone(), tone: health.tone };
    let whole = day.whole();
    visit.page(&WebhookPage {
        shell: visit.shell(&found.title()),
        record: RecordHead { status: Some(badge), ..RecordHead::of(visit, &found, "") },
        is_bad: health.is_bad(),
        enabled: is_enabled(&found.record),
        can_write: visit.can_write(&WEBHOOK),
        base: found.address(""),
        numbers: health::numbers(&day),
        attempts: health::attempts(&day, &place),
        latency: health::latency(&day, &place),
        from: place.moment(whole.start),
        facts: facts(&found),
        latest: deliveries::latest(visit, found.id).await?,
        health,
    })
}

fn is_enabled(record: &Record) -> bool {
    record.get(&WEBHOOK, "enabled") == &domain::Value::Boolean(true)
}

/// What is set, in words.
fn facts(found: &Found) -> Vec<(String, Shown)> {
    let names = ["skipOwnChanges", "headers", "fieldMapping"];
    let mut facts = vec![(words::label("events"), Shown::Text(events(&found.record).join(", ")))];
    for name in names {
        let Some(field) = WEBHOOK.field(name) else { continue };
        let stored = domain::json::to_json(field.kind, found.record.get(&WEBHOOK, name));
        let shown = match (field.kind, stored) {
            // What stands in headers may be a secret: their names say enough.
            (Kind::Headers, Json::Object(headers)) if !headers.is_empty() => {
                Shown::Tags(headers.keys().cloned().collect())
            }
            (Kind::FieldMapping, Json::Object(rules)) if !rules.is_empty() => {
                let many = rules.keys().map(|plural| format!("Own form of {plural}"));
                Shown::Tags(many.collect())
            }
            (Kind::Boolean, Json::Bool(flag)) => Shown::Text(if flag { "Yes" } else { "No" }.to_owned()),
            _ => Shown::Nothing,
        };
        facts.push((words::label(name), shown));
    }
    facts
}

/// The secret of a webhook that was just made, or a new one.
pub(crate) fn show_secret(
    visit: &Visit,
    id: RecordId,
    url: &str,
    secret: String,
    note: Option<String>,
) -> Page {
    secret::shown(
        visit,
        Made {
            title: url.to_owned(),
            list: LIST,
            list_title: "Webhooks",
            secret: SecretView {
                label: "Signing secret".to_owned(),
                secret,
                about: "Give it to the receiver: it verifies with it, as Standard Webhooks says, that deliveries \
                        come from here."
                    .to_owned(),
                curl: String::new(),
            },
            notes: note.into_iter().collect(),
            back: (secret::STORED.to_owned(), format!("{LIST}/{id}")),
            more: None,
        },
    )
}
