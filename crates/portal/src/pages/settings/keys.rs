//! API keys: what there is, making one, rotating with an overlap, revoking after its name was typed.

use app::{KeyDetails, NewKey};
use askama::Template;
use axum::http::StatusCode;
use domain::access;
use domain::staff::{NEW_KEY, ROTATION};
use domain::{KeyId, Problem, ProblemKind};

use super::integrations::offered;
use super::secret::{self, Made};
use crate::components::{Asking, Control, FieldView, ProblemView, SecretView, body_of};
use crate::display::Shown;
use crate::failure::PageError;
use crate::form::Form;
use crate::layout;
use crate::pages::edit::{Asked, Filled, begun, form_page, refused};
use crate::pages::record::{ConfirmPage, Names};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

const LIST: &str = "/settings/api-keys";
/// Days before its end in which a key is marked.
const SOON: i64 = 14 * 24 * 3_600;

#[derive(Template)]
#[template(path = "pages/settings/keys.html")]
struct KeysPage {
    shell: Shell,
    environment: &'static str,
    keys: Vec<KeyView>,
}

/// A key as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct KeyView {
    href: String,
    name: String,
    /// Its first characters and its last ones.
    shown: String,
    state: Shown,
    is_valid: bool,
    environment: String,
    may: String,
    last_used: String,
    expires: String,
    created: String,
    creator: String,
}

impl KeysPage {
    /// The keys that work, and those that do no longer.
    fn groups(&self) -> [(&'static str, Vec<&KeyView>); 2] {
        let (valid, gone) = self.keys.iter().partition(|key| key.is_valid);
        [("", valid), ("No longer valid", gone)]
    }
}

/// `GET /settings/api-keys`
pub(super) async fn list(visit: &Visit) -> Page {
    let tenant = visit.tenant()?;
    let names = Names::of(visit).await?;
    // The newest first: it is the one that somebody looks for.
    let keys = visit.app.keys_of(tenant).await?.into_iter().rev();
    visit.page(&KeysPage {
        shell: visit.shell("API keys"),
        environment: tenant.environment().name(),
        keys: keys.map(|key| view(visit, &key, &names)).collect(),
    })
}

fn view(visit: &Visit, key: &KeyDetails, names: &Names) -> KeyView {
    let (place, now) = (visit.place(), visit.app.now());
    let all = access::key_scopes(visit.app.registry()).len();
    let may = if key.scopes.len() == all {
        "Everything".to_owned()
    } else {
        format!("{} of {}", key.scopes.len(), words::counted(all as u64, "right", "rights"))
    };
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => ("Revoked", "red"),
        (None, Some(end)) if end <= now => ("Expired", "orange"),
        (None, Some(end)) if end <= now.plus_seconds(SOON) => ("Ends soon", "orange"),
        _ => ("Valid", "green"),
    };
    let environment = visit.session.environment().name();
    KeyView {
        href: format!("{LIST}/{}", key.id),
        name: key.name.clone(),
        shown: format!("{}…{}", key.prefix, key.last_four),
        state: Shown::Badge { text: state.0.to_owned(), tone: state.1 },
        is_valid: key.is_valid(now),
        environment: words::capitalised(environment),
        may,
        last_used: key.last_used_at.map_or_else(|| "Never".to_owned(), |at| place.moment(at)),
        expires: match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("Revoked {}", place.moment(at)),
            (None, Some(end)) => place.moment(end),
            (None, None) => "Never".to_owned(),
        },
        created: place.moment(key.created_at),
        creator: words::capitalised(&creator(key, names)),
    }
}

fn creator(key: &KeyDetails, names: &Names) -> String {
    match (key.created_by.as_str(), names.of_id(&key.created_by)) {
        (_, Some(name)) => name.to_owned(),
        ("system", None) => "an operator".to_owned(),
        _ => "somebody who is no longer on the staff".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "pages/settings/key.html")]
struct KeyPage {
    shell: Shell,
    key: KeyView,
    facts: Vec<(&'static str, Shown)>,
    scopes: Vec<(String, String)>,
}

/// `GET /settings/api-keys/{id}`
pub(super) async fn one(visit: &Visit) -> Page {
    let key = found(visit).await?;
    let names = Names::of(visit).await?;
    let key_view = view(visit, &key, &names);
    let text = |text: &str| Shown::Text(text.to_owned());
    let networks =
        if key.allowed_ips.is_empty() { text("Anywhere") } else { Shown::Tags(key.allowed_ips.clone()) };
    let from = key.last_used_ip.as_deref().map(|ip| format!(" from {ip}")).unwrap_or_default();
    let matrix = access::matrix(visit.app.registry());
    let scopes = matrix.into_iter().filter(|row| key.scopes.contains(&row.name));
    visit.page(&KeyPage {
        shell: visit.shell(&key.name),
        facts: vec![
            ("Last used", Shown::Text(format!("{}{from}", key_view.last_used))),
            ("Expires", text(&key_view.expires)),
            ("Accepted from", networks),
            ("Created", Shown::Text(format!("{} by {}", key_view.created, creator(&key, &names)))),
        ],
        scopes: scopes.map(|row| (row.name, row.doc)).collect(),
        key: key_view,
    })
}

async fn found(visit: &Visit) -> Result<KeyDetails, PageError> {
    Ok(visit.app.key(visit.tenant()?, visit.id::<KeyId>()?).await?)
}

/// `GET /settings/api-keys/new`
pub(super) async fn blank(visit: &Visit) -> Page {
    let form = begun(visit, &NEW_KEY, &layout::NEW_KEY)?;
    form_page(
        visit,
        &NEW_KEY,
        &layout::NEW_KEY,
        StatusCode::OK,
        new_key(),
        0,
        Filled { integrations: offered(visit, &NEW_KEY).await?, ..Filled::with(&form) },
    )
}

fn new_key() -> Asked {
    Asked {
        title: "New API key".to_owned(),
        list: LIST.to_owned(),
        list_title: "API keys".to_owned(),
        action: format!("{LIST}/new"),
        back: LIST.to_owned(),
        button: "Create API key".to_owned(),
    }
}

/// `POST /settings/api-keys/new`
pub(super) async fn create(visit: &Visit) -> Page {
    let zone = visit.place().zone;
    let asking = Asking { resource: &NEW_KEY, layout: &layout::NEW_KEY, zone: &zone };
    let body = body_of(&asking, &visit.form, None);
    match visit.app.make_key(visit.tenant()?, visit.actor(), &body).await {
        Ok(made) => show_key(visit, &made, Vec::new()),
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &NEW_KEY, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                integrations: offered(visit, &NEW_KEY).await?,
                ..Filled::with(&visit.form)
            };
            form_page(visit, &NEW_KEY, &layout::NEW_KEY, status, new_key(), 0, filled)
        }
    }
}

/// The key, and a call that works at once.
fn show_key(visit: &Visit, made: &NewKey, notes: Vec<String>) -> Page {
    let curl =
        format!("curl '{}/api/me' \\\n  -H 'Authorization: Bearer {}'", visit.config.public_url, made.key);
    secret::shown(
        visit,
        Made {
            title: made.details.name.clone(),
            list: LIST,
            list_title: "API keys",
            secret: SecretView {
                label: "API key".to_owned(),
                secret: made.key.clone(),
                about:
                    "Put it where the other system keeps its secrets. Whoever has it can do all that it may."
                        .to_owned(),
                curl,
            },
            notes,
            back: (secret::STORED.to_owned(), format!("{LIST}/{}", made.details.id)),
            more: Some(("/api/docs".to_owned(), "API reference".to_owned())),
        },
    )
}

/// `GET /settings/api-keys/{id}/rotate`
pub(super) async fn ask_rotation(visit: &Visit) -> Page {
    let key = found(visit).await?;
    let form = begun(visit, &ROTATION, &layout::ROTATION)?;
    visit.page(&rotation(visit, &key, &form, None))
}

/// `POST /settings/api-keys/{id}/rotate`
pub(super) async fn rotate(visit: &Visit) -> Page {
    let key = found(visit).await?;
    let zone = visit.place().zone;
    let asking = Asking { resource: &ROTATION, layout: &layout::ROTATION, zone: &zone };
    let body = body_of(&asking, &visit.form, None);
    match visit.app.rotate_key(visit.tenant()?, visit.actor(), key.id, &body).await {
        Ok(made) => {
            let old = found(visit).await?;
            let until = match (old.revoked_at, old.expires_at) {
                (None, Some(end)) => format!("works until {}", visit.place().moment(end)),
                _ => "is refused from now on".to_owned(),
            };
            let note = format!("The old key {}…{} {until}.", old.prefix, old.last_four);
            show_key(visit, &made, vec![note])
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &ROTATION, failure.into());
            let filled = Some((problem, violations.as_slice()));
            visit.page_with(status, &rotation(visit, &key, &visit.form, filled))
        }
    }
}

fn rotation(
    visit: &Visit,
    key: &KeyDetails,
    form: &Form,
    wrong: Option<(ProblemView, &[domain::Violation])>,
) -> ConfirmPage {
    let place = visit.place();
    let asking = Asking { resource: &ROTATION, layout: &layout::ROTATION, zone: &place.zone };
    let (problem, violations) = wrong.map_or((None, &[][..]), |(problem, all)| (Some(problem), all));
    let fields = asking.fields().map(|(_, field)| FieldView::of(&asking, field, form, violations, ""));
    ConfirmPage {
        shell: visit.shell(&format!("Rotate {}", key.name)),
        question: format!("Rotate “{}”", key.name),
        about: vec![
            "A new key is made with the same rights. Change the other system over while both work."
                .to_owned(),
        ],
        button: "Make the new key".to_owned(),
        is_final: false,
        action: format!("{LIST}/{}/rotate", key.id),
        back: format!("{LIST}/{}", key.id),
        fields: fields.collect(),
        hidden: Vec::new(),
        problem,
    }
}

/// `GET /settings/api-keys/{id}/revoke`
pub(super) async fn ask_revocation(visit: &Visit) -> Page {
    let key = found(visit).await?;
    visit.page(&revocation(visit, &key, "", None))
}

/// `POST /settings/api-keys/{id}/revoke`
pub(super) async fn revoke(visit: &Visit) -> Page {
    let key = found(visit).await?;
    let typed = visit.form.get("confirmation").unwrap_or_default().trim();
    if typed != key.name {
        let problem = Problem::new(ProblemKind::ValidationError, "The name was not typed as it is");
        let view = ProblemView {
            title: "The key still works".to_owned(),
            ..ProblemView::new(&problem, &visit.parts)
        };
        return visit.page_with(StatusCode::BAD_REQUEST, &revocation(visit, &key, typed, Some(view)));
    }
    visit.app.revoke_key(visit.tenant()?, &visit.actor(), key.id).await?;
    Ok(visit.go_and_tell(LIST, &Toast::done(format!("“{}” was revoked.", key.name))))
}

fn revocation(visit: &Visit, key: &KeyDetails, typed: &str, problem: Option<ProblemView>) -> ConfirmPage {
    let mut field =
        FieldView::plain("confirmation", format!("Type “{}” to confirm", key.name), Control::line(typed));
    field.required = true;
    if problem.is_some() {
        field.errors = vec![format!("Type the name as it is: {}", key.name)];
    }
    ConfirmPage {
        shell: visit.shell(&format!("Revoke {}", key.name)),
        question: format!("Revoke “{}”?", key.name),
        about: vec![format!(
            "Whatever still uses {}…{} is refused at once, and the key never works again. To change a system \
             over without an interruption, rotate the key instead.",
            key.prefix, key.last_four
        )],
        button: "Revoke the key".to_owned(),
        is_final: true,
        action: format!("{LIST}/{}/revoke", key.id),
        back: format!("{LIST}/{}", key.id),
        fields: vec![field],
        hidden: Vec::new(),
        problem,
    }
}
