//! The organisation's staff: who there is, adding somebody, what they may do, and keeping somebody out.

use app::User;
use askama::Template;
use axum::http::StatusCode;
use domain::json::Object;
use domain::staff::{NEW_PASSWORD, NEW_USER, USER};
use domain::{Problem, ProblemKind, UserId};
use serde_json::json;

use super::secret::{self, Made};
use crate::components::{Asking, Control, FieldView, ProblemView, SecretView, body_of, inputs_of};
use crate::display::Shown;
use crate::failure::PageError;

use crate::layout;
use crate::pages::edit::{Asked, Filled, begun, form_page, refused};
use crate::pages::record::ConfirmPage;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

const LIST: &str = "/settings/users";

#[derive(Template)]
#[template(path = "pages/settings/users.html")]
struct UsersPage {
    shell: Shell,
    users: Vec<UserView>,
}

/// A member of staff as listed.
struct UserView {
    href: String,
    name: String,
    email: String,
    role: String,
    status: Shown,
    is_active: bool,
    /// Whether it is who looks at the page.
    is_own: bool,
    last_login: String,
    added: String,
}

fn view(visit: &Visit, user: &User) -> UserView {
    let place = visit.place();
    UserView {
        href: format!("{LIST}/{}", user.id),
        name: called(user),
        email: user.email.clone(),
        role: words::value(user.role.name()),
        status: Shown::Badge { text: words::value(&user.status), tone: words::tone(&user.status) },
        is_active: user.status == "active",
        is_own: visit.session.user.id == user.id,
        last_login: user.last_login_at.map_or_else(|| "Never".to_owned(), |at| place.moment(at)),
        added: place.moment(user.created_at),
    }
}

/// How somebody is called: by the name, or by the address where there is none.
fn called(user: &User) -> String {
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.is_empty() { user.email.clone() } else { name }
}

/// `GET /settings/users`
pub(super) async fn list(visit: &Visit) -> Page {
    let users = visit.app.users(visit.tenant()?.organisation().id).await?;
    visit.page(&UsersPage {
        shell: visit.shell("Staff"),
        users: users.iter().map(|user| view(visit, user)).collect(),
    })
}

#[derive(Template)]
#[template(path = "pages/settings/user.html")]
struct UserPage {
    shell: Shell,
    user: UserView,
    rights: Vec<String>,
}

/// `GET /settings/users/{id}`
pub(super) async fn one(visit: &Visit) -> Page {
    let user = found(visit).await?;
    let rights = domain::access::matrix(visit.app.registry()).into_iter();
    visit.page(&UserPage {
        shell: visit.shell(&called(&user)),
        rights: rights.filter(|row| row.allows(user.role)).map(|row| row.doc).collect(),
        user: view(visit, &user),
    })
}

async fn found(visit: &Visit) -> Result<User, PageError> {
    Ok(visit.app.user(visit.tenant()?, visit.id::<UserId>()?).await?)
}

/// `GET /settings/users/new`
pub(super) fn blank(visit: &Visit) -> Page {
    let form = begun(visit, &NEW_USER, &layout::NEW_USER)?;
    form_page(visit, &NEW_USER, &layout::NEW_USER, StatusCode::OK, new_user(), 0, Filled::with(&form))
}

fn new_user() -> Asked {
    Asked {
        title: "New member of staff".to_owned(),
        list: LIST.to_owned(),
        list_title: "Staff".to_owned(),
        action: format!("{LIST}/new"),
        back: LIST.to_owned(),
        button: "Add to the staff".to_owned(),
    }
}

/// `POST /settings/users/new`
pub(super) async fn create(visit: &Visit) -> Page {
    let zone = visit.place().zone;
    let asking = Asking { resource: &NEW_USER, layout: &layout::NEW_USER, zone: &zone };
    let mut body = body_of(&asking, &visit.form, None);
    let (password, was_made) = password(visit)?;
    body.insert("password".to_owned(), json!(password));
    match visit.app.add_user(visit.tenant()?, visit.actor(), &body).await {
        Ok(user) if was_made => show_password(visit, &user, password),
        Ok(user) => {
            let told = format!("{} can sign in now.", called(&user));
            Ok(visit.go_and_tell(&format!("{LIST}/{}", user.id), &Toast::done(told)))
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &NEW_USER, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                ..Filled::with(&visit.form)
            };
            form_page(visit, &NEW_USER, &layout::NEW_USER, status, new_user(), 0, filled)
        }
    }
}

/// The password that was typed, blanks included, or one that is made; and whether it was.
fn password(visit: &Visit) -> Result<(String, bool), PageError> {
    match visit.form.get("password").filter(|typed| !typed.is_empty()) {
        Some(typed) => Ok((typed.to_owned(), false)),
        None => Ok((visit.app.temporary_password()?, true)),
    }
}

fn show_password(visit: &Visit, user: &User, password: String) -> Page {
    let name = called(user);
    secret::shown(
        visit,
        Made {
            title: name.clone(),
            list: LIST,
            list_title: "Staff",
            secret: SecretView {
                label: "Password".to_owned(),
                secret: password,
                about: format!(
                    "Give it to {name} in person or by phone. They sign in at {}/login with {}.",
                    visit.config.public_url, user.email
                ),
                curl: String::new(),
            },
            notes: Vec::new(),
            back: (secret::STORED.to_owned(), format!("{LIST}/{}", user.id)),
            more: None,
        },
    )
}

/// `GET /settings/users/{id}/edit`
pub(super) async fn edit(visit: &Visit) -> Page {
    let user = found(visit).await?;
    let zone = visit.place().zone;
    let form = inputs_of(&Asking { resource: &USER, layout: &layout::USER, zone: &zone }, &user.record());
    form_page(visit, &USER, &layout::USER, StatusCode::OK, edited(&user), 0, Filled::with(&form))
}

fn edited(user: &User) -> Asked {
    Asked {
        title: format!("Edit {}", called(user)),
        list: LIST.to_owned(),
        list_title: "Staff".to_owned(),
        action: format!("{LIST}/{}/edit", user.id),
        back: format!("{LIST}/{}", user.id),
        button: "Save".to_owned(),
    }
}

/// `POST /settings/users/{id}/edit`
pub(super) async fn save(visit: &Visit) -> Page {
    let user = found(visit).await?;
    let zone = visit.place().zone;
    let asking = Asking { resource: &USER, layout: &layout::USER, zone: &zone };
    let body = body_of(&asking, &visit.form, Some(&inputs_of(&asking, &user.record())));
    match visit.app.change_user(visit.tenant()?, &visit.actor(), user.id, &body).await {
        Ok(changed) => {
            let told = format!("“{}” was saved.", called(&changed));
            Ok(visit.go_and_tell(&format!("{LIST}/{}", user.id), &Toast::done(told)))
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &USER, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                ..Filled::with(&visit.form)
            };
            form_page(visit, &USER, &layout::USER, status, edited(&user), 0, filled)
        }
    }
}

/// What is done with somebody after a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    Suspend,
    Remove,
    SignOut,
}

/// `GET /settings/users/{id}/suspend` and its like
pub(super) async fn ask(visit: &Visit, deed: Deed) -> Page {
    let user = found(visit).await?;
    visit.page(&question(visit, &user, deed, None))
}

/// `POST /settings/users/{id}/suspend` and its like
pub(super) async fn act(visit: &Visit, deed: Deed) -> Page {
    let (user, tenant, actor) = (found(visit).await?, visit.tenant()?, visit.actor());
    let name = called(&user);
    let done = match deed {
        Deed::Suspend => set_status(visit, &user, "suspended").await,
        Deed::Remove => visit.app.remove_user(tenant, &actor, user.id).await,
        Deed::SignOut => visit.app.sign_user_out(tenant, &actor, user.id).await,
    };
    if let Err(failure) = done {
        let failure = PageError::from(failure);
        if failure.problem.kind != ProblemKind::RuleViolation {
            return Err(failure);
        }
        let problem = ProblemView::new(&failure.problem, &visit.parts);
        return visit.page_with(StatusCode::CONFLICT, &question(visit, &user, deed, Some(problem)));
    }
    let here = format!("{LIST}/{}", user.id);
    let (to, told) = match deed {
        Deed::Suspend => (here, format!("{name} is suspended and signed out everywhere.")),
        Deed::Remove => (LIST.to_owned(), format!("{name} is no longer on the staff.")),
        Deed::SignOut => (here, format!("{name} is signed out everywhere.")),
    };
    Ok(visit.go_and_tell(&to, &Toast::done(told)))
}

fn question(visit: &Visit, user: &User, deed: Deed, problem: Option<ProblemView>) -> ConfirmPage {
    let name = called(user);
    let (question, about, button, path) = match deed {
        Deed::Suspend => (
            format!("Suspend {name}?"),
            "They are signed out everywhere at once and cannot sign in until you activate them again.",
            "Suspend",
            "suspend",
        ),
        Deed::Remove => (
            format!("Remove {name} from the staff?"),
            "The account is gone for good. What they did stays in the audit log.",
            "Remove",
            "delete",
        ),
        Deed::SignOut => (
            format!("Sign {name} out everywhere?"),
            "Every browser in which they are signed in asks for the password again.",
            "Sign out everywhere",
            "sign-out",
        ),
    };
    ConfirmPage {
        shell: visit.shell(&question),
        question,
        about: vec![about.to_owned()],
        button: button.to_owned(),
        is_final: deed != Deed::SignOut,
        action: format!("{LIST}/{}/{path}", user.id),
        back: format!("{LIST}/{}", user.id),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem,
    }
}

async fn set_status(visit: &Visit, user: &User, status: &str) -> Result<(), app::Failure> {
    let body = Object::from_iter([("status".to_owned(), json!(status))]);
    let tenant = visit.tenant().map_err(|failure| app::Failure::Problem(failure.problem))?;
    visit.app.change_user(tenant, &visit.actor(), user.id, &body).await.map(drop)
}

/// `POST /settings/users/{id}/activate`
pub(super) async fn activate(visit: &Visit) -> Page {
    let user = found(visit).await?;
    set_status(visit, &user, "active").await?;
    let told = format!("{} can sign in again.", called(&user));
    Ok(visit.go_and_tell(&format!("{LIST}/{}", user.id), &Toast::done(told)))
}

/// `GET /settings/users/{id}/password`
pub(super) async fn ask_password(visit: &Visit) -> Page {
    let user = found(visit).await?;
    visit.page(&new_password(visit, &user, None, Vec::new()))
}

/// `POST /settings/users/{id}/password`
pub(super) async fn reset_password(visit: &Visit) -> Page {
    let user = found(visit).await?;
    let (password, was_made) = password(visit)?;
    let body = Object::from_iter([("password".to_owned(), json!(password))]);
    let own = visit.session.user.id;
    match visit.app.reset_password(visit.tenant()?, &visit.actor(), own, user.id, &body).await {
        Ok(()) if was_made => show_password(visit, &user, password),
        Ok(()) => {
            let told = format!("{} has a new password and is signed out everywhere.", called(&user));
            Ok(visit.go_and_tell(&format!("{LIST}/{}", user.id), &Toast::done(told)))
        }
        Err(failure) if failure.problem().kind == ProblemKind::RuleViolation => {
            let problem = Problem::rule("This is your own account", "Ask another administrator to do it.");
            let problem = ProblemView::new(&problem, &visit.parts);
            visit.page_with(StatusCode::CONFLICT, &new_password(visit, &user, Some(problem), Vec::new()))
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &NEW_PASSWORD, failure.into());
            let errors = violations.into_iter().map(|it| it.message).collect();
            visit.page_with(status, &new_password(visit, &user, Some(problem), errors))
        }
    }
}

fn new_password(
    visit: &Visit,
    user: &User,
    problem: Option<ProblemView>,
    errors: Vec<String>,
) -> ConfirmPage {
    let name = called(user);
    let field = FieldView {
        help:
            "At least 8 characters with an upper-case letter and a digit. One is made and shown to you when \
               left empty."
                .to_owned(),
        errors,
        ..FieldView::plain("password", "New password", Control::typed("password", ""))
    };
    ConfirmPage {
        shell: visit.shell(&format!("New password for {name}")),
        question: format!("New password for {name}"),
        about: vec!["They are signed out everywhere and sign in with the new one.".to_owned()],
        button: "Set the password".to_owned(),
        is_final: false,
        action: format!("{LIST}/{}/password", user.id),
        back: format!("{LIST}/{}", user.id),
        fields: vec![field],
        hidden: vec![("username".to_owned(), user.email.clone())],
        problem,
    }
}
