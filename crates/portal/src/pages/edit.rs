//! Making and changing a record: one form for every resource, judged by the API's own rules.

use app::WriteCondition;
use askama::Template;
use axum::http::StatusCode;
use domain::definition::{Field, Kind, Resource};
use domain::input::Mode;
use domain::json::Object;
use domain::resources::AUDIT_LOG;
use domain::{Problem, ProblemKind, Record, Violation};
use serde_json::Value as Json;

use super::record::{Found, Names, entries_of};
use crate::components::{
    Asking, Control, FieldView, ProblemView, beginning, body_of, id_of, inputs_of, is_same, pick, put,
    without_blank_rows,
};
use crate::failure::PageError;
use crate::form::Form;
use crate::layout::Layout;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

/// A form.
#[derive(Template)]
#[template(path = "pages/form.html")]
struct FormPage {
    shell: Shell,
    title: String,
    list: String,
    list_title: String,
    action: String,
    back: String,
    button: String,
    version: String,
    groups: Vec<Group>,
    problem: Option<ProblemView>,
    /// Whether what stands in it is not what is stored.
    is_changed: bool,
}

/// A group of fields.
struct Group {
    title: &'static str,
    id: String,
    fields: Vec<FieldView>,
}

/// What a form is shown with.
pub(crate) struct Filled<'a> {
    pub(crate) form: &'a Form,
    pub(crate) violations: &'a [Violation],
    pub(crate) problem: Option<ProblemView>,
    pub(crate) is_changed: bool,
    /// What somebody else made of fields meanwhile: names and words.
    pub(crate) theirs: Vec<(&'static str, String)>,
    /// The integrations that it can belong to: ids and names.
    pub(crate) integrations: Vec<(String, String)>,
}

impl<'a> Filled<'a> {
    pub(crate) fn with(form: &'a Form) -> Self {
        Self {
            form,
            violations: &[],
            problem: None,
            is_changed: false,
            theirs: Vec::new(),
            integrations: Vec::new(),
        }
    }
}

/// What a link may fill in beforehand: nothing that grants anything.
const PREFILLED: [&str; 2] = ["name", "integrationId"];

/// The form of something new, with what it begins with.
pub(crate) fn begun(visit: &Visit, resource: &'static Resource, layout: &Layout) -> Result<Form, PageError> {
    let organisation = visit.tenant()?.organisation();
    let today = visit.app.now().date_in(&visit.place().zone).to_string();
    let mut form = Form::default();
    for field in resource.fields.iter().filter(|field| layout.is_asked(field)) {
        form.set(field.name, beginning(field, &organisation.timezone, &today));
    }
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    for name in PREFILLED {
        let is_asked = resource.field(name).is_some_and(|field| layout.is_asked(field));
        if let Some(value) = asked.get(name).filter(|_| is_asked) {
            form.set(name, value);
        }
    }
    Ok(form)
}

/// `GET /members/new`
pub(crate) async fn blank(visit: &Visit, resource: &'static Resource) -> Page {
    let layout = visit.layout(resource)?;
    let form = begun(visit, resource, layout)?;
    new_form(visit, resource, layout, StatusCode::OK, Filled::with(&form)).await
}

/// `POST /members/new`
pub(crate) async fn create(visit: &Visit, resource: &'static Resource) -> Page {
    let layout = visit.layout(resource)?;
    let zone = visit.place().zone;
    let asking = Asking { resource, layout, zone: &zone };
    if let Some(form) = with_rows_changed(visit, resource) {
        return new_form(
            visit,
            resource,
            layout,
            StatusCode::OK,
            Filled { is_changed: true, ..Filled::with(&form) },
        )
        .await;
    }
    let form = without_blank_rows(&asking, &visit.form);
    let body = body_of(&asking, &form, None);
    match visit.app.create(visit.tenant()?, visit.write_request(), resource, &body).await {
        Ok(stored) => {
            let title = crate::display::title(resource, &stored.record, layout.title);
            if let (Some(secret), Some(id)) = (stored.secret, stored.record.id()) {
                return super::settings::show_secret(visit, id, &title, secret, None);
            }
            let id = stored.record.id().map(|id| id.to_string()).unwrap_or_default();
            let toast = Toast::done(format!("“{title}” was created."));
            Ok(visit.go_and_tell(&format!("{}/{id}", layout.base(resource)), &toast))
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, resource, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                ..Filled::with(&form)
            };
            new_form(visit, resource, layout, status, filled).await
        }
    }
}

/// `GET /members/{id}/edit`
pub(crate) async fn show(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let zone = visit.place().zone;
    let form = inputs_of(&Asking { resource, layout: found.layout, zone: &zone }, &found.record);
    edit_form(visit, &found, StatusCode::OK, Filled::with(&form)).await
}

/// `POST /members/{id}/edit`
pub(crate) async fn save(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let zone = visit.place().zone;
    let asking = Asking { resource, layout: found.layout, zone: &zone };
    if let Some(form) = with_rows_changed(visit, resource) {
        let filled = Filled { is_changed: true, ..Filled::with(&form) };
        return edit_form(visit, &found, StatusCode::OK, filled).await;
    }
    let form = without_blank_rows(&asking, &visit.form);
    let base = visit.form.get("_version").and_then(|version| version.parse().ok()).unwrap_or(0);
    if base != found.record.version() {
        return overtaken(visit, &found, &asking, &form, base).await;
    }
    let body = body_of(&asking, &form, Some(&inputs_of(&asking, &found.record)));
    if body.is_empty() {
        return Ok(visit.go_and_tell(&found.address(""), &Toast::done("Nothing was changed.")));
    }
    let request =
        app::WriteRequest { condition: WriteCondition::Versions(vec![base]), ..visit.write_request() };
    let tenant = visit.tenant()?;
    match visit.app.update(tenant, request, resource, found.id, Mode::Patch, body).await {
        Ok(_) => {
            let title = found.title();
            Ok(visit.go_and_tell(&found.address(""), &Toast::done(format!("“{title}” was saved."))))
        }
        Err(failure) if failure.problem().kind == ProblemKind::PreconditionFailed => {
            // Somebody was faster by less than the look at the record.
            let found = Found::of(visit, resource).await?;
            overtaken(visit, &found, &asking, &form, base).await
        }
        Err(failure) => {
            let (status, problem, violations) = refused(visit, resource, failure.into());
            let filled = Filled {
                violations: &violations,
                problem: Some(problem),
                is_changed: true,
                ..Filled::with(&form)
            };
            edit_form(visit, &found, status, filled).await
        }
    }
}

/// Somebody else changed the record since the form was opened: what was typed is kept, what only they
/// changed is taken over, and fields that both changed say what theirs is.
async fn overtaken(visit: &Visit, found: &Found, asking: &Asking<'_>, typed: &Form, base: i64) -> Page {
    let since = u32::try_from(found.record.version().saturating_sub(base)).unwrap_or(1);
    let (entries, _) = entries_of(visit, found.resource, found.id, 1, since.max(1)).await?;
    let now = inputs_of(asking, &found.record);
    let before = as_it_was(asking, &now, &entries);
    let mut merged = typed.clone();
    let mut theirs = Vec::new();
    for (position, field) in asking.fields() {
        let they_did = !is_same(field, &before, &now);
        let we_did = !is_same(field, &before, typed);
        if they_did && we_did && !is_same(field, typed, &now) {
            let shown = found.place.show(field, found.record.at(position)).brief();
            theirs.push((field.name, shown));
        } else if they_did {
            take_over(&mut merged, &now, field);
        }
    }
    let names = Names::of(visit).await?;
    let who: Vec<String> = entries.iter().map(|entry| names.actor(entry)).collect();
    let problem =
        Problem::new(ProblemKind::PreconditionFailed, changed_by(&who)).hint(if theirs.is_empty() {
            "What they changed is in the form now, beside what you typed. Look at it, then save again."
        } else {
            "What you typed is kept. Fields that you both changed are marked: look at them, then save again."
        });
    let filled = Filled {
        form: &merged,
        violations: &[],
        problem: Some(ProblemView::new(&problem, &visit.parts)),
        is_changed: true,
        theirs,
        integrations: Vec::new(),
    };
    edit_form(visit, found, StatusCode::PRECONDITION_FAILED, filled).await
}

pub(crate) fn changed_by(who: &[String]) -> String {
    let mut names: Vec<&str> = who.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let names = if names.is_empty() { "Somebody".to_owned() } else { names.join(" and ") };
    format!("{names} changed this record while you were editing it")
}

/// The form as the record was before these entries of the audit log, newest first.
fn as_it_was(asking: &Asking<'_>, now: &Form, entries: &[Record]) -> Form {
    let mut before = now.clone();
    for entry in entries {
        let changes =
            entry.text(&AUDIT_LOG, "changes").and_then(|text| serde_json::from_str::<Object>(text).ok());
        for (name, change) in changes.into_iter().flatten() {
            let Some(field) = asking.resource.field(&name) else { continue };
            clear(&mut before, field);
            put(&mut before, field.name, field.kind, change.get("old").unwrap_or(&Json::Null), asking.zone);
        }
    }
    before
}

fn clear(form: &mut Form, field: &Field) {
    let prefix = format!("{}[", field.name);
    form.0.retain(|(name, _)| name != field.name && !name.starts_with(&prefix));
}

fn take_over(form: &mut Form, from: &Form, field: &Field) {
    clear(form, field);
    let prefix = format!("{}[", field.name);
    let own = from.0.iter().filter(|(name, _)| name == field.name || name.starts_with(&prefix));
    form.0.extend(own.cloned());
}

/// The form with one row more or less, where a button asks for that.
fn with_rows_changed(visit: &Visit, resource: &'static Resource) -> Option<Form> {
    let mut form = visit.form.clone();
    if let Some(name) = visit.form.get("_add") {
        let field = resource.field(name)?;
        let part = match field.kind {
            Kind::Objects { fields, .. } => fields.first()?.name,
            Kind::CustomFields | Kind::Headers => "key",
            _ => return None,
        };
        let next = form.rows(name);
        form.set(&format!("{name}[{next}].{part}"), "");
        return Some(form);
    }
    let row = visit.form.get("_remove")?;
    let (name, index) = row.strip_suffix(']')?.split_once('[')?;
    let gone: usize = index.parse().ok()?;
    resource.field(name)?;
    let prefix = format!("{name}[");
    form.0.retain(|(own, _)| !own.starts_with(&prefix));
    for (own, value) in visit.form.0.iter().filter(|(own, _)| own.starts_with(&prefix)) {
        let rest = own.strip_prefix(&prefix).and_then(|rest| rest.split_once(']'));
        let Some((index, part)) = rest.and_then(|(index, part)| Some((index.parse::<usize>().ok()?, part)))
        else {
            continue;
        };
        if index != gone {
            let index = if index > gone { index - 1 } else { index };
            form.0.push((format!("{prefix}{index}]{part}"), value.clone()));
        }
    }
    Some(form)
}

/// A refusal of what was typed, for the form; other failures have pages of their own.
pub(crate) fn refused(
    visit: &Visit,
    resource: &'static Resource,
    failure: PageError,
) -> (StatusCode, ProblemView, Vec<Violation>) {
    let kind = failure.problem.kind;
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut view = ProblemView::new(&failure.problem, &visit.parts);
    view.detail = words::spoken(resource, &view.detail);
    view.hint = words::spoken(resource, &view.hint);
    if kind == ProblemKind::ValidationError || !failure.problem.violations.is_empty() {
        let count = failure.problem.violations.len() as u64;
        view.title = format!("{} to mend", words::counted(count, "field", "fields"));
        view.detail = String::new();
        view.hint = String::new();
        view.violations = failure
            .problem
            .violations
            .iter()
            .map(|it| (format!("#{}", id_of(&it.property_path)), words::spoken(resource, &it.message)))
            .collect();
    }
    if failure.inside.is_some() {
        super::error::log(&view.request_id, edge::route(&visit.parts.extensions), &failure);
    }
    (status, view, failure.problem.violations)
}

async fn new_form(
    visit: &Visit,
    resource: &'static Resource,
    layout: &'static Layout,
    status: StatusCode,
    filled: Filled<'_>,
) -> Page {
    let list = layout.base(resource);
    let asked = Asked {
        title: format!("New {}", resource.noun()),
        list_title: words::capitalised(&resource.plural_noun()),
        action: format!("{list}/new"),
        back: list.clone(),
        button: format!("Create {}", resource.noun()),
        list,
    };
    let filled = Filled { integrations: super::settings::offered(visit, resource).await?, ..filled };
    form_page(visit, resource, layout, status, asked, 0, filled)
}

async fn edit_form(visit: &Visit, found: &Found, status: StatusCode, filled: Filled<'_>) -> Page {
    let resource = found.resource;
    let asked = Asked {
        title: format!("Edit {}", found.title()),
        list: found.layout.base(resource),
        list_title: words::capitalised(&resource.plural_noun()),
        action: found.address("/edit"),
        back: found.address(""),
        button: "Save".to_owned(),
    };
    let filled = Filled { integrations: super::settings::offered(visit, resource).await?, ..filled };
    form_page(visit, resource, found.layout, status, asked, found.record.version(), filled)
}

/// What surrounds the fields of a form.
pub(crate) struct Asked {
    pub(crate) title: String,
    /// The list that it belongs to.
    pub(crate) list: String,
    pub(crate) list_title: String,
    /// Where it is sent, and where one goes without sending it.
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) button: String,
}

/// A form; version 0 is for what has none.
pub(crate) fn form_page(
    visit: &Visit,
    resource: &'static Resource,
    layout: &Layout,
    status: StatusCode,
    asked: Asked,
    version: i64,
    filled: Filled<'_>,
) -> Page {
    let page = FormPage {
        shell: visit.shell(&asked.title),
        title: asked.title,
        list: asked.list,
        list_title: asked.list_title,
        action: asked.action,
        back: asked.back,
        button: asked.button,
        version: if version > 0 { version.to_string() } else { String::new() },
        groups: groups(visit, resource, layout, &filled),
        problem: filled.problem,
        is_changed: filled.is_changed,
    };
    visit.page_with(status, &page)
}

fn groups(visit: &Visit, resource: &'static Resource, layout: &Layout, filled: &Filled<'_>) -> Vec<Group> {
    let place = visit.place();
    let asking = Asking { resource, layout, zone: &place.zone };
    let field = |field: &'static Field| {
        let mut view = FieldView::of(&asking, field, filled.form, filled.violations, &place.currency);
        pick(visit.app.registry(), filled.form, &mut view);
        if field.name == "integrationId" {
            let chosen = filled.form.get(field.name).unwrap_or_default();
            view.control = Control::select(filled.integrations.iter().cloned(), chosen, true);
        }
        let theirs = filled.theirs.iter().find(|(name, _)| *name == field.name);
        view.theirs = theirs.map(|(_, shown)| shown.clone()).unwrap_or_default();
        view
    };
    // Where there is no integration, nothing can belong to one.
    let is_offered = |field: &Field| field.name != "integrationId" || !filled.integrations.is_empty();
    let group = |(title, fields): (&'static str, Vec<&'static Field>)| {
        let fields: Vec<FieldView> =
            fields.into_iter().filter(|it| layout.is_asked(it) && is_offered(it)).map(field).collect();
        (!fields.is_empty()).then(|| Group { title, id: id_of(title), fields })
    };
    layout.groups(resource).into_iter().filter_map(group).collect()
}
