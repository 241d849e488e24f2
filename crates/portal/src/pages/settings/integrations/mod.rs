//! Integrations: which outside systems are connected, how that goes, what to do where it does not.

mod deletion;
mod health;
mod mapping;
mod sync_log;

use app::{HealthError, IntegrationStatus, KeyDetails, RecordRow};
use askama::Template;
use domain::access::API_KEYS;
use domain::definition::Resource;
use domain::input::Mode;
use domain::json::Object;
use domain::listing::{self, Lenience};
use domain::resources::{INTEGRATION, WEBHOOK};
use domain::{Record, RecordId, Value};
use serde_json::json;

use super::paging::{PageOf, page_of};
use crate::components::{Chart, HealthView};
use crate::display::{Place, Shown};
use crate::failure::PageError;
use crate::pages::record::{Found, RecordHead};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

pub(super) use deletion::{ask as ask_deletion, delete};
pub(super) use mapping::{edit as edit_mapping, show as mapping};
pub(super) use sync_log::{entry as sync_entry, export as export_log, list as sync_log, retry};

const LIST: &str = "/settings/integrations";

#[derive(Template)]
#[template(path = "pages/settings/integrations.html")]
struct IntegrationsPage {
    shell: Shell,
    environment: &'static str,
    can_write: bool,
    rows: Vec<Line>,
    newer: String,
    older: String,
}

/// An integration in the list.
struct Line {
    href: String,
    name: String,
    kind: String,
    health: HealthView,
    truth: String,
    chart: Chart,
    day: String,
    last_sync: String,
}

/// `GET /settings/integrations`
pub(super) async fn list(visit: &Visit) -> Page {
    let tenant = visit.tenant()?;
    let PageOf { records, newer, older } = page_of(visit, &INTEGRATION, "order[name]", LIST).await?;
    let place = visit.place();
    let statuses = visit.app.integration_statuses(tenant, &records).await?;
    let mut rows = Vec::with_capacity(records.len());
    for (record, status) in records.iter().zip(statuses) {
        let Some(id) = record.id() else { continue };
        rows.push(Line {
            href: format!("{LIST}/{id}"),
            name: record.text(&INTEGRATION, "name").unwrap_or_default().to_owned(),
            kind: choice(record, "kind"),
            health: health::of(&status, &place),
            truth: choice(record, "sourceOfTruth"),
            chart: health::requests(&status, &place),
            day: health::summary(&status),
            last_sync: status.last_sync_at.map_or_else(|| "Never".to_owned(), |at| place.moment(at)),
        });
    }
    visit.page(&IntegrationsPage {
        shell: visit.shell("Integrations"),
        environment: tenant.environment().name(),
        can_write: visit.can_write(&INTEGRATION),
        rows,
        newer,
        older,
    })
}

/// The value of a choice in words.
fn choice(record: &Record, name: &str) -> String {
    words::value(record.text(&INTEGRATION, name).unwrap_or_default())
}

fn is_enabled(record: &Record) -> bool {
    record.get(&INTEGRATION, "enabled") == &Value::Boolean(true)
}

/// What stands above each page of an integration; what the light says stands beside its name.
fn head(visit: &Visit, found: &Found, open: &str, health: Option<&HealthView>) -> RecordHead {
    let badge = health.map(|it| Shown::Badge { text: it.text.clone(), tone: it.tone });
    RecordHead { status: badge, ..RecordHead::of(visit, found, open) }
}

#[derive(Template)]
#[template(path = "pages/settings/integration.html")]
struct IntegrationPage {
    shell: Shell,
    record: RecordHead,
    health: HealthView,
    is_bad: bool,
    enabled: bool,
    can_write: bool,
    base: String,
    troubles: Vec<Trouble>,
    numbers: Vec<(String, &'static str)>,
    requests: Chart,
    syncs: Chart,
    from: String,
    facts: Vec<(&'static str, Shown)>,
    /// What belongs to it, by what it is; nothing of what the user may not see.
    belongings: Vec<Belongings>,
    runs: Vec<sync_log::Brief>,
}

/// Something that is wrong, and what to do about it.
struct Trouble {
    message: String,
    action: String,
    when: String,
    /// Where it can be tried again; nothing where it cannot.
    retry: String,
    entry: String,
}

/// Keys or webhooks of an integration.
struct Belongings {
    title: &'static str,
    id: &'static str,
    items: Vec<Belonging>,
    none: &'static str,
    /// Where another one is made; nothing for those who may not.
    new: String,
    label: &'static str,
}

struct Belonging {
    href: String,
    name: String,
    state: Shown,
    about: String,
}

/// `GET /settings/integrations/{id}`
pub(super) async fn one(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let tenant = visit.tenant()?;
    let status = visit.app.integration_status(tenant, found.id).await?;
    let place = visit.place();
    let health = health::of(&status, &place);
    let can_write = visit.can_write(&INTEGRATION);
    let enabled = is_enabled(&found.record);
    let trouble = |error: &HealthError| trouble(&found, error, &place, can_write && enabled);
    visit.page(&IntegrationPage {
        shell: visit.shell(&found.title()),
        record: head(visit, &found, "", Some(&health)),
        is_bad: health.is_bad(),
        enabled,
        can_write,
        base: found.address(""),
        troubles: status.errors.iter().map(trouble).collect(),
        numbers: health::numbers(&status),
        requests: health::requests(&status, &place),
        syncs: health::syncs(&status, &place),
        from: status.hours.first().map(|(start, _, _)| place.moment(*start)).unwrap_or_default(),
        facts: facts(visit, &found, &status, &place),
        belongings: belongings(visit, &found, &place).await?,
        runs: sync_log::latest(visit, &found).await?,
        health,
    })
}

fn trouble(found: &Found, error: &HealthError, place: &Place, can_retry: bool) -> Trouble {
    let entry = error.entry.map(|entry| found.address(&format!("/sync-log/{entry}"))).unwrap_or_default();
    Trouble {
        message: health::spoken(&error.message, place),
        action: health::spoken(&error.action, place),
        when: place.moment(error.at),
        retry: if can_retry && !entry.is_empty() { format!("{entry}/retry") } else { String::new() },
        entry,
    }
}

/// How it is set up, in words.
fn facts(
    visit: &Visit,
    found: &Found,
    status: &IntegrationStatus,
    place: &Place,
) -> Vec<(&'static str, Shown)> {
    let rules = mapping::rules_of(&found.record);
    let mapped = visit.app.registry().iter().filter_map(|resource| {
        let count = rules.get(resource.plural)?.as_array()?.len() as u64;
        let fields = words::counted(count, "column", "columns");
        Some(format!("{}: {fields}", words::capitalised(&resource.plural_noun())))
    });
    let mapped: Vec<String> = mapped.collect();
    let moment = |at: Option<domain::Timestamp>, none: &str| {
        Shown::Text(at.map_or_else(|| none.to_owned(), |at| place.moment(at)))
    };
    vec![
        ("Kind", Shown::Text(choice(&found.record, "kind"))),
        ("Who is right", Shown::Text(choice(&found.record, "sourceOfTruth"))),
        (
            "Field mapping",
            if mapped.is_empty() {
                Shown::Text("None: records have the shape that the API shows".to_owned())
            } else {
                Shown::Tags(mapped)
            },
        ),
        ("Last request", moment(status.last_request_at, "None in 30 days")),
        ("Last sync", moment(status.last_sync_at, "Never")),
        ("Access ends", moment(status.credential_expires_at, "Never")),
    ]
}

async fn belongings(visit: &Visit, found: &Found, place: &Place) -> Result<Vec<Belongings>, PageError> {
    let mut all = Vec::new();
    let name: String = form_urlencoded::byte_serialize(found.title().as_bytes()).collect();
    if visit.can(API_KEYS) {
        let now = visit.app.now();
        let items = keys_of(visit, found.id).await?.into_iter().map(|key| Belonging {
            href: format!("/settings/api-keys/{}", key.id),
            state: match (key.revoked_at, key.is_valid(now)) {
                (Some(_), _) => Shown::Badge { text: "Revoked".to_owned(), tone: "red" },
                (None, true) => Shown::Badge { text: "Valid".to_owned(), tone: "green" },
                (None, false) => Shown::Badge { text: "Expired".to_owned(), tone: "orange" },
            },
            about: key
                .last_used_at
                .map_or_else(|| "Never used".to_owned(), |at| format!("Last used {}", place.moment(at))),
            name: key.name,
        });
        all.push(Belongings {
            title: "API keys",
            id: "keys-title",
            items: items.collect(),
            none: "It has no key yet, with which the outside system gets in.",
            new: format!("/settings/api-keys/new?name={name}&integrationId={}", found.id),
            label: "New key for it",
        });
    }
    if visit.can(&WEBHOOK.read_scope()) {
        let items = webhooks_of(visit, found.id).await?.into_iter().map(|hook| Belonging {
            href: format!("/settings/webhooks/{}", hook.id().map(|id| id.to_string()).unwrap_or_default()),
            name: hook.text(&WEBHOOK, "url").unwrap_or_default().to_owned(),
            state: match (hook.get(&WEBHOOK, "enabled"), hook.get(&WEBHOOK, "failingSince").is_null()) {
                (Value::Boolean(true), true) => Shown::Badge { text: "On".to_owned(), tone: "green" },
                (Value::Boolean(true), false) => Shown::Badge { text: "Failing".to_owned(), tone: "orange" },
                _ => Shown::Badge { text: "Off".to_owned(), tone: "secondary" },
            },
            about: hook.text(&WEBHOOK, "description").unwrap_or_default().to_owned(),
        });
        let may = visit.can_write(&WEBHOOK);
        all.push(Belongings {
            title: "Webhooks",
            id: "hooks-title",
            items: items.collect(),
            none: "It has no webhook yet, which tells the outside system of changes here.",
            new: if may {
                format!("/settings/webhooks/new?integrationId={}", found.id)
            } else {
                String::new()
            },
            label: "New webhook for it",
        });
    }
    Ok(all)
}

/// The keys of an integration, the newest first.
async fn keys_of(visit: &Visit, id: RecordId) -> Result<Vec<KeyDetails>, PageError> {
    let keys = visit.app.keys_of(visit.tenant()?).await?.into_iter().rev();
    Ok(keys.filter(|key| key.integration == Some(id)).collect())
}

/// The webhooks of an integration.
async fn webhooks_of(visit: &Visit, id: RecordId) -> Result<Vec<Record>, PageError> {
    let id = id.to_string();
    let pairs = [("integrationId", id.as_str()), ("itemsPerPage", "100"), ("count", "false")];
    let query = listing::parse(&WEBHOOK, pairs, Lenience::Strict)?;
    let mut hooks = Vec::new();
    let each = |row: &RecordRow<'_, '_>| {
        hooks.push(row.record()?);
        Ok(())
    };
    visit.app.list(visit.tenant()?, &WEBHOOK, &query, each).await?;
    Ok(hooks)
}

/// `POST /settings/integrations/{id}/switch`
pub(super) async fn switch(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let on = visit.form.get("enabled") == Some("true");
    let body = Object::from_iter([("enabled".to_owned(), json!(on))]);
    let request = visit.write_request();
    visit.app.update(visit.tenant()?, request, &INTEGRATION, found.id, Mode::Patch, body).await?;
    let told = if on {
        "It is on: syncs are taken, and failed records are tried again."
    } else {
        "It is off: syncs are refused until it is switched on."
    };
    Ok(visit.go_and_tell(&found.address(""), &Toast::done(told)))
}

/// The integrations that something with such fields can belong to: ids and names.
pub(crate) async fn offered(visit: &Visit, resource: &Resource) -> Result<Vec<(String, String)>, PageError> {
    if resource.field("integrationId").is_none() {
        return Ok(Vec::new());
    }
    let pairs = [("order[name]", "asc"), ("itemsPerPage", "100"), ("count", "false")];
    let query = listing::parse(&INTEGRATION, pairs, Lenience::Strict)?;
    let mut all = Vec::new();
    let each = |row: &RecordRow<'_, '_>| {
        let record = row.record()?;
        let id = record.id().map(|id| id.to_string()).unwrap_or_default();
        all.push((id, record.text(&INTEGRATION, "name").unwrap_or_default().to_owned()));
        Ok(())
    };
    visit.app.list(visit.tenant()?, &INTEGRATION, &query, each).await?;
    Ok(all)
}
