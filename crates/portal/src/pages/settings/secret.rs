//! The page after something with a secret was made: the only one on which the secret is ever seen.

use askama::Template;
use axum::http::StatusCode;

use crate::components::SecretView;
use crate::shell::Shell;
use crate::visit::{Page, Visit};

/// What one says to go on.
pub(crate) const STORED: &str = "I have stored it";

/// What surrounds the secret.
pub(crate) struct Made {
    pub(crate) title: String,
    pub(crate) list: &'static str,
    pub(crate) list_title: &'static str,
    pub(crate) secret: SecretView,
    pub(crate) notes: Vec<String>,
    /// What one does afterwards, and where.
    pub(crate) back: (String, String),
    pub(crate) more: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/settings/secret.html")]
struct SecretPage {
    shell: Shell,
    title: String,
    list: &'static str,
    list_title: &'static str,
    secret: SecretView,
    notes: Vec<String>,
    back: (String, String),
    more: Option<(String, String)>,
}

/// Shows a secret that was just made.
pub(crate) fn shown(visit: &Visit, made: Made) -> Page {
    let Made { title, list, list_title, secret, notes, back, more } = made;
    let shell = visit.shell(&title);
    let page = SecretPage { shell, title, list, list_title, secret, notes, back, more };
    visit.page_with(StatusCode::CREATED, &page)
}
