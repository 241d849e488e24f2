//! Entering an organisation as support, with a reason that its audit log keeps, and leaving it.

use app::Organisation;
use axum::http::StatusCode;
use domain::Violation;
use domain::json::Object;
use domain::staff::SUPPORT;
use serde_json::json;

use super::{address, found, question, told};
use crate::components::{Control, FieldView, ProblemView};
use crate::pages::record::ConfirmPage;
use crate::shell::Toast;
use crate::visit::{Page, Visit};
use crate::words;

/// `GET /platform/{id}/support`
pub(crate) async fn ask_reason(visit: &Visit) -> Page {
    let it = found(visit).await?;
    visit.page(&asking(visit, &it, "", &[], None))
}

/// `POST /platform/{id}/support`
pub(crate) async fn enter(visit: &Visit) -> Page {
    let it = found(visit).await?;
    let reason = visit.form.get("reason").unwrap_or_default();
    let body = Object::from_iter([
        ("organisation".to_owned(), json!(it.id.to_string())),
        ("reason".to_owned(), json!(reason)),
    ]);
    match visit.app.enter_support(&visit.client(), &visit.session, &body).await {
        Ok(_) => {
            let toast = Toast::done(format!("You are in “{}” as support.", it.name));
            Ok(visit.go_and_tell("/", &toast))
        }
        Err(app::Failure::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::BAD_REQUEST);
            let view = told(visit, &problem);
            visit.page_with(status, &asking(visit, &it, reason, &problem.violations, Some(view)))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// `POST /platform/leave`
pub(crate) async fn leave(visit: &Visit) -> Page {
    visit.app.end_support(&visit.client(), &visit.session).await?;
    Ok(visit.go_and_tell("/platform", &Toast::done("You have left the organisation.")))
}

fn asking(
    visit: &Visit,
    it: &Organisation,
    reason: &str,
    violations: &[Violation],
    problem: Option<ProblemView>,
) -> ConfirmPage {
    let errors = violations
        .iter()
        .filter(|it| it.property_path == "reason")
        .map(|it| words::spoken(&SUPPORT, &it.message));
    let field = FieldView {
        required: true,
        help: "Such as the number of the customer's request.".to_owned(),
        errors: errors.collect(),
        ..FieldView::plain("reason", "Why", Control::Area { value: reason.to_owned(), rows: 2 })
    };
    let page = question(
        visit,
        &format!("Enter “{}” as support", it.name),
        "For 30 minutes at most, with all that its administrators may do. The reason and everything you do are in its \
         audit log, with your name.",
        "Enter as support",
        &address(it.id, "/support"),
        &address(it.id, ""),
    );
    ConfirmPage { fields: vec![field], problem, ..page }
}
