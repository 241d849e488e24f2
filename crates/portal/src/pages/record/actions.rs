//! What is done with a record beside editing it: delete, change its status, copy it, schedule it.

use axum::http::StatusCode;
use domain::definition::{Action, Effect, Resource, Schedule};
use domain::input::Mode;
use domain::json::Object;
use domain::{Problem, ProblemKind};
use jiff::tz::TimeZone;
use serde_json::json;

use super::{ConfirmPage, Found};
use crate::components::{Control, FieldView, ProblemView, id_of};
use crate::failure::PageError;
use crate::shell::Toast;
use crate::visit::{Page, Visit};
use crate::words;

/// `GET /members/{id}/delete`
pub(crate) async fn confirm_delete(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    visit.page(&deletion(visit, &found, None))
}

/// `POST /members/{id}/delete`
pub(crate) async fn delete(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let deleted = visit.app.delete(visit.tenant()?, visit.write_request(), resource, found.id);
    if let Err(failure) = deleted.await {
        let failure = PageError::from(failure);
        let problem = told(visit, &found, failure)?;
        return visit.page_with(StatusCode::CONFLICT, &deletion(visit, &found, Some(problem)));
    }
    let toast = Toast::done(format!("“{}” was deleted.", found.title()));
    Ok(visit.go_and_tell(&found.layout.base(resource), &toast))
}

fn deletion(visit: &Visit, found: &Found, problem: Option<ProblemView>) -> ConfirmPage {
    let noun = found.resource.noun();
    ConfirmPage {
        shell: visit.shell(&format!("Delete {}", found.title())),
        question: format!("Delete “{}”?", found.title()),
        about: vec![format!(
            "The {noun} is gone for good, here and for every system that reads it. The audit log keeps what it was."
        )],
        button: format!("Delete {noun}"),
        is_final: true,
        action: found.address("/delete"),
        back: found.address(""),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem,
    }
}

/// `GET /events/{id}/publish`
pub(crate) async fn confirm_action(
    visit: &Visit,
    resource: &'static Resource,
    action: &'static Action,
) -> Page {
    let found = Found::of(visit, resource).await?;
    visit.page(&confirmation(visit, &found, action, None))
}

/// `POST /events/{id}/publish`
pub(crate) async fn act(visit: &Visit, resource: &'static Resource, action: &'static Action) -> Page {
    let found = Found::of(visit, resource).await?;
    let tenant = visit.tenant()?;
    let done = visit.app.act(tenant, visit.write_request(), resource, found.id, action, Object::new()).await;
    let stored = match done {
        Ok(stored) => stored,
        Err(failure) => {
            let failure = PageError::from(failure);
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
            let problem = told(visit, &found, failure)?;
            return visit.page_with(status, &confirmation(visit, &found, action, Some(problem)));
        }
    };
    let title = found.title();
    Ok(match (action.effect, stored.record.id()) {
        (Effect::Clone, Some(copy)) => {
            let toast = Toast::done(format!("This is a copy of “{title}”. Change what differs and save it."));
            visit.go_and_tell(&format!("/{}/{copy}/edit", resource.segment()), &toast)
        }
        (Effect::SetStatus(status), _) => {
            let toast = format!("“{title}” is {} now.", words::value(status).to_lowercase());
            visit.go_and_tell(&found.address(""), &Toast::done(toast))
        }
        _ => visit.go(&found.address("")),
    })
}

fn confirmation(
    visit: &Visit,
    found: &Found,
    action: &'static Action,
    problem: Option<ProblemView>,
) -> ConfirmPage {
    let verb = words::capitalised(action.name);
    ConfirmPage {
        shell: visit.shell(&format!("{verb} {}", found.title())),
        question: format!("{verb} “{}”?", found.title()),
        about: vec![words::spoken(found.resource, action.doc)],
        // Beside a button that leaves the page, "Cancel" alone could mean either.
        button: format!("{verb} {}", found.resource.noun()),
        is_final: action.name == "cancel",
        action: found.address(&format!("/{}", action.name)),
        back: found.address(""),
        fields: Vec::new(),
        hidden: Vec::new(),
        problem,
    }
}

/// `GET /events/{id}/schedule`
pub(crate) async fn choose_moment(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let schedule = resource.schedule.ok_or_else(Problem::not_found)?;
    visit.page(&scheduling(visit, &found, schedule, "", None))
}

/// `POST /events/{id}/schedule`
pub(crate) async fn schedule(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let schedule = resource.schedule.ok_or_else(Problem::not_found)?;
    let typed = visit.form.get(schedule.at).unwrap_or_default();
    let moment = moment_in(typed, &found.place.zone).map_or(json!(null), |moment| json!(moment.to_string()));
    let body =
        Object::from_iter([("status".to_owned(), json!(schedule.from)), (schedule.at.to_owned(), moment)]);
    let tenant = visit.tenant()?;
    let changed =
        visit.app.update(tenant, visit.write_request(), resource, found.id, Mode::Patch, body).await;
    if let Err(failure) = changed {
        let failure = PageError::from(failure);
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
        let problem = told(visit, &found, failure)?;
        return visit.page_with(status, &scheduling(visit, &found, schedule, typed, Some(problem)));
    }
    let toast = Toast::done(format!("“{}” is scheduled.", found.title()));
    Ok(visit.go_and_tell(&found.address(""), &toast))
}

fn scheduling(
    visit: &Visit,
    found: &Found,
    schedule: Schedule,
    typed: &str,
    problem: Option<ProblemView>,
) -> ConfirmPage {
    let zone = found.place.zone.iana_name().unwrap_or("UTC").replace('_', " ");
    let moment = FieldView {
        help: format!("In the time zone {zone}."),
        required: true,
        ..FieldView::plain(schedule.at, words::label(schedule.at), Control::typed("datetime-local", typed))
    };
    ConfirmPage {
        shell: visit.shell(&format!("Schedule {}", found.title())),
        question: format!("Schedule “{}”", found.title()),
        about: vec![format!(
            "It becomes {} by itself at the moment you choose.",
            words::value(schedule.to).to_lowercase()
        )],
        button: "Schedule".to_owned(),
        is_final: false,
        action: found.address("/schedule"),
        back: found.address(""),
        fields: vec![moment],
        hidden: Vec::new(),
        problem,
    }
}

/// What an input of a date and time means in a zone.
pub(crate) fn moment_in(typed: &str, zone: &TimeZone) -> Option<domain::Timestamp> {
    let local = typed.trim().parse::<jiff::civil::DateTime>().ok()?;
    Some(local.to_zoned_datetime(zone.clone()).ok()?.timestamp().into())
}

/// A refusal as the page tells it; what is no refusal of the rules goes on as a failure.
pub(super) fn told(visit: &Visit, found: &Found, failure: PageError) -> Result<ProblemView, PageError> {
    let known = matches!(
        failure.problem.kind,
        ProblemKind::RuleViolation | ProblemKind::Conflict | ProblemKind::ValidationError
    );
    if !known {
        return Err(failure);
    }
    let mut view = ProblemView::new(&failure.problem, &visit.parts);
    view.detail = words::spoken(found.resource, &view.detail);
    view.hint = words::spoken(found.resource, &view.hint);
    if failure.problem.kind == ProblemKind::ValidationError {
        "Something is missing".clone_into(&mut view.title);
        "Edit the record first:".clone_into(&mut view.detail);
        let edit = found.address("/edit");
        view.violations = failure
            .problem
            .violations
            .iter()
            .map(|it| {
                let href = format!("{edit}#{}", id_of(&it.property_path));
                (href, words::spoken(found.resource, &it.message))
            })
            .collect();
    }
    Ok(view)
}
