//! A problem as people see it: what happened, what to do, and the id to ask the operator with.

use axum::http::request::Parts;
use domain::{Problem, ProblemKind};
use edge::RequestId;

/// A problem.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct ProblemView {
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) hint: String,
    pub(crate) request_id: String,
    /// What is wrong, each with the address of the input where it can be mended.
    pub(crate) violations: Vec<(String, String)>,
}

impl ProblemView {
    pub(crate) fn new(problem: &Problem, parts: &Parts) -> Self {
        let id = parts.extensions.get::<RequestId>().map(RequestId::text).unwrap_or_default();
        Self::with_id(problem, id)
    }

    pub(crate) fn with_id(problem: &Problem, request_id: &str) -> Self {
        let entry = problem.kind.entry();
        Self {
            title: title(entry.status).unwrap_or(entry.title).to_owned(),
            detail: detail(problem),
            hint: problem.hint.as_deref().map(sentence).unwrap_or_default(),
            request_id: request_id.to_owned(),
            violations: Vec::new(),
        }
    }
}

/// Titles in the words of people, where the API's are for programs.
fn title(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "That cannot be done as it was asked",
        403 => "You may not do this",
        404 => "There is nothing here",
        408 => "That took too long",
        409 => "That cannot be done now",
        410 => "This record was merged into another one",
        412 => "Somebody else changed it",
        413 => "That is too large",
        429 => "Too many requests",
        500 => "Something went wrong",
        503 => "The server cannot do this right now",
        _ => return None,
    })
}

fn detail(problem: &Problem) -> String {
    match problem.kind {
        ProblemKind::NotFound => {
            "The address may be mistyped, or what was here was deleted or belongs to the other environment."
                .to_owned()
        }
        _ => sentence(&problem.detail),
    }
}

fn sentence(text: &str) -> String {
    let ended = text.ends_with(['.', '!', '?']);
    if ended || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}
