//! An import that was started: how far it is, and at its end the report with the rows that failed.

use app::{ImportJob, ImportStatus};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::Resource;
use futures_util::stream;

use super::{address, job_of, said, status_words};
use crate::components::ProblemView;
use crate::failure::PageError;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

/// Failed rows that the report shows.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "pages/import_run.html")]
struct RunPage {
    shell: Shell,
    title: String,
    wizard: String,
    wizard_title: String,
    list: String,
    list_title: String,
    here: String,
    running: bool,
    stopped: bool,
    status: (&'static str, &'static str),
    /// What the page says first.
    told: String,
    message: String,
    step: String,
    counts: Vec<(&'static str, String)>,
    failed_cut: bool,
    failed_href: String,
    failures: Vec<(String, String)>,
    unmapped: Vec<String>,
    problem: Option<ProblemView>,
}

#[derive(Template)]
#[template(path = "components/progress.html")]
struct Step {
    done: usize,
    all: usize,
}

pub(super) async fn show(
    visit: &Visit,
    job: &ImportJob,
    status: StatusCode,
    problem: Option<ProblemView>,
) -> Page {
    let resource = job.resource;
    let (counts, nouns) = (job.counts, resource.plural_noun());
    let running = job.status == ImportStatus::Running;
    let stopped = job.status == ImportStatus::Stopped;
    let (done, all) = (words::grouped(counts.rows()), words::grouped(job.total_rows));
    let told = match job.status {
        ImportStatus::Done if counts.failed == 0 => format!("All {all} rows are in."),
        ImportStatus::Done => {
            format!("{} of {all} rows could not be imported.", words::grouped(counts.failed))
        }
        ImportStatus::Stopped if counts.rows() == 0 => {
            "It stopped before the first row was stored.".to_owned()
        }
        ImportStatus::Stopped => format!(
            "It stopped after {done} of {all} rows, at line {} of the file. What is done stays; going on begins \
             with the next row.",
            words::grouped(job.last_line)
        ),
        ImportStatus::Failed => {
            format!("It ended before the end of the file: {done} of {all} rows were tried.")
        }
        _ => "You can leave this page; the import goes on.".to_owned(),
    };
    let number = |label, count| (label, words::grouped(count));
    let step = Step { done: small(counts.rows()), all: small(job.total_rows) };
    let title = format!("Import of {}", job.file_name);
    let page = RunPage {
        shell: visit.shell(&title),
        title,
        wizard: address(resource, None),
        wizard_title: format!("Import {nouns}"),
        list: format!("/{}", resource.segment()),
        list_title: nouns,
        here: address(resource, Some(job.id)),
        running,
        stopped,
        status: status_words(job.status),
        told,
        message: job.message.clone().unwrap_or_default(),
        step: if running || stopped { step.render()? } else { String::new() },
        counts: vec![
            number("New", counts.created),
            number("Changed", counts.updated),
            number("Already as wanted", counts.unchanged),
            number("Failed", counts.failed),
        ],
        failed_cut: job.is_report_cut(),
        failed_href: format!("{}/failed", address(resource, Some(job.id))),
        failures: if running { Vec::new() } else { failures(visit, job).await? },
        unmapped: job.unmapped.iter().filter(|name| !name.is_empty()).cloned().collect(),
        problem,
    };
    visit.page_with(status, &page)
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The first rows that failed: their line, and why.
async fn failures(visit: &Visit, job: &ImportJob) -> Result<Vec<(String, String)>, PageError> {
    if job.counts.failed == 0 {
        return Ok(Vec::new());
    }
    let Some((part, _)) = visit.app.failed_rows(visit.tenant()?, job, 0).await? else {
        return Ok(Vec::new());
    };
    let rows = app::csv::last_cells(&part, 2, SHOWN);
    let spoken = |cells: Vec<String>| {
        let mut cells = cells.into_iter();
        let line = cells.next().unwrap_or_default();
        (line, said(job.resource, &cells.next().unwrap_or_default()))
    };
    Ok(rows.into_iter().map(spoken).collect())
}

/// `GET /members/import/{id}/failed`
pub(crate) async fn failed_rows(visit: &Visit, resource: &'static Resource) -> Page {
    let job = job_of(visit, resource).await?;
    let name = format!("attachment; filename=\"{}-failed-rows.csv\"", resource.segment());
    let state = (visit.app.clone(), visit.tenant()?.clone(), job, 0);
    let rows = stream::try_unfold(state, |(app, tenant, job, from)| async move {
        match app.failed_rows(&tenant, &job, from).await {
            Ok(Some((part, next))) => Ok(Some((Bytes::from(part), (app, tenant, job, next)))),
            Ok(None) => Ok(None),
            Err(failure) => {
                tracing::error!(error = failure.inside(), "a report broke off");
                Err(std::io::Error::other("the report broke off"))
            }
        }
    });
    let mut response = Response::new(Body::from_stream(rows));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
