//! The own account: who one is here, the password, and signing out everywhere.

use askama::Template;
use axum::http::{StatusCode, header};
use domain::json::Object;
use domain::staff::PASSWORD_CHANGE;
use domain::{Problem, ProblemKind, Violation};
use serde_json::json;

use crate::components::{Control, FieldView, ProblemView};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    shell: Shell,
    facts: Vec<(&'static str, String)>,
    fields: Vec<FieldView>,
    problem: Option<ProblemView>,
}

/// `GET /account`
pub(crate) fn show(visit: &Visit) -> Page {
    account(visit, StatusCode::OK, None)
}

fn account(visit: &Visit, status: StatusCode, problem: Option<&Problem>) -> Page {
    let shell = visit.shell("My account");
    let facts = vec![
        ("Name", shell.user.clone()),
        ("Email", shell.email.clone()),
        ("Role", shell.role.to_owned()),
        ("Signed in", visit.place().moment(visit.session.created_at)),
    ];
    let violations = problem.map(|it| it.violations.as_slice()).unwrap_or_default();
    let field = |name: &'static str, label: &str, help: &str| FieldView {
        required: true,
        help: help.to_owned(),
        errors: violations.iter().filter(|it| it.property_path == name).map(|it| said(&it.message)).collect(),
        ..FieldView::plain(name, label, Control::typed("password", ""))
    };
    let rule = "At least 8 characters, with an upper-case letter and a digit.";
    let fields = vec![
        field("currentPassword", "Present password", ""),
        FieldView { name: "newPassword".to_owned(), ..field("password", "New password", rule) },
        field("again", "New password once more", ""),
    ];
    let problem = problem.map(|problem| {
        let mut view = ProblemView::new(problem, &visit.parts);
        if !violations.is_empty() {
            "The password was not changed".clone_into(&mut view.title);
            view.detail.clear();
        }
        view
    });
    visit.page_with(status, &AccountPage { shell, facts, fields, problem })
}

/// A message about a field in the words of the form.
fn said(message: &str) -> String {
    words::spoken(&PASSWORD_CHANGE, message)
}

/// `POST /account/password`
pub(crate) async fn change_password(visit: &Visit) -> Page {
    let typed = |name: &str| visit.form.get(name).unwrap_or_default();
    if typed("newPassword") != typed("again") {
        let violation = Violation::new("again", "invalid_value", "This is not the same as the new password.");
        return account(visit, StatusCode::BAD_REQUEST, Some(&Problem::validation(vec![violation])));
    }
    let body = Object::from_iter([
        ("currentPassword".to_owned(), json!(typed("currentPassword"))),
        ("password".to_owned(), json!(typed("newPassword"))),
    ]);
    match visit.app.change_password(&visit.client(), &visit.session, &body).await {
        Ok(()) => {
            let told = Toast::done("Your password was changed. Sign in with the new one.");
            Ok(signed_out(visit, &told))
        }
        Err(app::Failure::Problem(problem))
            if matches!(problem.kind, ProblemKind::ValidationError | ProblemKind::RateLimitExceeded) =>
        {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::BAD_REQUEST);
            account(visit, status, Some(&problem))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// `POST /logout/everywhere`
pub(crate) async fn sign_out_everywhere(visit: &Visit) -> Page {
    visit.app.sign_out_everywhere(&visit.client(), &visit.session).await?;
    Ok(signed_out(visit, &Toast::done("You are signed out on every device.")))
}

/// Leads to the sign-in, which says why. What the browser has kept of the pages is nobody's business any
/// more.
fn signed_out(visit: &Visit, told: &Toast) -> axum::response::Response {
    let mut response = visit.go_and_tell("/login", told);
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, visit.cookie().clear());
    headers.insert("clear-site-data", axum::http::HeaderValue::from_static("\"cache\""));
    response
}
