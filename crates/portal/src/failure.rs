//! Why a page is not shown as was asked: a problem for people, words for the log.

use app::Failure;
use domain::Problem;

/// The failure of a screen.
#[derive(Clone, Debug)]
pub(crate) struct PageError {
    /// What people are told.
    pub(crate) problem: Box<Problem>,
    /// What only the log is told.
    pub(crate) inside: Option<String>,
}

impl PageError {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.problem.kind.entry().status
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), inside: None }
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self { problem: Box::new(failure.problem()), inside: failure.inside() }
    }
}

impl From<app::db::DbError> for PageError {
    fn from(error: app::db::DbError) -> Self {
        Failure::from(error).into()
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Failure::internal(format!("a page could not be rendered: {error}")).into()
    }
}
