//! Why a use case did not do what was asked: an outside half that clients see, and an inside half
//! that only logs see.

use db::DbError;
use domain::{Problem, ProblemKind};

/// The failure of a use case.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Something that the client is told in full.
    Problem(Box<Problem>),
    /// The store failed; the client is told no details.
    Store(DbError),
    /// Another request with the same idempotency key was answered while this one ran; nothing was
    /// changed by this one.
    Answered,
    /// A fault of this program; the client is told no details.
    Internal(String),
}

impl Failure {
    /// A fault of this program, described for the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Self::Internal(text.into())
    }

    /// What the client is told.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => (**problem).clone(),
            Self::Answered => Problem::new(
                ProblemKind::Conflict,
                "A request with this Idempotency-Key was answered a moment ago",
            )
            .hint("Send the request again to get its answer.")
            .retry_after(1),
            Self::Store(DbError::Conflict) => Problem::new(
                ProblemKind::Conflict,
                "Other requests changed the same data at the same time; nothing was changed by this one",
            )
            .hint("Send the request again."),
            Self::Store(error) if error.is_retryable() => Problem::new(
                ProblemKind::Unavailable,
                "The database cannot do this work right now; nothing was changed",
            )
            .retry_after(2),
            Self::Store(_) | Self::Internal(_) => {
                Problem::new(ProblemKind::InternalError, "Something went wrong inside the server")
            }
        }
    }

    /// What the log is told, when the client is not told everything.
    #[must_use]
    pub fn inside(&self) -> Option<String> {
        match self {
            Self::Problem(_) | Self::Answered => None,
            Self::Store(error) => Some(error.to_string()),
            Self::Internal(text) => Some(text.clone()),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Store(error)
    }
}
