//! The sync log of an integration: runs with what they did, and each record that failed with what to do about it.

use app::RecordRow;
use askama::Template;
use domain::listing::{self, Filter, Lenience, Test};
use domain::resources::sync_words::{FAILED, PARTIAL, RECORD, RESOLVED, RETRYING, RUN, SUCCEEDED};
use domain::resources::{INTEGRATION, SYNC_LOG};
use domain::{Problem, Record, RecordId, Value};
use serde_json::Value as Json;

use super::{head, is_enabled};
use crate::components::Control;
use crate::display::{Place, Shown};
use crate::failure::PageError;
use crate::pages::list::{self, Below, Cell, RowView};
use crate::pages::record::{Found, RecordHead};
use crate::pages::{export, import};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

/// Only what belongs to an integration.
fn of(integration: RecordId) -> Option<Filter> {
    let position = SYNC_LOG.position("integrationId")?;
    Some(Filter { position, test: Test::AnyOf(vec![Value::Id(integration.uuid())]) })
}

/// `GET /settings/integrations/{id}/sync-log`
pub(in super::super) async fn list(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let base = found.address("/sync-log");
    let below = Below {
        base: base.clone(),
        only: of(found.id),
        record: Some(head(visit, &found, "/sync-log", None)),
    };
    let place = visit.place();
    let mut read = list::read(visit, &SYNC_LOG, below, |record| Some(row(record, &base, &place))).await?;
    let page = &mut read.page;
    for column in &mut page.heads {
        column.label = label(&column.label);
        column.is_number = false;
    }
    // The columns are these: others would tell nothing more.
    page.chooser.clear();
    page.filters
        .retain(|filter| !filter.inputs.iter().any(|it| matches!(it.name.as_str(), "runId" | "recordId")));
    for input in page.filters.iter_mut().flat_map(|filter| &mut filter.inputs) {
        if let Control::Line { value, .. } = &input.control
            && input.name == "resource"
        {
            let all = visit.app.registry().iter();
            let all = all.map(|it| (it.plural.to_owned(), words::capitalised(&it.plural_noun())));
            input.control = Control::select(all, value, true);
        }
    }
    page.summary = page.summary.replace("sync log", "sync entries");
    page.export = format!("{base}/export?{}", page.query);
    read.shown(visit)
}

/// `GET /settings/integrations/{id}/sync-log/export`
pub(in super::super) async fn export(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    export::start_only(visit, &SYNC_LOG, of(found.id)).await
}

/// What a column is called here.
fn label(label: &str) -> String {
    let known = [
        ("Created", "When"),
        ("Resource", "What"),
        ("Status", "Result"),
        ("Reason", "What happened"),
        ("Next retry at", "Tried again"),
    ];
    known.iter().find(|(own, _)| *own == label).map_or(label, |(_, said)| said).to_owned()
}

fn text<'r>(record: &'r Record, name: &str) -> &'r str {
    record.text(&SYNC_LOG, name).unwrap_or_default()
}

fn is_run(record: &Record) -> bool {
    text(record, "type") == RUN
}

fn status(record: &Record) -> Shown {
    let status = text(record, "status");
    let (words, tone) = match status {
        SUCCEEDED => ("Succeeded".to_owned(), "green"),
        PARTIAL => ("Some failed".to_owned(), "orange"),
        FAILED if is_run(record) => ("Failed".to_owned(), "red"),
        FAILED => ("Needs you".to_owned(), "red"),
        RETRYING => ("Tried again".to_owned(), "blue"),
        RESOLVED => ("Settled".to_owned(), "green"),
        other => (words::value(other), "secondary"),
    };
    Shown::Badge { text: words, tone }
}

/// What it is about: "Sync of members", "members 003-77".
fn subject(record: &Record) -> String {
    let resource = text(record, "resource");
    match (is_run(record), text(record, "externalId")) {
        (true, _) => format!("Sync of {resource}"),
        (false, "") => format!("A record of {resource}"),
        (false, id) => format!("{} {id}", words::capitalised(resource.trim_end_matches('s'))),
    }
}

/// What happened, in a line.
fn happened(record: &Record) -> String {
    if !is_run(record) {
        return text(record, "reason").to_owned();
    }
    let counts = ["created", "updated", "unchanged", "skipped", "deleted", "failed"];
    let counts = counts.into_iter().filter_map(|name| {
        let count = record.integer(&SYNC_LOG, name).and_then(|it| u64::try_from(it).ok())?;
        (count > 0).then(|| format!("{} {name}", words::grouped(count)))
    });
    let said = counts.collect::<Vec<_>>().join(", ");
    if said.is_empty() { "Nothing to do".to_owned() } else { said }
}

fn moment(record: &Record, name: &str, place: &Place) -> Option<String> {
    record.timestamp(&SYNC_LOG, name).map(|at| place.moment(at))
}

fn row(record: &Record, base: &str, place: &Place) -> RowView {
    let id = record.id().map(|id| id.to_string()).unwrap_or_default();
    let when = moment(record, "createdAt", place).unwrap_or_default();
    let cell = |label: &str, shown| Cell { label: label.to_owned(), shown, is_number: false };
    let some = |text: String| if text.is_empty() { Shown::Nothing } else { Shown::Text(text) };
    let attempts = record.integer(&SYNC_LOG, "attempts").unwrap_or(0);
    RowView {
        href: format!("{base}/{id}"),
        title: subject(record),
        first: when.clone(),
        cells: vec![
            cell("When", Shown::Text(when)),
            cell("What", Shown::Text(subject(record))),
            cell("Result", status(record)),
            cell("What happened", some(happened(record))),
            cell("Attempts", if is_run(record) { Shown::Nothing } else { Shown::Text(attempts.to_string()) }),
            cell("Tried again", some(moment(record, "nextRetryAt", place).unwrap_or_default())),
        ],
        id,
    }
}

/// A run in few words.
pub(super) struct Brief {
    pub(super) href: String,
    pub(super) what: String,
    pub(super) status: Shown,
    pub(super) when: String,
    pub(super) happened: String,
}

/// The newest runs of an integration.
pub(super) async fn latest(visit: &Visit, found: &Found) -> Result<Vec<Brief>, PageError> {
    let pairs = [("type", RUN), ("itemsPerPage", "5"), ("count", "false")];
    let mut query = listing::parse(&SYNC_LOG, pairs, Lenience::Strict)?;
    query.filters.extend(of(found.id));
    let (mut runs, place) = (Vec::new(), visit.place());
    let each = |row: &RecordRow<'_, '_>| {
        let record = row.record()?;
        let id = record.id().map(|id| id.to_string()).unwrap_or_default();
        runs.push(Brief {
            href: found.address(&format!("/sync-log/{id}")),
            what: subject(&record),
            status: status(&record),
            when: moment(&record, "createdAt", &place).unwrap_or_default(),
            happened: happened(&record),
        });
        Ok(())
    };
    visit.app.list(visit.tenant()?, &SYNC_LOG, &query, each).await?;
    Ok(runs)
}

#[derive(Template)]
#[template(path = "pages/settings/sync_entry.html")]
struct EntryPage {
    shell: Shell,
    record: RecordHead,
    what: String,
    status: Shown,
    when: String,
    reason: String,
    action: String,
    faults: Vec<String>,
    facts: Vec<(&'static str, Shown)>,
    /// Where it can be tried again; nothing where it cannot.
    retry: String,
    /// The failed records of a run.
    failed: String,
    /// The record here.
    link: String,
}

/// The segment in which an entry's id stands.
const ENTRY_ID: usize = 5;

async fn entry_of(visit: &Visit, found: &Found) -> Result<(RecordId, Record), PageError> {
    let id = visit.id_at::<RecordId>(ENTRY_ID)?;
    let read = |row: &RecordRow<'_, '_>| row.record();
    let record = visit.app.get(visit.tenant()?, &SYNC_LOG, id, read).await?;
    if record.get(&SYNC_LOG, "integrationId") != &Value::Id(found.id.uuid()) {
        return Err(Problem::not_found().into());
    }
    Ok((id, record))
}

/// `GET /settings/integrations/{id}/sync-log/{entryId}`
pub(in super::super) async fn entry(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let (id, record) = entry_of(visit, &found).await?;
    let place = visit.place();
    let is_open = !is_run(&record) && matches!(text(&record, "status"), FAILED | RETRYING);
    let may = visit.can_write(&INTEGRATION) && is_enabled(&found.record);
    let resource = visit.app.registry().by_plural(text(&record, "resource"));
    let number = |name: &str| record.integer(&SYNC_LOG, name).unwrap_or(0);
    let mut facts = Vec::new();
    if is_run(&record) {
        facts.push(("What it did", Shown::Text(happened(&record))));
    } else {
        facts.push(("Attempts", Shown::Text(number("attempts").to_string())));
        let next = moment(&record, "nextRetryAt", &place);
        facts.push(("Tried again by itself", Shown::Text(next.unwrap_or_else(|| "No".to_owned()))));
    }
    if let Some(at) = moment(&record, "completedAt", &place) {
        facts.push((if is_run(&record) { "Ended" } else { "Settled" }, Shown::Text(at)));
    }
    let here = match (resource, record.get(&SYNC_LOG, "recordId")) {
        (Some(it), Value::Id(record)) if visit.can(&it.read_scope()) => {
            format!("/{}/{record}", it.segment())
        }
        _ => String::new(),
    };
    let failed = is_run(&record) && number("failed") > 0;
    let problem: Json = record
        .text(&SYNC_LOG, "problem")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let violations = problem.get("violations").and_then(Json::as_array);
    let is_several = violations.is_some_and(|all| all.len() > 1);
    let violations = violations.into_iter().flatten();
    let faults = violations.filter_map(|it| it.get("message")?.as_str());
    let faults = faults.map(|text| resource.map_or_else(|| text.to_owned(), |it| import::said(it, text)));
    let what = subject(&record);
    visit.page(&EntryPage {
        shell: visit.shell(&what),
        record: head(visit, &found, "/sync-log", None),
        status: status(&record),
        when: moment(&record, "createdAt", &place).unwrap_or_default(),
        reason: text(&record, "reason").to_owned(),
        action: text(&record, "action").to_owned(),
        // One alone is what the reason says.
        faults: faults.filter(|_| is_several).collect(),
        facts,
        retry: if is_open && may { found.address(&format!("/sync-log/{id}/retry")) } else { String::new() },
        failed: if failed {
            found.address(&format!("/sync-log?type[]={RECORD}&runId={id}"))
        } else {
            String::new()
        },
        link: here,
        what,
    })
}

/// `POST /settings/integrations/{id}/sync-log/{entryId}/retry`
pub(in super::super) async fn retry(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let (id, _) = entry_of(visit, &found).await?;
    visit.app.retry_sync(visit.tenant()?, &visit.actor(), found.id, id).await?;
    let (_, record) = entry_of(visit, &found).await?;
    let toast = if text(&record, "status") == RESOLVED {
        Toast::done(format!("{} is settled.", subject(&record)))
    } else {
        Toast { good: false, text: format!("It failed again: {}", text(&record, "reason")) }
    };
    Ok(visit.go_and_tell(&found.address(&format!("/sync-log/{id}")), &toast))
}
