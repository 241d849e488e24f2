//! What is done with a webhook: a test, on and off, a new secret, sending what was missed.

use axum::http::StatusCode;
use domain::input::Mode;
use domain::json::Object;
use domain::resources::WEBHOOK;
use domain::{Problem, ProblemKind, Timestamp};
use serde_json::json;

use super::show_secret;
use crate::components::{Control, FieldView, ProblemView};
use crate::pages::record::{ConfirmPage, Found, moment_in};
use crate::shell::Toast;
use crate::visit::{Page, Visit};
use crate::words;

/// `POST /settings/webhooks/{id}/test`
pub(in super::super) async fn test(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let delivery = visit.app.test_webhook(visit.tenant()?, &visit.actor(), found.id).await?;
    let to = found.address(&format!("/deliveries/{delivery}"));
    Ok(visit.go_and_tell(&to, &Toast::done("The test is on its way.")))
}

/// `POST /settings/webhooks/{id}/switch`
pub(in super::super) async fn switch(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let on = visit.form.get("enabled") == Some("true");
    let body = Object::from_iter([("enabled".to_owned(), json!(on))]);
    let request = visit.write_request();
    visit.app.update(visit.tenant()?, request, &WEBHOOK, found.id, Mode::Patch, body).await?;
    let told = if on {
        "The webhook is on. Send the missed events when the receiver needs them."
    } else {
        "The webhook is off: nothing is sent."
    };
    Ok(visit.go_and_tell(&found.address(""), &Toast::done(told)))
}

/// `GET /settings/webhooks/{id}/rotate-secret`
pub(in super::super) async fn ask_rotation(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    visit.page(&ConfirmPage {
        shell: visit.shell(&format!("Rotate the secret of {}", found.title())),
        question: "Make a new signing secret?".to_owned(),
        about: vec![format!(
            "Deliveries to {} carry the signatures of both secrets for 24 hours. Give the new one to the receiver \
             within that time.",
            found.title()
        )],
        button: "Make the new secret".to_owned(),
        is_final: false,
        action: found.address("/rotate-secret"),
        back: found.address(""),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem: None,
    })
}

/// `POST /settings/webhooks/{id}/rotate-secret`
pub(in super::super) async fn rotate(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let made = visit.app.rotate_secret(visit.tenant()?, &visit.actor(), &WEBHOOK, found.id).await?;
    let until = visit.place().moment(made.previous_expires_at);
    let note = format!("The secret before signs too until {until}.");
    show_secret(visit, found.id, &found.title(), made.secret, Some(note))
}

/// `GET /settings/webhooks/{id}/recover`
pub(in super::super) async fn ask_recovery(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let failing = found.record.timestamp(&WEBHOOK, "failingSince");
    let since = failing.unwrap_or_else(|| found.now.plus_seconds(-24 * 3_600));
    let typed = visit.place().typed(since);
    visit.page(&recovery(visit, &found, &typed, None))
}

/// `POST /settings/webhooks/{id}/recover`
pub(in super::super) async fn recover(visit: &Visit) -> Page {
    let found = Found::of(visit, &WEBHOOK).await?;
    let typed = visit.form.get("since").unwrap_or_default();
    let wrong = match moment_in(typed, &visit.place().zone) {
        None => "Choose a date and time",
        Some(since) if since > found.now => "Choose a moment that has passed",
        Some(since) => return recovered(visit, &found, typed, since).await,
    };
    let problem = ProblemView::new(&Problem::new(ProblemKind::ValidationError, wrong), &visit.parts);
    visit.page_with(StatusCode::BAD_REQUEST, &recovery(visit, &found, typed, Some(problem)))
}

async fn recovered(visit: &Visit, found: &Found, typed: &str, since: Timestamp) -> Page {
    let done = visit.app.recover_deliveries(visit.tenant()?, &visit.actor(), found.id, since).await;
    match done {
        Ok(queued) => {
            let events = words::counted(queued, "event is", "events are");
            Ok(visit.go_and_tell(&found.address("/deliveries"), &Toast::done(format!("{events} sent now."))))
        }
        Err(failure) if failure.problem().kind == ProblemKind::RuleViolation => {
            let problem = Problem::rule("The webhook is switched off", "Switch it on first.");
            let problem = ProblemView::new(&problem, &visit.parts);
            visit.page_with(StatusCode::CONFLICT, &recovery(visit, found, typed, Some(problem)))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn recovery(visit: &Visit, found: &Found, typed: &str, problem: Option<ProblemView>) -> ConfirmPage {
    let zone = visit.place().zone.iana_name().unwrap_or("UTC").replace('_', " ");
    let since = FieldView {
        required: true,
        help: format!("In the time zone {zone}. Events are kept for 30 days."),
        errors: problem.iter().map(|problem| problem.detail.clone()).collect(),
        ..FieldView::plain("since", "Since", Control::typed("datetime-local", typed))
    };
    ConfirmPage {
        shell: visit.shell(&format!("Send missed events to {}", found.title())),
        question: "Send missed events".to_owned(),
        about: vec![
            "Sends again what failed since then, and what was never sent because the webhook was off."
                .to_owned(),
        ],
        button: "Send them".to_owned(),
        is_final: false,
        action: found.address("/recover"),
        back: found.address(""),
        fields: vec![since],
        hidden: Vec::new(),
        problem,
    }
}
