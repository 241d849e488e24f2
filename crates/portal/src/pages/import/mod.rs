//! The import wizard: send a file, say which column is which field, look at the first rows, run it, read
//! the report. One wizard serves every resource; where an import stands decides which page its address
//! shows.

mod mapping;
mod progress;
mod upload;

use app::{ImportJob, ImportStatus, MAX_IMPORT_FILE};
use askama::Template;
use axum::http::StatusCode;
use domain::{ImportId, Problem, ProblemKind, Resource, Violation};

use super::record::Names;
use crate::components::ProblemView;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

pub(crate) use progress::failed_rows;

/// The first page: a file is chosen. Below it stand the imports that are kept.
#[derive(Template)]
#[template(path = "pages/import_start.html")]
struct StartPage {
    shell: Shell,
    title: String,
    list: String,
    list_title: String,
    action: String,
    nouns: String,
    mib: u64,
    limit: u64,
    required: Vec<String>,
    jobs: Vec<JobView>,
    problem: Option<ProblemView>,
}

/// An import in a list.
struct JobView {
    href: String,
    file: String,
    status: (&'static str, &'static str),
    rows: String,
    when: String,
    who: String,
}

/// What is said of where an import stands, and in which colour.
fn status_words(status: ImportStatus) -> (&'static str, &'static str) {
    match status {
        ImportStatus::Waiting => ("Not started", "blue"),
        ImportStatus::Running => ("Running", "blue"),
        ImportStatus::Stopped => ("Stopped", "orange"),
        ImportStatus::Done => ("Done", "green"),
        ImportStatus::Failed => ("Broken off", "red"),
    }
}

/// The address of the wizard, or of one import.
fn address(resource: &Resource, id: Option<ImportId>) -> String {
    let base = format!("/{}/import", resource.segment());
    id.map_or_else(|| base.clone(), |id| format!("{base}/{id}"))
}

/// `GET /members/import`
pub(crate) async fn start(visit: &Visit, resource: &'static Resource) -> Page {
    start_page(visit, resource, StatusCode::OK, None).await
}

/// `POST /members/import`
pub(crate) async fn receive(visit: &Visit, resource: &'static Resource) -> Page {
    match upload::receive(visit, resource).await {
        Ok(job) => Ok(visit.go(&address(resource, Some(job.id)))),
        Err(failure) if matches!(failure.status(), 400 | 409 | 413) => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut view = ProblemView::new(&failure.problem, &visit.parts);
            if let Some(violation) = failure.problem.violations.first() {
                "The file cannot be imported".clone_into(&mut view.title);
                view.detail.clone_from(&violation.message);
            }
            start_page(visit, resource, status, Some(view)).await
        }
        Err(failure) => Err(failure),
    }
}

/// What is asked without a file.
fn no_file() -> Problem {
    let text = "Choose a CSV file first.";
    Problem::new(ProblemKind::ValidationError, text)
        .violations(vec![Violation::new("file", "required", text)])
}

async fn start_page(
    visit: &Visit,
    resource: &'static Resource,
    status: StatusCode,
    problem: Option<ProblemView>,
) -> Page {
    let (place, names) = (visit.place(), Names::of(visit).await?);
    let jobs = visit.app.import_jobs(visit.tenant()?, resource).await?;
    let jobs = jobs.iter().map(|job| JobView {
        href: address(resource, Some(job.id)),
        file: job.file_name.clone(),
        status: status_words(job.status),
        rows: words::grouped(job.total_rows),
        when: place.moment(job.created_at),
        who: names.of_someone(job.created_by.as_deref()),
    });
    let nouns = resource.plural_noun();
    let title = format!("Import {nouns}");
    let required = resource.fields.iter().filter(|field| field.required && !field.read_only);
    visit.page_with(
        status,
        &StartPage {
            shell: visit.shell(&title),
            title,
            list: format!("/{}", resource.segment()),
            list_title: words::capitalised(&nouns),
            action: address(resource, None),
            mib: MAX_IMPORT_FILE / 1024 / 1024,
            limit: MAX_IMPORT_FILE,
            required: required.map(|field| words::label(field.name)).collect(),
            nouns,
            jobs: jobs.collect(),
            problem,
        },
    )
}

/// The import that the address names.
async fn job_of(visit: &Visit, resource: &'static Resource) -> Result<ImportJob, crate::failure::PageError> {
    let id = visit.parts.uri.path().split('/').nth(3).and_then(|segment| segment.parse().ok());
    let id: ImportId = id.ok_or_else(Problem::not_found)?;
    Ok(visit.app.import_job(visit.tenant()?, resource, id).await?)
}

/// `GET /members/import/{id}`
pub(crate) async fn show(visit: &Visit, resource: &'static Resource) -> Page {
    let job = job_of(visit, resource).await?;
    if job.status == ImportStatus::Waiting {
        return mapping::show(visit, &job).await;
    }
    progress::show(visit, &job, StatusCode::OK, None).await
}

/// `POST /members/import/{id}`
pub(crate) async fn step(visit: &Visit, resource: &'static Resource) -> Page {
    let job = job_of(visit, resource).await?;
    let tenant = visit.tenant()?;
    let here = address(resource, Some(job.id));
    match visit.form.get("do") {
        Some("discard") => {
            visit.app.discard_import(tenant, resource, job.id).await?;
            let toast = Toast::done(format!("“{}” was discarded.", job.file_name));
            Ok(visit.go_and_tell(&address(resource, None), &toast))
        }
        Some("stop") => {
            visit.app.stop_import(tenant, resource, job.id).await?;
            Ok(visit.go(&here))
        }
        Some("go-on") if job.counts.rows() > 0 => {
            match visit.app.start_import(tenant, &visit.actor(), resource, job.id, None).await {
                Ok(_) => Ok(visit.go(&here)),
                Err(app::Failure::Problem(problem)) => {
                    let view = ProblemView::new(&problem, &visit.parts);
                    progress::show(visit, &job, StatusCode::CONFLICT, Some(view)).await
                }
                Err(failure) => Err(failure.into()),
            }
        }
        _ if job.status.can_start() => mapping::step(visit, &job).await,
        // Started in another tab meanwhile: its progress is what there is to see.
        _ => Ok(visit.go(&here)),
    }
}

/// What is wrong with a row in the words of people: without the patterns of dates, which an example shows.
pub(crate) fn said(resource: &Resource, text: &str) -> String {
    let mut spoken = words::spoken(resource, text);
    while let Some(start) = spoken.find(" (%") {
        let end =
            spoken.get(start..).and_then(|rest| rest.find(')')).map_or(spoken.len(), |end| start + end + 1);
        spoken.replace_range(start..end, "");
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_not_said() {
        let text = "soon must be a date, written like 28/02/2026 (%d/%m/%Y).";
        assert_eq!(said(&domain::resources::MEMBER, text), "soon must be a date, written like 28/02/2026.");
        assert_eq!(said(&domain::resources::MEMBER, "odd (%"), "odd");
    }
}
