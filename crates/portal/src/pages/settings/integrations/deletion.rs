//! Deleting an integration, once its name was typed and what goes with it was said.

use axum::http::StatusCode;
use domain::Problem;
use domain::ProblemKind;
use domain::resources::{INTEGRATION, WEBHOOK};

use super::{LIST, keys_of, webhooks_of};
use crate::components::{Control, FieldView, ProblemView};
use crate::failure::PageError;
use crate::pages::record::{ConfirmPage, Found};
use crate::shell::Toast;
use crate::visit::{Page, Visit};

/// `GET /settings/integrations/{id}/delete`
pub(in super::super) async fn ask(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    visit.page(&question(visit, &found, "", None).await?)
}

/// `POST /settings/integrations/{id}/delete`
pub(in super::super) async fn delete(visit: &Visit) -> Page {
    let found = Found::of(visit, &INTEGRATION).await?;
    let (name, typed) = (found.title(), visit.form.get("confirmation").unwrap_or_default().trim());
    if typed != name {
        let problem = Problem::new(ProblemKind::ValidationError, "The name was not typed as it is");
        let view = ProblemView {
            title: "The integration is still there".to_owned(),
            ..ProblemView::new(&problem, &visit.parts)
        };
        let page = question(visit, &found, typed, Some(view)).await?;
        return visit.page_with(StatusCode::BAD_REQUEST, &page);
    }
    visit.app.delete(visit.tenant()?, visit.write_request(), &INTEGRATION, found.id).await?;
    let told = format!("“{name}” was deleted. Its keys are revoked and its webhooks are off.");
    Ok(visit.go_and_tell(LIST, &Toast::done(told)))
}

async fn question(
    visit: &Visit,
    found: &Found,
    typed: &str,
    problem: Option<ProblemView>,
) -> Result<ConfirmPage, PageError> {
    let (name, now) = (found.title(), visit.app.now());
    let keys = keys_of(visit, found.id).await?.into_iter().filter(|key| key.is_valid(now));
    let keys: Vec<String> = keys.map(|key| format!("“{}”", key.name)).collect();
    let hooks = webhooks_of(visit, found.id).await?;
    let hooks: Vec<&str> = hooks.iter().filter_map(|hook| hook.text(&WEBHOOK, "url")).collect();
    let mut about = vec![
        "Its field mapping and its sync log are gone for good. Records that it has brought stay as they are."
            .to_owned(),
    ];
    if !keys.is_empty() {
        about.push(format!("Its keys are revoked at once, and never work again: {}.", keys.join(", ")));
    }
    if !hooks.is_empty() {
        about.push(format!(
            "Its webhooks are switched off, and can be switched on again by themselves: {}.",
            hooks.join(", ")
        ));
    }
    let mut field =
        FieldView::plain("confirmation", format!("Type “{name}” to confirm"), Control::line(typed));
    field.required = true;
    if problem.is_some() {
        field.errors = vec![format!("Type the name as it is: {name}")];
    }
    Ok(ConfirmPage {
        shell: visit.shell(&format!("Delete {name}")),
        question: format!("Delete “{name}”?"),
        about,
        button: "Delete integration".to_owned(),
        is_final: true,
        action: found.address("/delete"),
        back: found.address(""),
        fields: vec![field],
        hidden: Vec::new(),
        problem,
    })
}
