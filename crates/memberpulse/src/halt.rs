//! Why the program ends without having done what was asked, and how it says so.

use std::fmt::Write as _;
use std::process::ExitCode;

use app::Failure;

use crate::output;

/// The end of the program before its work was done.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The work failed: exit code 1.
    Failed(String),
    /// The command was given wrongly: exit code 2.
    Usage(String),
    /// What the reader of the command line has to say: help, the version, or what is wrong.
    Clap(clap::Error),
}

impl Halt {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Says what happened and answers with the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Failed(message) => {
                output::note(&format!("error: {message}"));
                ExitCode::from(1)
            }
            Self::Usage(message) => {
                output::note(&format!("error: {message}\n\nFor more information, try '--help'."));
                ExitCode::from(2)
            }
            Self::Clap(error) => {
                // Help that nobody reads to its end is no failure.
                drop(error.print());
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
            }
        }
    }
}

impl From<clap::Error> for Halt {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

/// The operator is told everything: one line, then one for each value at fault, then what to do.
impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        if let Failure::Store(error) = failure {
            return error.into();
        }
        if let Some(inside) = failure.inside() {
            return Self::Failed(inside);
        }
        let problem = failure.problem();
        let mut text = problem.detail;
        for violation in &problem.violations {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {}: {}", violation.property_path, violation.message);
        }
        if let Some(hint) = problem.hint {
            let _ = write!(text, "\n{hint}");
        }
        Self::Failed(text)
    }
}

impl From<db::DbError> for Halt {
    fn from(error: db::DbError) -> Self {
        match error {
            // It says what to do; that it is not available goes without saying.
            db::DbError::Unavailable(text) | db::DbError::Backup(text) => Self::Failed(text),
            error => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Problem, ProblemKind, Violation};

    use super::*;

    fn text(halt: Halt) -> String {
        match halt {
            Halt::Failed(text) | Halt::Usage(text) => text,
            Halt::Clap(error) => error.to_string(),
        }
    }

    #[test]
    fn each_violation_has_its_line() {
        let violations =
            vec![Violation::new("slug", "duplicate", "Taken."), Violation::new("name", "x", "Long.")];
        let problem =
            Problem::new(ProblemKind::Conflict, "Not made").violations(violations).hint("Choose another.");
        assert_eq!(
            text(Failure::from(problem).into()),
            "Not made\n  slug: Taken.\n  name: Long.\nChoose another."
        );
    }

    #[test]
    fn the_operator_sees_what_clients_do_not() {
        let failure = Failure::from(db::DbError::Unavailable("the disk is full: free some space".to_owned()));
        assert_eq!(text(failure.into()), "the disk is full: free some space");
    }
}
