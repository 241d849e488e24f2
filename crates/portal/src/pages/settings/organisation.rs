//! The organisation's own settings: what it is called, where it is, what it asks of its members.

use app::Organisation;
use askama::Template;
use axum::http::StatusCode;
use domain::staff::ORGANISATION;

use crate::components::{Asking, body_of, inputs_of};
use crate::display::Shown;
use crate::failure::PageError;
use crate::form::Form;
use crate::layout;
use crate::pages::edit::{Asked, Filled, form_page, refused};
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

const HERE: &str = "/settings/organisation";

#[derive(Template)]
#[template(path = "pages/settings/organisation.html")]
struct OrganisationPage {
    shell: Shell,
    name: String,
    groups: Vec<(&'static str, Vec<(String, Shown)>)>,
}

/// `GET /settings/organisation`
pub(super) async fn show(visit: &Visit) -> Page {
    let organisation = found(visit).await?;
    let record = organisation.record();
    let (place, limit) = (visit.place(), visit.app.quota_state(visit.tenant()?).await?.limit);
    let required = organisation.required_member_fields.iter().map(|name| words::label(name));
    let required: Vec<String> = required.collect();
    let value = |name: &str| {
        let field = ORGANISATION.field(name);
        let shown = field.map(|field| place.show(field, record.get(&ORGANISATION, name)));
        (words::label(name), shown.unwrap_or(Shown::Nothing))
    };
    let text = |label: &str, text: String| (label.to_owned(), Shown::Text(text));
    let plan = format!(
        "{}, {} an hour through the API",
        words::value(organisation.plan.name()),
        words::counted(u64::from(limit), "request", "requests")
    );
    visit.page(&OrganisationPage {
        shell: visit.shell("Organisation"),
        name: organisation.name.clone(),
        groups: vec![
            (
                "Organisation",
                vec![
                    value("name"),
                    value("country"),
                    text("Time zone", organisation.timezone.replace('_', " ")),
                    value("currency"),
                ],
            ),
            (
                "Plan",
                vec![
                    text("Plan", plan),
                    value("slug"),
                    text("With us since", place.moment(organisation.created_at)),
                ],
            ),
            (
                "Members",
                vec![(
                    words::label("requiredMemberFields"),
                    if required.is_empty() { Shown::Nothing } else { Shown::Text(required.join(", ")) },
                )],
            ),
        ],
    })
}

async fn found(visit: &Visit) -> Result<Organisation, PageError> {
    Ok(visit.app.own_organisation(visit.tenant()?).await?)
}

/// `GET /settings/organisation/edit`
pub(super) async fn edit(visit: &Visit) -> Page {
    let organisation = found(visit).await?;
    let zone = visit.place().zone;
    let asking = Asking { resource: &ORGANISATION, layout: &layout::ORGANISATION, zone: &zone };
    let form = inputs_of(&asking, &organisation.record());
    shown(visit, StatusCode::OK, Filled::with(&form))
}

fn shown(visit: &Visit, status: StatusCode, filled: Filled<'_>) -> Page {
    let asked = Asked {
        title: "Edit organisation".to_owned(),
        list: HERE.to_owned(),
        list_title: "Organisation".to_owned(),
        action: format!("{HERE}/edit"),
        back: HERE.to_owned(),
        button: "Save".to_owned(),
    };
    form_page(visit, &ORGANISATION, &layout::ORGANISATION, status, asked, 0, filled)
}

/// `POST /settings/organisation/edit`
pub(super) async fn save(visit: &Visit) -> Page {
    let organisation = found(visit).await?;
    let zone = visit.place().zone;
    let asking = Asking { resource: &ORGANISATION, layout: &layout::ORGANISATION, zone: &zone };
    let began: Form = inputs_of(&asking, &organisation.record());
    let body = body_of(&asking, &visit.form, Some(&began));
    match visit.app.change_organisation(visit.tenant()?, &visit.actor(), &body).await {
        Ok(_) => Ok(visit.go_and_tell(HERE, &Toast::done("The organisation was saved."))),
        Err(failure) => {
            let (status, problem, violations) = refused(visit, &ORGANISATION, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                ..Filled::with(&visit.form)
            };
            shown(visit, status, filled)
        }
    }
}
