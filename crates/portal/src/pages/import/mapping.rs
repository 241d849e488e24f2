//! Which column is which field: suggested from the names and the first values, chosen by the user, looked
//! at on the first rows, and started.

mod reading;

use app::{ImportJob, ImportPreview, ImportReading, Outcome, PreviewRow, match_fields};
use askama::Template;
use axum::http::StatusCode;
use domain::definition::Owner;
use domain::mapping::Mapping;
use domain::{Problem, Resource};

use super::{address, said};
use crate::components::{Choice, ColumnsTable, Control, FieldView, ProblemView, column};
use crate::failure::PageError;
use crate::form::Form;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;
use reading::{is_own, read, suggested};

#[derive(Template)]
#[template(path = "pages/import_map.html")]
struct MapPage {
    shell: Shell,
    title: String,
    wizard: String,
    wizard_title: String,
    here: String,
    about: String,
    /// Whether the columns may be taken as they are named.
    by: Vec<Choice>,
    columns: ColumnsTable,
    match_by: FieldView,
    missing: Vec<String>,
    preview: Option<PreviewView>,
    button: String,
    problem: Option<ProblemView>,
}

/// The first rows as they would be stored.
struct PreviewView {
    heads: Vec<String>,
    rows: Vec<RowView>,
    summary: String,
}

struct RowView {
    line: u64,
    /// What becomes of it, and in which colour.
    outcome: (&'static str, &'static str),
    faults: Vec<String>,
    /// Cells, and whether something is wrong with each.
    cells: Vec<(String, bool)>,
}

/// How columns are read: as they are named, by the mapping of an integration, by the table of the form.
const NAMES: &str = "names";
const SAVED: &str = "saved:";
const TABLE: &str = "table";

/// A file that waits, with its first rows and the mappings that are kept for what it holds.
struct File<'j> {
    job: &'j ImportJob,
    sample: Vec<Vec<String>>,
    saved: Vec<(String, Mapping)>,
}

impl<'j> File<'j> {
    async fn of(visit: &Visit, job: &'j ImportJob) -> Result<Self, PageError> {
        let tenant = visit.tenant()?;
        let sample = visit.app.import_sample(tenant, job.resource, job.id).await?;
        let saved = visit.app.saved_mappings(tenant, job.resource).await?;
        Ok(Self { job, sample, saved })
    }
}

/// `GET /members/import/{id}` of one that was not started.
pub(super) async fn show(visit: &Visit, job: &ImportJob) -> Page {
    let file = File::of(visit, job).await?;
    let form = suggested(&file, &visit.tenant()?.organisation().country);
    look(visit, &file, &form, StatusCode::OK, None).await
}

/// `POST /members/import/{id}`: another look, or the start.
pub(super) async fn step(visit: &Visit, job: &ImportJob) -> Page {
    let file = File::of(visit, job).await?;
    if visit.form.get("do") != Some("start") {
        return look(visit, &file, &visit.form, StatusCode::OK, None).await;
    }
    let started = match read(&file, &visit.form) {
        Ok(reading) => {
            let tenant = visit.tenant()?;
            visit.app.start_import(tenant, &visit.actor(), job.resource, job.id, Some(reading)).await
        }
        Err(problem) => Err(problem.into()),
    };
    match started {
        Ok(_) => Ok(visit.go(&address(job.resource, Some(job.id)))),
        Err(app::Failure::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::CONFLICT);
            look(visit, &file, &visit.form, status, Some(*problem)).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The form, and the first rows as it reads them.
async fn look(
    visit: &Visit,
    file: &File<'_>,
    form: &Form,
    status: StatusCode,
    problem: Option<Problem>,
) -> Page {
    let job = file.job;
    let resource = job.resource;
    let (preview, problem) = match (problem, read(file, form)) {
        (Some(problem), _) | (None, Err(problem)) => (None, Some(problem)),
        (None, Ok(reading)) => match preview(visit, job, &reading).await {
            Ok(preview) => (Some((preview, reading)), None),
            Err(failure) if matches!(failure.status(), 400 | 409) => (None, Some(*failure.problem)),
            Err(failure) => return Err(failure),
        },
    };
    let status = match &problem {
        Some(problem) => StatusCode::from_u16(problem.kind.entry().status).unwrap_or(status),
        None => status,
    };
    let missing = preview.as_ref().map(|(preview, _)| preview.missing.as_slice()).unwrap_or_default();
    let missing = missing.iter().map(|name| words::label(name)).collect();
    let nouns = resource.plural_noun();
    let title = format!("Import {}", job.file_name);
    let page = MapPage {
        shell: visit.shell(&title),
        title,
        wizard: address(resource, None),
        wizard_title: format!("Import {nouns}"),
        here: address(resource, Some(job.id)),
        about: words::counted(job.total_rows, "row", "rows"),
        by: ways(file, form),
        columns: columns_of(job, &file.sample, form),
        match_by: match_by(resource, form),
        missing,
        preview: preview.map(|(preview, reading)| shown(job, &preview, &reading)),
        button: format!("Import {}", words::counted(job.total_rows, "row", "rows")),
        problem: problem.map(|problem| told(visit, resource, &problem)),
    };
    visit.page_with(status, &page)
}

async fn preview(
    visit: &Visit,
    job: &ImportJob,
    reading: &ImportReading,
) -> Result<ImportPreview, PageError> {
    let tenant = visit.tenant()?;
    Ok(visit.app.preview_import(tenant, &visit.actor(), job.resource, job.id, reading).await?)
}

fn told(visit: &Visit, resource: &Resource, problem: &Problem) -> ProblemView {
    let mut view = ProblemView::new(problem, &visit.parts);
    if !problem.violations.is_empty() {
        "The columns cannot be read like this".clone_into(&mut view.title);
        view.detail.clear();
        let told = problem.violations.iter();
        view.violations =
            told.map(|it| (it.property_path.clone(), words::spoken(resource, &it.message))).collect();
    }
    view
}

/// The ways in which the columns can be read, where there are several.
fn ways(file: &File<'_>, form: &Form) -> Vec<Choice> {
    let chosen = form.get("by").unwrap_or(TABLE);
    let way = |value: String, label: String| Choice { chosen: value == chosen, value, label };
    let mut all = Vec::new();
    if is_own(file.job) {
        let label = "As they are named, since the file is an export of MemberPulse";
        all.push(way(NAMES.to_owned(), label.to_owned()));
    }
    for (name, _) in &file.saved {
        all.push(way(format!("{SAVED}{name}"), format!("By the mapping of the integration “{name}”")));
    }
    if !all.is_empty() {
        all.push(way(TABLE.to_owned(), "By the table below".to_owned()));
    }
    all
}

/// The columns with what the form says of them. A column without a name cannot be read.
fn columns_of(job: &ImportJob, sample: &[Vec<String>], form: &Form) -> ColumnsTable {
    let named = job.header.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let columns = named.map(|(index, name)| {
        let values = sample.iter().filter_map(|row| row.get(index)).map(String::as_str);
        column(job.resource, Owner::Anyone, index, name, values, form)
    });
    ColumnsTable { columns: columns.collect(), has_samples: true, has_directions: false }
}

fn match_by(resource: &'static Resource, form: &Form) -> FieldView {
    let fields = match_fields(resource).into_iter().filter(|name| *name != "id");
    let named: Vec<(String, String)> = fields.map(|name| (name.to_owned(), words::label(name))).collect();
    let automatic =
        named.iter().map(|(_, label)| label.to_lowercase()).rev().collect::<Vec<_>>().join(", else by ");
    let chosen = form.get("matchBy").unwrap_or_default();
    let mut control = Control::select(named.into_iter(), chosen, true);
    if let Control::Select { choices } = &mut control
        && let Some(first) = choices.first_mut()
    {
        first.label = format!("By {automatic}");
    }
    FieldView {
        help: format!("A row that finds its {} changes it; others make a new one.", resource.noun()),
        ..FieldView::plain("matchBy", format!("How rows find {}", resource.plural_noun()), control)
    }
}

fn shown(job: &ImportJob, preview: &ImportPreview, reading: &ImportReading) -> PreviewView {
    let read = |name: &String| !name.is_empty() && !preview.unmapped.contains(name);
    let positions: Vec<usize> =
        job.header.iter().enumerate().filter(|(_, name)| read(name)).map(|(index, _)| index).collect();
    let head = |index: &usize| {
        let name = job.header.get(*index).cloned().unwrap_or_default();
        let rules = reading.mapping.as_ref().map(Mapping::rules).unwrap_or_default();
        let rule = rules.iter().find(|rule| rule.external() == name);
        rule.map_or_else(|| words::label(&name), |rule| words::label(&rule.field()))
    };
    let rows: Vec<RowView> = preview.rows.iter().map(|row| row_view(job, row, &positions)).collect();
    let failed = rows.iter().filter(|row| !row.faults.is_empty()).count() as u64;
    let first = words::counted(rows.len() as u64, "row", "rows");
    let summary = if failed == 0 {
        format!("Nothing is wrong with the first {first}.")
    } else {
        format!(
            "Of the first {first}, {failed} cannot be imported. You can go on: such rows are left out and reported."
        )
    };
    PreviewView { heads: positions.iter().map(head).collect(), rows, summary }
}

fn row_view(job: &ImportJob, row: &PreviewRow, positions: &[usize]) -> RowView {
    let problem = row.outcome.as_ref().err();
    let violations = problem.map(|it| it.violations.as_slice()).unwrap_or_default();
    let spoken = |text: &str| said(job.resource, text);
    let mut faults: Vec<String> = violations.iter().map(|it| spoken(&it.message)).collect();
    if faults.is_empty() {
        faults.extend(
            problem.map(|it| format!("{}. {}", spoken(&it.detail), it.hint.as_deref().unwrap_or_default())),
        );
    }
    let cell = |index: &usize| {
        let name = job.header.get(*index).map(String::as_str).unwrap_or_default();
        let text: String =
            row.cells.get(*index).map(String::as_str).unwrap_or_default().chars().take(60).collect();
        (text, violations.iter().any(|it| it.property_path == name))
    };
    RowView {
        line: row.line,
        outcome: match &row.outcome {
            Ok(Outcome::Created) => ("New", "green"),
            Ok(Outcome::Updated) => ("Changes", "blue"),
            Ok(Outcome::Unchanged) => ("As wanted", "secondary"),
            Err(_) => ("Wrong", "red"),
        },
        faults,
        cells: positions.iter().map(cell).collect(),
    }
}
