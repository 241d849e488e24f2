//! One organisation, as an operator sees it: its settings, another plan, its end.

use app::Organisation;
use askama::Template;
use axum::http::StatusCode;
use domain::json::Object;
use serde_json::json;

use super::{address, found, plans, question, state, told};
use crate::components::Control;
use crate::components::{FieldView, ProblemView};
use crate::display;
use crate::pages::record::ConfirmPage;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/platform_organisation.html")]
struct OrganisationPage {
    shell: Shell,
    name: String,
    state: (&'static str, &'static str),
    is_open: bool,
    here: String,
    facts: Vec<(&'static str, String)>,
}

/// `GET /platform/{id}`
pub(crate) async fn show(visit: &Visit) -> Page {
    let it = found(visit).await?;
    let place = visit.place();
    let mut facts = vec![
        ("Short name", it.slug.clone()),
        ("Plan", words::value(it.plan.name())),
        ("Time zone", it.timezone.replace('_', " ")),
        ("Currency", it.currency.clone()),
        ("Country", display::country(&it.country)),
        ("Created", place.moment(it.created_at)),
    ];
    facts.extend(it.closed_at.map(|closed| ("Closed", place.moment(closed))));
    visit.page(&OrganisationPage {
        shell: visit.shell(&it.name),
        name: it.name.clone(),
        state: state(&it),
        is_open: it.closed_at.is_none(),
        here: address(it.id, ""),
        facts,
    })
}

/// `GET /platform/{id}/plan`
pub(crate) async fn choose_plan(visit: &Visit) -> Page {
    let it = found(visit).await?;
    visit.page(&plan_form(visit, &it, it.plan.name(), None))
}

/// `POST /platform/{id}/plan`
pub(crate) async fn change_plan(visit: &Visit) -> Page {
    let it = found(visit).await?;
    let wanted = visit.form.get("plan").unwrap_or_default();
    let body = Object::from_iter([("plan".to_owned(), json!(wanted))]);
    match visit.app.change_plan(&visit.actor(), it.id, &body).await {
        Ok(changed) => {
            let plan = words::value(changed.plan.name()).to_lowercase();
            let toast = Toast::done(format!("“{}” has the {plan} plan now.", it.name));
            Ok(visit.go_and_tell(&address(it.id, ""), &toast))
        }
        Err(app::Failure::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::BAD_REQUEST);
            let view = told(visit, &problem);
            visit.page_with(status, &plan_form(visit, &it, wanted, Some(view)))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn plan_form(visit: &Visit, it: &Organisation, chosen: &str, problem: Option<ProblemView>) -> ConfirmPage {
    let here = address(it.id, "");
    let page = question(
        visit,
        &format!("Plan of “{}”", it.name),
        "Its limit of API requests changes with its next hour.",
        "Change the plan",
        &address(it.id, "/plan"),
        &here,
    );
    ConfirmPage { fields: vec![FieldView::plain("plan", "Plan", plans(chosen))], problem, ..page }
}

/// `GET /platform/{id}/close`
pub(crate) async fn confirm_close(visit: &Visit) -> Page {
    let it = found(visit).await?;
    visit.page(&closing(visit, &it, Vec::new()))
}

/// `POST /platform/{id}/close`
pub(crate) async fn close(visit: &Visit) -> Page {
    let it = found(visit).await?;
    let typed = visit.form.get("confirm").unwrap_or_default().trim();
    if typed != it.slug {
        let wrong = vec![format!("Type {} to go on.", it.slug)];
        return visit.page_with(StatusCode::BAD_REQUEST, &closing(visit, &it, wrong));
    }
    visit.app.close_organisation(&visit.actor(), &it).await?;
    let toast = Toast::done(format!("“{}” is closed.", it.name));
    Ok(visit.go_and_tell(&address(it.id, ""), &toast))
}

fn closing(visit: &Visit, it: &Organisation, errors: Vec<String>) -> ConfirmPage {
    let confirm = FieldView {
        required: true,
        errors,
        ..FieldView::plain("confirm", format!("Type {} to confirm", it.slug), Control::line(""))
    };
    let page = question(
        visit,
        &format!("Close “{}”?", it.name),
        "Its staff are signed out, its API keys are refused from now on. Its data stays, and can be exported by \
         command.",
        "Close the organisation",
        &address(it.id, "/close"),
        &address(it.id, ""),
    );
    ConfirmPage { is_final: true, fields: vec![confirm], ..page }
}
