//! Pages that say why something is not shown, inside the portal or, where nobody is signed in, alone.

use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use domain::{Problem, ProblemKind};
use edge::RequestId;

use crate::components::ProblemView;
use crate::failure::PageError;
use crate::shell::{Head, Shell};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage {
    shell: Shell,
    problem: ProblemView,
    /// The address to try again; none where that cannot help.
    again: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/error_outside.html")]
struct OutsidePage {
    head: Head,
    problem: ProblemView,
}

/// What a role does not allow.
pub(crate) fn not_allowed() -> PageError {
    let detail = "Your role does not allow this";
    let hint = "An administrator of your organisation can do it, or change your role.";
    Problem::new(ProblemKind::InsufficientScope, detail).hint(hint).into()
}

/// A failure inside the portal.
pub(crate) fn page(visit: &Visit, failure: &PageError) -> Response {
    let problem = ProblemView::new(&failure.problem, &visit.parts);
    log(&problem.request_id, edge::route(&visit.parts.extensions), failure);
    let may_pass = matches!(failure.status(), 408 | 429 | 500..);
    let shell = visit.shell(&problem.title);
    let again = may_pass.then(|| shell.here.clone());
    let shown = ErrorPage { shell, problem, again };
    with_retry(failure, visit.page_with(status(failure), &shown).unwrap_or_else(|failure| bare(&failure)))
}

/// A failure where nobody is signed in.
pub(crate) fn plain(parts: &Parts, failure: &PageError) -> Response {
    let id = parts.extensions.get::<RequestId>().map(RequestId::text).unwrap_or_default();
    log(id, edge::route(&parts.extensions), failure);
    outside(&parts.headers, id, failure)
}

/// A failure about which nothing more is known than this.
pub(crate) fn outside(headers: &HeaderMap, request_id: &str, failure: &PageError) -> Response {
    let problem = ProblemView::with_id(&failure.problem, request_id);
    let shown = OutsidePage { head: Head::new(&problem.title, headers), problem }.render();
    let shown = shown.map(|page| (status(failure), Html(page)).into_response());
    with_retry(failure, shown.unwrap_or_else(|error| bare(&error.into())))
}

fn status(failure: &PageError) -> StatusCode {
    StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn with_retry(failure: &PageError, mut response: Response) -> Response {
    if let Some(seconds) = failure.problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn bare(failure: &PageError) -> Response {
    (status(failure), failure.problem.detail.clone()).into_response()
}

/// What people are not told is told to the log.
pub(crate) fn log(request_id: &str, route: &str, failure: &PageError) {
    if let Some(inside) = &failure.inside {
        tracing::error!(request_id, route, error = inside, "a request failed");
    }
}
