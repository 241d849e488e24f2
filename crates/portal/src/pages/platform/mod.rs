//! The platform, for its operators: organisations, their plans, and entering one as support with a reason.

mod organisation;
mod support;

use std::collections::HashMap;

use app::{Organisation, Plan};
use askama::Template;
use axum::http::StatusCode;
use domain::json::Object;
use domain::staff::NEW_ORGANISATION;
use domain::{OrganisationId, Problem, ProblemKind, Violation};
use serde_json::json;

use super::record::ConfirmPage;
use crate::components::{Control, FieldView, ProblemView};
use crate::failure::PageError;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

pub(crate) use organisation::{change_plan, choose_plan, close, confirm_close, show};
pub(crate) use support::{ask_reason, enter, leave};

/// All organisations.
#[derive(Template)]
#[template(path = "pages/platform.html")]
struct PlatformPage {
    shell: Shell,
    rows: Vec<Row>,
}

/// An organisation in the list.
struct Row {
    href: String,
    name: String,
    slug: String,
    plan: String,
    created: String,
    state: (&'static str, &'static str),
}

/// Whether an organisation is open, and in which colour that is said.
fn state(organisation: &Organisation) -> (&'static str, &'static str) {
    if organisation.closed_at.is_some() { ("Closed", "red") } else { ("Open", "green") }
}

fn address(id: OrganisationId, page: &str) -> String {
    format!("/platform/{id}{page}")
}

/// The organisation that the address names.
async fn found(visit: &Visit) -> Result<Organisation, PageError> {
    let id = visit.parts.uri.path().split('/').nth(2).and_then(|segment| segment.parse().ok());
    let id: OrganisationId = id.ok_or_else(Problem::not_found)?;
    Ok(visit.app.organisation_by_id(id).await?)
}

/// `GET /platform`
pub(crate) async fn list(visit: &Visit) -> Page {
    let place = visit.place();
    let organisations = visit.app.organisations().await?;
    let rows = organisations.iter().map(|it| Row {
        href: address(it.id, ""),
        name: it.name.clone(),
        slug: it.slug.clone(),
        plan: words::value(it.plan.name()),
        created: place.moment(it.created_at),
        state: state(it),
    });
    visit.page(&PlatformPage { shell: visit.shell("Organisations"), rows: rows.collect() })
}

/// The fields of a new organisation: names, labels, help.
const ASKED: &[(&str, &str, &str)] = &[
    ("name", "Name", ""),
    (
        "slug",
        "Short name",
        "Lower-case letters, digits and hyphens, for addresses and commands. Made from the name when left empty.",
    ),
    ("plan", "Plan", "Sets how many API requests an hour it has."),
    ("timezone", "Time zone", ""),
    ("currency", "Currency", "Three letters, such as AUD."),
    ("country", "Country", "Phone numbers without a country code are read as numbers of it."),
];

/// `GET /platform/new`
pub(crate) fn blank(visit: &Visit) -> Page {
    visit.page(&form(visit, &HashMap::new(), None))
}

/// `POST /platform/new`
pub(crate) async fn create(visit: &Visit) -> Page {
    let mut body = Object::new();
    let mut typed = HashMap::new();
    for (name, ..) in ASKED {
        let text = visit.form.get(name).unwrap_or_default().trim();
        typed.insert(*name, text.to_owned());
        if !text.is_empty() {
            body.insert((*name).to_owned(), json!(text));
        }
    }
    match visit.app.add_organisation(&visit.actor(), &body).await {
        Ok(made) => {
            let toast = Toast::done(format!(
                "“{}” was created. Its first administrator is made by command.",
                made.name
            ));
            Ok(visit.go_and_tell(&address(made.id, ""), &toast))
        }
        Err(app::Failure::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.entry().status).unwrap_or(StatusCode::BAD_REQUEST);
            visit.page_with(status, &form(visit, &typed, Some(&problem)))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn form(visit: &Visit, typed: &HashMap<&str, String>, problem: Option<&Problem>) -> ConfirmPage {
    let violations = problem.map(|it| it.violations.as_slice()).unwrap_or_default();
    let field = |(name, label, help): &(&str, &str, &str)| {
        let defined = NEW_ORGANISATION.field(name);
        let begins = match defined.map(|field| field.default) {
            Some(domain::definition::Default::Text(text)) => text,
            _ => "",
        };
        let value = typed.get(name).map_or(begins, String::as_str);
        let control = defined.map_or_else(|| Control::line(value), |field| Control::of(field, value, ""));
        FieldView {
            help: (*help).to_owned(),
            required: *name == "name",
            errors: errors_of(violations, name),
            ..FieldView::plain(*name, *label, control)
        }
    };
    ConfirmPage {
        fields: ASKED.iter().map(field).collect(),
        problem: problem.map(|problem| told(visit, problem)),
        ..question(
            visit,
            "New organisation",
            "With a production and a sandbox data set of its own.",
            "Create organisation",
            "/platform/new",
            "/platform",
        )
    }
}

fn errors_of(violations: &[Violation], name: &str) -> Vec<String> {
    let own = violations.iter().filter(|it| it.property_path == name);
    own.map(|it| words::spoken(&NEW_ORGANISATION, &it.message)).collect()
}

/// A refusal; what is wrong with fields is said at them.
fn told(visit: &Visit, problem: &Problem) -> ProblemView {
    let mut view = ProblemView::new(problem, &visit.parts);
    if problem.kind == ProblemKind::ValidationError {
        "Some fields are to be mended".clone_into(&mut view.title);
        view.detail.clear();
    }
    view
}

fn question(
    visit: &Visit,
    question: &str,
    about: &str,
    button: &str,
    action: &str,
    back: &str,
) -> ConfirmPage {
    ConfirmPage {
        shell: visit.shell(question),
        question: question.to_owned(),
        about: vec![about.to_owned()],
        button: button.to_owned(),
        is_final: false,
        action: action.to_owned(),
        back: back.to_owned(),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem: None,
    }
}

/// The choice of a plan.
fn plans(chosen: &str) -> Control {
    let plans = Plan::ALL.iter().map(|plan| (plan.name().to_owned(), words::value(plan.name())));
    Control::select(plans, chosen, false)
}
