//! A secret that is shown once: what was made, to copy, and how to use it at once.

use askama::Template;

/// A secret.
#[derive(Clone, PartialEq, Eq, Debug, Template)]
#[template(path = "components/secret.html")]
pub(crate) struct SecretView {
    /// What it is: "API key".
    pub(crate) label: String,
    pub(crate) secret: String,
    /// What to do with it.
    pub(crate) about: String,
    /// A line to try it with; nothing where there is none.
    pub(crate) curl: String,
}
