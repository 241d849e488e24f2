//! The way to the API reference, with a key of the sandbox to try calls with. Keys are only kept as hashes, so
//! one is made for the purpose: for an hour, of the sandbox alone, and audited like every other.

use app::Environment;
use askama::Template;
use domain::access::{API_KEYS, key_scopes};
use domain::json::Object;
use serde_json::json;

use super::settings::{Made, show_made};
use crate::components::SecretView;
use crate::shell::Shell;
use crate::visit::{Page, Visit};

/// Seconds for which the key is valid.
const VALID: i64 = 3_600;

#[derive(Template)]
#[template(path = "pages/reference.html")]
struct ReferencePage {
    shell: Shell,
    reference: String,
    can_try: bool,
}

/// `GET /reference`
pub(crate) fn show(visit: &Visit) -> Page {
    visit.page(&ReferencePage {
        shell: visit.shell("API reference"),
        reference: reference(visit),
        can_try: visit.session.tenant.is_some() && visit.can(API_KEYS),
    })
}

/// Where the reference is whose calls go to the sandbox.
fn reference(visit: &Visit) -> String {
    let scheme = visit.config.public_url.split_once("://").map_or("https", |(scheme, _)| scheme);
    let host = visit.config.hosts[1].as_ref().map(|host| format!("{scheme}://{host}"));
    format!("{}/api/docs", host.unwrap_or_default())
}

/// `POST /reference`
pub(crate) async fn make_key(visit: &Visit) -> Page {
    let organisation = visit.tenant()?.organisation();
    let sandbox = visit.app.tenant(organisation, Environment::Sandbox).await?;
    let end = visit.app.now().plus_seconds(VALID);
    let user = &visit.session.user;
    let who: String = user.first_name.as_deref().unwrap_or(&user.email).chars().take(60).collect();
    let body = Object::from_iter([
        ("name".to_owned(), json!(format!("Trying out the API: {who}"))),
        ("scopes".to_owned(), json!(key_scopes(visit.app.registry()))),
        ("expiresAt".to_owned(), json!(end.to_string())),
    ]);
    let made = visit.app.make_key(&sandbox, visit.actor(), &body).await?;
    let reference = reference(visit);
    let server = reference.strip_suffix("/api/docs").filter(|server| !server.is_empty());
    let server = server.unwrap_or(&visit.config.public_url);
    // What stands after # is never sent to a server; the reference takes it out of the address at once.
    let ready = format!("{reference}#key={}", made.key);
    show_made(
        visit,
        Made {
            title: "Try the API in the sandbox".to_owned(),
            list: "/reference",
            list_title: "API reference",
            secret: SecretView {
                label: "Key of the sandbox".to_owned(),
                curl: format!("curl '{server}/api/members' \\\n  -H 'Authorization: Bearer {}'", made.key),
                secret: made.key,
                about: format!(
                    "It may do everything in the sandbox and nothing in production, until {}.",
                    visit.place().moment(end)
                ),
            },
            notes: Vec::new(),
            back: ("Open the reference with this key".to_owned(), ready),
            more: None,
        },
    )
}
