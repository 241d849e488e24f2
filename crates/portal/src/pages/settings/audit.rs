//! The audit log: who did what to what, with what was there before and after, to search, filter and export.

use std::collections::HashMap;

use app::RecordRow;
use domain::definition::{Kind, Registry, Resource};
use domain::json::Object;
use domain::listing::{self, Filter, Lenience, Test};
use domain::resources::{AUDIT_LOG, WEBHOOK};
use domain::staff::{ORGANISATION, USER};
use domain::{Record, RecordId, Timestamp, Value};
use serde_json::Value as Json;

use crate::acts::{ACTS, act};
use crate::components::Control;
use crate::display::{self, Place, Shown};
use crate::failure::PageError;
use crate::form::Form;
use crate::pages::export;
use crate::pages::list::{self, Below, Cell, Head, RowView};
use crate::pages::record::Names;
use crate::visit::{Page, Visit};
use crate::words;

const BASE: &str = "/settings/audit-log";
/// Records of each resource that a search looks at.
const FOUND: &str = "50";

/// `GET /settings/audit-log`
pub(super) async fn show(visit: &Visit) -> Page {
    let search = searched(visit);
    let below = Below { base: BASE.to_owned(), only: only(visit, &search).await?, record: None };
    let mut entries: Vec<Record> = Vec::new();
    let mut read = list::read(visit, &AUDIT_LOG, below, |entry| {
        entries.push(entry.clone());
        // What it is about is known once all of them are.
        Some(RowView::default())
    })
    .await?;
    let names = Names::of(visit).await?;
    let subjects = Subjects::of(visit, &entries, &names).await?;
    let place = visit.place();
    let page = &mut read.page;
    page.rows = entries.iter().map(|entry| row(entry, &place, &names, &subjects)).collect();
    page.heads.truncate(1);
    for head in &mut page.heads {
        "When".clone_into(&mut head.label);
    }
    page.summary = page.summary.replace("audit log", "entries").replace("audit entry", "entry");
    let plain = |label: &str| Head { label: label.to_owned(), ..Head::default() };
    page.heads.extend(["Who", "What", "About", "Before and after", "From"].map(plain));
    "Audit log".clone_into(&mut page.title);
    page.about = format!(
        "What was done in {}, by whom and from where. It is kept for two years; nobody can change it.",
        visit.tenant()?.environment().name()
    );
    page.chooser.clear();
    page.can_search = true;
    page.search = search;
    "name, id or request id".clone_into(&mut page.searched);
    let is_offered = |name: &str| name != "impersonatorId" && !name.starts_with("sequence");
    page.filters.retain(|filter| filter.inputs.iter().all(|input| is_offered(&input.name)));
    for filter in &mut page.filters {
        if filter.inputs.iter().any(|input| input.name.starts_with("createdAt")) {
            "When".clone_into(&mut filter.label);
        }
        for input in &mut filter.inputs {
            let Control::Line { value, .. } = &input.control else { continue };
            let offered = match input.name.as_str() {
                "action" => {
                    ACTS.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect()
                }
                "resourceType" => kinds(visit),
                "actorId" => names.all(),
                _ => continue,
            };
            input.control = Control::select(offered.into_iter(), value, true);
        }
    }
    for chip in &mut page.chips {
        if let Some((_, id)) = chip.label.rsplit_once(": ")
            && let Some(name) = names.of_id(id).or_else(|| subjects.by_id.get(id).map(|it| it.name.as_str()))
        {
            chip.label = chip.label.replace(id, name);
        }
    }
    read.shown(visit)
}

/// `GET /settings/audit-log/export`
pub(super) async fn export(visit: &Visit) -> Page {
    let only = only(visit, &searched(visit)).await?;
    export::start_only(visit, &AUDIT_LOG, only).await
}

/// What is searched for.
fn searched(visit: &Visit) -> String {
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    asked.get("search").unwrap_or_default().trim().to_owned()
}

/// Kinds of things that the log tells of.
fn kinds(visit: &Visit) -> Vec<(String, String)> {
    let records = visit.app.registry().iter().map(|resource| resource.name.to_owned());
    let others = ["webhook", "api_key", "user", "organisation"].map(str::to_owned);
    records.chain(others).map(|name| (name.clone(), kind(&name))).collect()
}

/// A kind of thing in words.
fn kind(name: &str) -> String {
    if name == "user" { "Staff".to_owned() } else { words::value(name) }
}

/// Only the entries about what a search finds: records by their words, staff, keys and webhooks by their
/// names, anything by its id.
async fn only(visit: &Visit, search: &str) -> Result<Option<Filter>, PageError> {
    if search.is_empty() {
        return Ok(None);
    }
    let any = |field: &str, values: Vec<String>| {
        let values = values.into_iter().map(Value::Text).collect();
        AUDIT_LOG.position(field).map(|position| Filter { position, test: Test::AnyOf(values) })
    };
    if search.starts_with("req_") {
        return Ok(any("requestId", vec![search.to_owned()]));
    }
    if let Ok(id) = search.parse::<RecordId>() {
        return Ok(any("resourceId", vec![id.to_string()]));
    }
    // An id that nothing has, for a search that finds nothing.
    let mut ids = vec![String::new()];
    for layout in visit.config.layouts {
        let Some(resource) = visit.app.registry().by_plural(layout.plural) else { continue };
        if !visit.can(&resource.read_scope()) || resource.search.is_empty() {
            continue;
        }
        let pairs = [("search", search), ("itemsPerPage", FOUND), ("count", "false")];
        let Ok(query) = listing::parse(resource, pairs, Lenience::Strict) else { continue };
        let each = |row: &RecordRow<'_, '_>| {
            ids.extend(row.record()?.id().map(|id| id.to_string()));
            Ok(())
        };
        visit.app.list(visit.tenant()?, resource, &query, each).await?;
    }
    let wanted = search.to_lowercase();
    let named = Names::of(visit).await?.all().into_iter().chain(webhooks(visit).await?);
    ids.extend(named.filter(|(_, name)| name.to_lowercase().contains(&wanted)).map(|(id, _)| id));
    Ok(any("resourceId", ids))
}

/// The webhooks with their addresses.
async fn webhooks(visit: &Visit) -> Result<Vec<(String, String)>, PageError> {
    let mut found = Vec::new();
    if visit.can(&WEBHOOK.read_scope()) {
        let query =
            listing::parse(&WEBHOOK, [("itemsPerPage", "100"), ("count", "false")], Lenience::Strict)?;
        let each = |row: &RecordRow<'_, '_>| {
            let record = row.record()?;
            let url = record.text(&WEBHOOK, "url").unwrap_or_default().to_owned();
            found.extend(record.id().map(|id| (id.to_string(), url)));
            Ok(())
        };
        visit.app.list(visit.tenant()?, &WEBHOOK, &query, each).await?;
    }
    Ok(found)
}

/// What entries are about, by id.
struct Subjects {
    registry: Registry,
    by_id: HashMap<String, Subject>,
}

struct Subject {
    name: String,
    /// Its page; none where it is gone.
    href: String,
}

impl Subjects {
    async fn of(visit: &Visit, entries: &[Record], names: &Names) -> Result<Self, PageError> {
        let mut all = HashMap::new();
        for layout in visit.config.layouts {
            let Some(resource) = visit.app.registry().by_plural(layout.plural) else { continue };
            let own = entries.iter().filter(|entry| text(entry, "resourceType") == resource.name);
            let ids: Vec<RecordId> = own.filter_map(|entry| text(entry, "resourceId").parse().ok()).collect();
            if ids.is_empty() || !visit.can(&resource.read_scope()) {
                continue;
            }
            let ids = ids.into_iter().map(|id| Value::Id(id.uuid())).collect();
            let mut query =
                listing::parse(resource, [("itemsPerPage", "100"), ("count", "false")], Lenience::Strict)?;
            query.filters.push(Filter { position: 0, test: Test::AnyOf(ids) });
            let each = |row: &RecordRow<'_, '_>| {
                let record = row.record()?;
                let name = display::title(resource, &record, layout.title);
                if let Some(id) = record.id() {
                    let href = format!("{}/{id}", layout.base(resource));
                    all.insert(id.to_string(), Subject { name, href });
                }
                Ok(())
            };
            visit.app.list(visit.tenant()?, resource, &query, each).await?;
        }
        for (id, url) in webhooks(visit).await? {
            let href = format!("/settings/webhooks/{id}");
            all.insert(id, Subject { name: url, href });
        }
        for entry in entries {
            let (kind, id) = (text(entry, "resourceType"), text(entry, "resourceId"));
            let page = match kind {
                "user" => "users",
                "api_key" => "api-keys",
                _ => continue,
            };
            if let Some(name) = names.of_id(id) {
                let subject = Subject { name: name.to_owned(), href: format!("/settings/{page}/{id}") };
                all.insert(id.to_owned(), subject);
            }
        }
        Ok(Self { registry: visit.app.registry(), by_id: all })
    }
}

fn text<'r>(entry: &'r Record, name: &str) -> &'r str {
    entry.text(&AUDIT_LOG, name).unwrap_or_default()
}

fn row(entry: &Record, place: &Place, names: &Names, subjects: &Subjects) -> RowView {
    let when = entry.timestamp(&AUDIT_LOG, "createdAt").unwrap_or(Timestamp::from_micros(0));
    let cell = |label: &str, shown| Cell { label: label.to_owned(), shown, is_number: false };
    let changes: Object = serde_json::from_str(text(entry, "changes")).unwrap_or_default();
    let from = text(entry, "ipAddress").to_owned();
    RowView {
        first: place.moment(when),
        cells: vec![
            cell("When", Shown::Nothing),
            cell("Who", Shown::Text(names.actor(entry))),
            cell("What", Shown::Text(act(text(entry, "action")))),
            cell("About", about(entry, subjects, &changes)),
            cell("Before and after", differences(subjects.registry, entry, place, &changes)),
            cell("From", if from.is_empty() { Shown::Nothing } else { Shown::Text(from) }),
        ],
        ..RowView::default()
    }
}

/// What it was done to: by its name, with a link while it is there.
fn about(entry: &Record, subjects: &Subjects, changes: &Object) -> Shown {
    let type_name = text(entry, "resourceType");
    let kind = kind(type_name);
    match subjects.by_id.get(text(entry, "resourceId")) {
        Some(Subject { name, href }) => {
            let text = if name.starts_with(&kind) { name.clone() } else { format!("{kind}: {name}") };
            Shown::Link { address: href.clone(), text }
        }
        None if type_name.is_empty() => Shown::Nothing,
        None => {
            // What is gone is called as it was, where the entry tells that.
            let was = |name: &str| {
                let change = changes.get(name)?;
                ["old", "new"].iter().find_map(|side| change.get(side)?.as_str())
            };
            let parts = ["firstName", "lastName"].into_iter().filter_map(was).collect::<Vec<_>>().join(" ");
            let other = || ["name", "url", "email"].into_iter().find_map(was).unwrap_or_default().to_owned();
            let name = if parts.is_empty() { other() } else { parts };
            Shown::Text(if name.is_empty() { kind } else { format!("{kind}: {name}") })
        }
    }
}

/// Actions that change what was there already.
const CHANGING: &[&str] = &["update", "user_changed", "settings_changed", "plan_changed"];

/// What was there before and what is there now, field by field.
fn differences(registry: Registry, entry: &Record, place: &Place, changes: &Object) -> Shown {
    let form: Option<&'static Resource> = match text(entry, "resourceType") {
        "user" => Some(&USER),
        "organisation" => Some(&ORGANISATION),
        "webhook" => Some(&WEBHOOK),
        name => registry.iter().find(|resource| resource.name == name),
    };
    let all = changes.iter().filter_map(|(name, change)| {
        if matches!(name.as_str(), "id" | "createdAt" | "updatedAt" | "version") {
            return None;
        }
        let new_id =
            change.get("new").and_then(Json::as_str).is_some_and(|it| it.parse::<RecordId>().is_ok());
        if new_id && form.and_then(|form| form.field(name)).is_none() {
            // An id says nothing to people.
            return None;
        }
        let known = form.and_then(|form| form.field(name)).map_or(Kind::Json, |field| field.kind);
        let side = |side: &str| place.show_json(name, known, change.get(side).unwrap_or(&Json::Null));
        let (old, new) = (side("old"), side("new"));
        let differs = !(old.is_nothing() && new.is_nothing());
        // That nothing was there before is worth telling of what was changed, not of what was made.
        let told = !old.is_nothing() || CHANGING.contains(&text(entry, "action"));
        let old = if told { old.brief() } else { String::new() };
        differs.then(|| (words::label(name), old, new.brief()))
    });
    let all: Vec<(String, String, String)> = all.collect();
    if all.is_empty() { Shown::Nothing } else { Shown::Changes(all) }
}
