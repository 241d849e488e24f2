//! The field mapping editor: which column of the outside system is which field, tried on a sample at once.
//!
//! What is wrong with a sample, and what would become of it, the mapping itself says; nothing is stored until it is
//! saved, and then only over the version that was looked at.

mod sample;
mod theirs;

use app::{MappingQuestion, WriteCondition};
use askama::Template;
use axum::http::{Method, StatusCode};
use domain::definition::{Owner, Resource};
use domain::json::Object;
use domain::mapping::Mapping;
use domain::resources::INTEGRATION;
use domain::{Problem, ProblemKind, Record, Violation};
use serde_json::Value as Json;

use super::head;
use crate::components::{
    ColumnView, ColumnsTable, Control, FieldView, ProblemView, TEXTS, checked_rules, column, put_rule,
    rule_of, rule_rows, target_words,
};
use crate::failure::PageError;
use crate::form::Form;
use crate::multipart;
use crate::pages::record::{Found, RecordHead};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;
use sample::{PreviewView, previewed, samples};

/// Bytes of a file that are looked at as a sample.
const MAX_SAMPLE: usize = 64 * 1024;
/// Rows that a form may have.
const MAX_ROWS: usize = 500;

#[derive(Template)]
#[template(path = "pages/settings/mapping.html")]
struct MappingPage {
    shell: Shell,
    record: RecordHead,
    can_write: bool,
    here: String,
    /// The resources: label, address, whether it is open.
    resources: Vec<(String, String, bool)>,
    resource: &'static str,
    nouns: String,
    version: i64,
    table: ColumnsTable,
    /// The rules in words, for those who may only look.
    rules: Vec<RuleLine>,
    sample: FieldView,
    file: FieldView,
    has_sample: bool,
    previews: Vec<PreviewView>,
    problem: Option<ProblemView>,
    is_changed: bool,
}

/// A rule in words.
struct RuleLine {
    external: String,
    field: String,
    direction: &'static str,
    transforms: String,
}

/// What is edited: the rules of one resource, and over which version.
struct Editing {
    resource: &'static Resource,
    form: Form,
    base: i64,
}

/// The rules of an integration by resource.
pub(super) fn rules_of(record: &Record) -> Object {
    let text = record.text(&INTEGRATION, "fieldMapping").unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

/// The resource that is asked for; the first where none is.
fn resource_of(visit: &Visit, name: Option<&str>) -> Result<&'static Resource, PageError> {
    let registry = visit.app.registry();
    let found = match name {
        Some(name) => registry.by_plural(name),
        None => registry.iter().next(),
    };
    found.ok_or_else(|| Problem::not_found().into())
}

/// The rules of a mapping as rows of a form.
fn rows_of(resource: &'static Resource, rules: Option<&Json>) -> Form {
    let mut form = Form::default();
    // Rules were checked when they were stored.
    if let Some(mapping) = rules.and_then(|rules| Mapping::parse(resource, rules).ok()) {
        for (index, rule) in mapping.rules().iter().enumerate() {
            put_rule(&mut form, index, resource, rule);
        }
    }
    form
}

/// `GET /settings/integrations/{id}/mapping`
pub(in super::super::super) async fn show(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    let resource = resource_of(visit, asked.get("resource"))?;
    let mut form = rows_of(resource, rules_of(&found.record).get(resource.plural));
    if rule_rows(&form).is_empty() {
        form.set("external[0]", "");
    }
    let editing = Editing { resource, form, base: found.record.version() };
    look(visit, &found, &editing, StatusCode::OK, None).await
}

/// `POST /settings/integrations/{id}/mapping`
pub(in super::super::super) async fn edit(visit: &Visit) -> Page {
    let is_multipart = visit.parts.method == Method::POST && visit.form.0.is_empty();
    let (mut form, file) = if is_multipart {
        multipart::read(visit, MAX_SAMPLE).await?
    } else {
        (visit.form.clone(), Vec::new())
    };
    let found = Found::of(visit, &INTEGRATION).await?;
    let resource = resource_of(visit, form.get("resource"))?;
    if form.get("_version").is_none() {
        // Only a file was sent: it is tried on what is stored.
        form.0.extend(rows_of(resource, rules_of(&found.record).get(resource.plural)).0);
    }
    if !file.is_empty() {
        form.set("sample", sample::text_of(&file));
    }
    let base = form
        .get("_version")
        .and_then(|version| version.parse().ok())
        .unwrap_or_else(|| found.record.version());
    let mut editing = Editing { resource, form, base };
    if rule_rows(&editing.form).len() > MAX_ROWS {
        let text = format!("A mapping has at most {MAX_ROWS} rows.");
        return Err(Problem::validation(vec![Violation::new("", "too_many_items", text)]).into());
    }
    match editing.form.get("do") {
        Some("save") => save(visit, &found, &editing).await,
        Some("add") => {
            let next = rule_rows(&editing.form).last().map_or(0, |last| last.saturating_add(1));
            editing.form.set(&format!("external[{next}]"), "");
            look(visit, &found, &editing, StatusCode::OK, None).await
        }
        _ => {
            with_columns_of_sample(&mut editing);
            look(visit, &found, &editing, StatusCode::OK, None).await
        }
    }
}

/// Adds a row for each column of the sample that has none. Where nothing is mapped yet, their names tell which field
/// each most likely is.
fn with_columns_of_sample(editing: &mut Editing) {
    let Ok(records) = samples(editing.form.get("sample").unwrap_or_default()) else { return };
    let mut rows = rule_rows(&editing.form);
    // Rows in which nothing stands yet make room.
    let empty = |form: &Form, index: usize| {
        ["external", "field"]
            .iter()
            .all(|part| form.get(&format!("{part}[{index}]")).unwrap_or_default().trim().is_empty())
    };
    let blank: Vec<usize> = rows.iter().copied().filter(|index| empty(&editing.form, *index)).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in records.iter().flat_map(Object::keys) {
        let known = rows.iter().any(|row| editing.form.get(&format!("external[{row}]")) == Some(name));
        if !known && !name.trim().is_empty() && !names.contains(&name.as_str()) && names.len() < MAX_ROWS {
            names.push(name);
        }
    }
    if names.is_empty() {
        return;
    }
    let is_new = rows.len() == blank.len();
    for index in blank {
        let end = format!("[{index}]");
        editing.form.0.retain(|(name, _)| !name.ends_with(&end));
    }
    rows = rule_rows(&editing.form);
    let first = rows.last().map_or(0, |last| last.saturating_add(1));
    let suggested = Mapping::suggest(editing.resource, &names);
    for (next, name) in (first..).zip(&names) {
        let rule = suggested.rules().iter().find(|rule| is_new && rule.external() == *name);
        editing.form.set(&format!("external[{next}]"), *name);
        if let Some(rule) = rule {
            editing.form.set(&format!("field[{next}]"), rule.field());
        }
    }
}

/// The rules that the rows say, with the numbers of their rows.
fn said(editing: &Editing) -> Result<Mapping, Problem> {
    let (mut rules, mut violations) = (Vec::new(), Vec::new());
    for index in rule_rows(&editing.form) {
        match rule_of(editing.resource, index, &editing.form) {
            Ok(Some(rule)) => rules.push((index, rule)),
            Ok(None) => {}
            Err(violation) => violations.push(violation),
        }
    }
    if !violations.is_empty() {
        return Err(Problem::validation(violations));
    }
    checked_rules(editing.resource, rules)
}

async fn save(visit: &Visit, found: &Found, editing: &Editing) -> Page {
    let mapping = match said(editing) {
        Ok(mapping) => mapping,
        Err(problem) => return look(visit, found, editing, StatusCode::BAD_REQUEST, Some(problem)).await,
    };
    if editing.base != found.record.version() {
        return overtaken(visit, found, editing).await;
    }
    let mut all = rules_of(&found.record);
    if mapping.rules().is_empty() {
        all.remove(editing.resource.plural);
    } else {
        all.insert(editing.resource.plural.to_owned(), mapping.to_json());
    }
    let condition = WriteCondition::Versions(vec![editing.base]);
    let request = app::WriteRequest { condition, ..visit.write_request() };
    match visit.app.replace_field_mapping(visit.tenant()?, request, found.id, all).await {
        Ok(_) => {
            let nouns = editing.resource.plural_noun();
            let toast = Toast::done(format!("The field mapping of {nouns} was saved."));
            let to = format!("{}?resource={}", found.address("/mapping"), editing.resource.plural);
            Ok(visit.go_and_tell(&to, &toast))
        }
        Err(failure) if failure.problem().kind == ProblemKind::PreconditionFailed => {
            // Somebody was faster by less than the look at the record.
            let found = Found::of(visit, &INTEGRATION).await?;
            overtaken(visit, &found, editing).await
        }
        Err(app::Failure::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::CONFLICT);
            look(visit, found, editing, status, Some(*problem)).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Somebody else changed the integration since: what was typed is kept beside what they made of it.
async fn overtaken(visit: &Visit, found: &Found, editing: &Editing) -> Page {
    let merged = theirs::merged(visit, found, editing).await?;
    look(visit, found, &merged.editing, StatusCode::PRECONDITION_FAILED, Some(merged.problem)).await
}

/// The form, and what becomes of the sample.
async fn look(
    visit: &Visit,
    found: &Found,
    editing: &Editing,
    status: StatusCode,
    problem: Option<Problem>,
) -> Page {
    let resource = editing.resource;
    let text = editing.form.get("sample").unwrap_or_default();
    let records = samples(text);
    let (previews, problem) = match (problem, said(editing), &records) {
        (Some(problem), ..) | (None, Err(problem), _) => (Vec::new(), Some(problem)),
        (None, Ok(mapping), Ok(records)) if !records.is_empty() => {
            (tried(visit, found, &mapping, records).await?, None)
        }
        _ => (Vec::new(), None),
    };
    let status = match &problem {
        Some(problem) if status == StatusCode::OK => {
            StatusCode::from_u16(problem.kind.entry().status).unwrap_or(status)
        }
        _ => status,
    };
    let here = found.address("/mapping");
    let tab = |it: &'static Resource| {
        (
            words::capitalised(&it.plural_noun()),
            format!("{here}?resource={}", it.plural),
            it.plural == resource.plural,
        )
    };
    let can_write = visit.can_write(&INTEGRATION);
    let mut sample = FieldView {
        help: "A record as JSON, or a header and lines of CSV. Nothing of it is stored.".to_owned(),
        wide: true,
        ..FieldView::plain(
            "sample",
            "Records of the outside system",
            Control::Area { value: text.to_owned(), rows: 6 },
        )
    };
    if let Err(fault) = &records {
        sample.errors.push(fault.clone());
    }
    let stored = rules_of(&found.record);
    let page = MappingPage {
        shell: visit.shell(&format!("Field mapping of {}", found.title())),
        record: head(visit, found, "/mapping", None),
        can_write,
        resources: visit.app.registry().iter().map(tab).collect(),
        here,
        resource: resource.plural,
        nouns: resource.plural_noun(),
        version: editing.base,
        table: table(editing, records.as_deref().unwrap_or_default()),
        rules: lines(resource, stored.get(resource.plural)),
        sample,
        file: FieldView::plain("file", "Or a file of them", Control::typed("file", "")),
        has_sample: !text.trim().is_empty(),
        previews,
        problem: problem.map(|problem| told(visit, resource, &problem)),
        is_changed: visit.parts.method == Method::POST,
    };
    visit.page_with(status, &page)
}

/// What becomes of each record by the rules.
async fn tried(
    visit: &Visit,
    found: &Found,
    mapping: &Mapping,
    records: &[Object],
) -> Result<Vec<PreviewView>, PageError> {
    let (resource, place) = (mapping.resource(), visit.place());
    let mut views = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        // Without rules records have our own shape.
        let rules = Some(mapping.to_json()).filter(|_| !mapping.rules().is_empty());
        let question = MappingQuestion { resource, rules, sample: record.clone() };
        let preview = visit.app.preview_mapping(visit.tenant()?, found.id, &question).await?;
        views.push(previewed(resource, index + 1, &preview, &place));
    }
    Ok(views)
}

fn told(visit: &Visit, resource: &Resource, problem: &Problem) -> ProblemView {
    let mut view = ProblemView::new(problem, &visit.parts);
    if !problem.violations.is_empty() {
        "The mapping cannot be read like this".clone_into(&mut view.title);
        view.detail.clear();
        let told = problem.violations.iter();
        view.violations =
            told.map(|it| (it.property_path.clone(), words::spoken(resource, &it.message))).collect();
    }
    view
}

/// The rows with the first values of the sample.
fn table(editing: &Editing, records: &[Object]) -> ColumnsTable {
    let texts: Vec<Vec<(String, String)>> = records.iter().map(sample::texts_of).collect();
    let rows = rule_rows(&editing.form).into_iter().map(|index| {
        let name = editing.form.get(&format!("external[{index}]")).unwrap_or_default();
        let values = texts.iter().flatten().filter(|(own, _)| own == name).map(|(_, text)| text.as_str());
        row(editing, index, name, values)
    });
    ColumnsTable { columns: rows.collect(), has_samples: !records.is_empty(), has_directions: true }
}

/// A row of the table, with what an integration can say of it beside what an import can.
fn row<'v>(editing: &Editing, index: usize, name: &str, values: impl Iterator<Item = &'v str>) -> ColumnView {
    let form = &editing.form;
    let given = |part: &str| form.get(&format!("{part}[{index}]")).unwrap_or_default();
    let number = index + 1;
    let called = if name.is_empty() { format!("column {number}") } else { name.to_owned() };
    let mut view = column(editing.resource, Owner::Integration, index, &called, values, form);
    if let Control::Select { choices } = &mut view.field.control {
        let moment = choices.iter().any(|choice| choice.value == "updatedAt");
        if !moment && editing.resource.field("updatedAt").is_some() {
            choices.push(crate::components::Choice {
                value: "updatedAt".to_owned(),
                label: "When it was changed there".to_owned(),
                chosen: false,
            });
        }
    }
    let theirs = form.get(&format!("theirs[{index}]")).unwrap_or_default();
    theirs.clone_into(&mut view.field.theirs);
    let ways = [("both", "Both ways"), ("inbound", "Only in"), ("outbound", "Only out")];
    let ways = ways.map(|(value, label)| (value.to_owned(), label.to_owned()));
    let way = if given("direction").is_empty() { "both" } else { given("direction") };
    let input =
        |part: &str, label: String, control| FieldView::plain(format!("{part}[{index}]"), label, control);
    view.external = Some(input("external", format!("Name of column {number}"), Control::line(name)));
    view.direction = Some(input(
        "direction",
        format!("Direction of {called}"),
        Control::select(ways.into_iter(), way, false),
    ));
    let texts = TEXTS.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned()));
    let mut text = Control::select(texts, given("text"), false);
    if let Control::Select { choices } = &mut text {
        choices.retain(|choice| choice.label != "—");
    }
    view.more.insert(0, input("text", "Texts are taken".to_owned(), text));
    let own = Control::Area { value: given("transforms").to_owned(), rows: 3 };
    view.more.push(FieldView {
        help: "As JSON, in place of the others, for what they cannot say.".to_owned(),
        ..input("transforms", "Transforms".to_owned(), own)
    });
    view.is_open = view.is_open || !given("transforms").is_empty() || !given("text").is_empty();
    view
}

/// The rules of a resource in words.
fn lines(resource: &'static Resource, rules: Option<&Json>) -> Vec<RuleLine> {
    let mapping = rules.and_then(|rules| Mapping::parse(resource, rules).ok());
    let line = |rule: &domain::mapping::Rule| {
        let json = rule.to_json();
        let transforms = json.get("transforms").and_then(Json::as_array).into_iter().flatten();
        let names = transforms.filter_map(|it| it.as_object()?.keys().next().map(|name| words::label(name)));
        RuleLine {
            external: rule.external().to_owned(),
            field: target_words(&rule.field()),
            direction: match rule.direction().word() {
                "inbound" => "Only in",
                "outbound" => "Only out",
                _ => "Both ways",
            },
            transforms: names.collect::<Vec<_>>().join(", "),
        }
    };
    mapping.iter().flat_map(Mapping::rules).map(line).collect()
}
