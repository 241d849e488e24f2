//! The sandbox: filled with sample data, and emptied. Offered to those who manage the organisation; in
//! production there is nothing here but the way to the sandbox.

use std::time::Duration;

use app::Environment;
use askama::Template;
use axum::http::StatusCode;

use super::record::ConfirmPage;
use crate::components::{Control, FieldView, ProblemView};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

/// How long one request empties; a large sandbox takes several.
const EMPTYING: Duration = Duration::from_secs(15);
/// What is typed to empty it.
const WORD: &str = "empty";

#[derive(Template)]
#[template(path = "pages/sandbox.html")]
struct SandboxPage {
    shell: Shell,
    is_sandbox: bool,
}

/// `GET /sandbox`
pub(crate) fn show(visit: &Visit) -> Page {
    let is_sandbox = visit.tenant()?.environment() == Environment::Sandbox;
    visit.page(&SandboxPage { shell: visit.shell("Sandbox"), is_sandbox })
}

/// `GET /sandbox/fill`
pub(crate) fn confirm_fill(visit: &Visit) -> Page {
    visit.tenant()?;
    visit.page(&filling(visit, None))
}

/// `POST /sandbox/fill`
pub(crate) async fn fill(visit: &Visit) -> Page {
    match visit.app.fill_sandbox(visit.tenant()?, &visit.actor()).await {
        Ok(count) => {
            let many = words::counted(count as u64, "record", "records");
            Ok(visit.go_and_tell("/", &Toast::done(format!("The sandbox has {many} to try things out on."))))
        }
        Err(app::Failure::Problem(problem)) => {
            let view = ProblemView::new(&problem, &visit.parts);
            visit.page_with(StatusCode::CONFLICT, &filling(visit, Some(view)))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn filling(visit: &Visit, problem: Option<ProblemView>) -> ConfirmPage {
    question(
        visit,
        "Fill the sandbox with sample data?",
        "It gets 500 members, 24 events and 12 courses of an invented association. Webhooks of the sandbox hear of \
         each.",
        "Fill the sandbox",
        "/sandbox/fill",
        problem,
    )
}

/// `GET /sandbox/empty`
pub(crate) fn confirm_empty(visit: &Visit) -> Page {
    visit.tenant()?;
    visit.page(&emptying(visit, None, &[]))
}

/// `POST /sandbox/empty`
pub(crate) async fn empty(visit: &Visit) -> Page {
    let typed = visit.form.get("confirm").unwrap_or_default().trim().to_lowercase();
    if typed != WORD {
        let wrong = [format!("Type {WORD} to go on.")];
        return visit.page_with(StatusCode::BAD_REQUEST, &emptying(visit, None, &wrong));
    }
    match visit.app.empty_sandbox(visit.tenant()?, &visit.actor(), EMPTYING).await {
        Ok(emptied) => {
            let many = words::counted(emptied.deleted as u64, "record was", "records were");
            let toast = if emptied.complete {
                Toast::done(format!("The sandbox is empty: {many} deleted."))
            } else {
                Toast {
                    good: false,
                    text: format!("{many} deleted, and there are more: empty it once more."),
                }
            };
            Ok(visit.go_and_tell("/sandbox", &toast))
        }
        Err(app::Failure::Problem(problem)) => {
            let view = ProblemView::new(&problem, &visit.parts);
            visit.page_with(StatusCode::CONFLICT, &emptying(visit, Some(view), &[]))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn emptying(visit: &Visit, problem: Option<ProblemView>, errors: &[String]) -> ConfirmPage {
    let confirm = FieldView {
        required: true,
        errors: errors.to_vec(),
        ..FieldView::plain("confirm", format!("Type {WORD} to confirm"), Control::line(""))
    };
    let page = question(
        visit,
        "Empty the sandbox?",
        "Every member, event and course of the sandbox is deleted, whatever rules protect it. Production is not \
         touched; users, keys and webhooks stay.",
        "Empty the sandbox",
        "/sandbox/empty",
        problem,
    );
    ConfirmPage { is_final: true, fields: vec![confirm], ..page }
}

fn question(
    visit: &Visit,
    question: &str,
    about: &str,
    button: &str,
    action: &str,
    problem: Option<ProblemView>,
) -> ConfirmPage {
    ConfirmPage {
        shell: visit.shell(question),
        question: question.to_owned(),
        about: vec![about.to_owned()],
        button: button.to_owned(),
        is_final: false,
        action: action.to_owned(),
        back: "/sandbox".to_owned(),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem,
    }
}
