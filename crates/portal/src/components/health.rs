//! How something outside does, told at a glance and in words: a badge, and what to do when it does not do well.

use askama::Template;

/// How it does.
#[derive(Clone, PartialEq, Eq, Default, Debug, Template)]
#[template(path = "components/health.html")]
pub(crate) struct HealthView {
    /// The class of its colours.
    pub(crate) tone: &'static str,
    /// In a word or two.
    pub(crate) text: String,
    /// What is wrong and what to do; nothing where all is well.
    pub(crate) advice: String,
}

impl HealthView {
    /// Whether something is to be done about it.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self.tone, "red" | "orange")
    }

    pub(crate) fn new(tone: &'static str, text: &str, advice: String) -> Self {
        Self { tone, text: text.to_owned(), advice }
    }
}
