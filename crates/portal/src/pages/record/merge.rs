//! Merging two records: the other one is found, both are compared field by field, and the one that goes is
//! named before it does. The record of the address survives.

use app::{RecordRow, WriteCondition, WriteRequest};
use askama::Template;
use axum::http::StatusCode;
use domain::definition::{Action, Field, Kind, Owner, Resource};
use domain::json::Object;
use domain::listing::{self, Lenience};
use domain::{Problem, ProblemKind, RecordId, Violation};
use serde_json::json;

use super::Found;
use super::actions::told;
use crate::components::{Control, FieldView, ProblemView};
use crate::display::{self, Shown};
use crate::failure::PageError;
use crate::form::Form;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

/// Records that are offered.
const OFFERED: &str = "12";

/// The question which other record is meant.
#[derive(Template)]
#[template(path = "pages/merge_find.html")]
struct FindPage {
    shell: Shell,
    title: String,
    about: String,
    back: String,
    back_title: String,
    action: String,
    query: String,
    noun: String,
    found: Vec<(String, String, String)>,
}

/// Both records, side by side.
#[derive(Template)]
#[template(path = "pages/merge.html")]
struct MergePage {
    shell: Shell,
    title: String,
    noun: String,
    back: String,
    back_title: String,
    action: String,
    swap: String,
    own: Side,
    other: Side,
    rows: Vec<Row>,
    same: Vec<String>,
    confirm: FieldView,
    problem: Option<ProblemView>,
}

/// One of the two.
struct Side {
    title: String,
    about: String,
    href: String,
    id: String,
    version: i64,
}

/// A field in which they differ.
struct Row {
    name: &'static str,
    label: String,
    own: Shown,
    other: Shown,
    /// `own`, `other` or `both`.
    chosen: String,
    /// Whether the values of both can stand together.
    unites: bool,
}

/// `GET /members/{id}/merge`
pub(crate) async fn compare(visit: &Visit, resource: &'static Resource, action: &'static Action) -> Page {
    let found = Found::of(visit, resource).await?;
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    match asked.get("with").filter(|it| !it.is_empty()) {
        None => find(visit, &found, action, asked.get("q")).await,
        Some(id) => {
            let other = other_of(visit, &found, id).await?;
            visit.page(&page(visit, &found, &other, action, &Form::default(), None))
        }
    }
}

async fn find(visit: &Visit, found: &Found, action: &Action, query: Option<&str>) -> Page {
    let resource = found.resource;
    // Who is there twice mostly has the same name.
    let query = query.map_or_else(|| found.title(), str::to_owned);
    let mut offered = Vec::new();
    if query.chars().any(char::is_alphanumeric) {
        let asked = [("search", query.as_str()), ("itemsPerPage", OFFERED), ("count", "false")];
        let question = listing::parse(resource, asked, Lenience::Strict)?;
        let each = |row: &RecordRow<'_, '_>| {
            let record = row.record()?;
            if let Some(id) = record.id().filter(|id| *id != found.id) {
                let side = side(found, &record, id);
                offered.push((
                    format!("{}?with={id}", found.address(&format!("/{}", action.name))),
                    side.title,
                    side.about,
                ));
            }
            Ok(())
        };
        visit.app.list(visit.tenant()?, resource, &question, each).await?;
    }
    visit.page(&FindPage {
        shell: visit.shell(&format!("Merge {}", found.title())),
        title: format!("Merge “{}” with …", found.title()),
        about: format!(
            "Find the other {0} that is the same one. You compare both before anything is done.",
            resource.noun()
        ),
        back: found.address(""),
        back_title: found.title(),
        action: found.address(&format!("/{}", action.name)),
        query,
        noun: resource.noun(),
        found: offered,
    })
}

/// The record that goes.
async fn other_of(visit: &Visit, found: &Found, id: &str) -> Result<Found, PageError> {
    let id: RecordId = id.parse().map_err(|_| Problem::not_found())?;
    if id == found.id {
        return Err(Problem::not_found().into());
    }
    let read = |row: &RecordRow<'_, '_>| row.record();
    let record = visit.app.get(visit.tenant()?, found.resource, id, read).await?;
    Ok(Found { id, record, place: visit.place(), ..*found })
}

fn side(found: &Found, record: &domain::Record, id: RecordId) -> Side {
    let Found { resource, layout, .. } = found;
    let placed = layout.subtitle.iter().filter_map(|name| resource.field(name).zip(resource.position(name)));
    let about = placed.map(|(field, position)| found.place.show(field, record.at(position)).brief());
    Side {
        title: display::title(resource, record, layout.title),
        about: about.filter(|text| text != "—").collect::<Vec<_>>().join(" · "),
        href: format!("/{}/{id}", resource.segment()),
        id: id.to_string(),
        version: record.version(),
    }
}

/// The fields that a merge decides on.
fn decided(resource: &'static Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    let writable = |field: &&Field| !field.read_only && field.owner == Owner::Anyone;
    resource.fields.iter().enumerate().filter(move |(_, field)| writable(field))
}

fn page(
    visit: &Visit,
    found: &Found,
    other: &Found,
    action: &Action,
    form: &Form,
    problem: Option<ProblemView>,
) -> MergePage {
    let resource = found.resource;
    let (mut rows, mut same) = (Vec::new(), Vec::new());
    for (position, field) in decided(resource) {
        let (own, theirs) = (found.show(field, position), other.show(field, position));
        if own.is_nothing() && theirs.is_nothing() {
            continue;
        }
        if found.record.at(position) == other.record.at(position) {
            same.push(words::label(field.name));
            continue;
        }
        let unites = matches!(field.kind, Kind::Tags { .. } | Kind::CustomFields)
            && !own.is_nothing()
            && !theirs.is_nothing();
        let usual = if own.is_nothing() {
            "other"
        } else if unites {
            "both"
        } else {
            "own"
        };
        let chosen = form.get(&format!("keep[{}]", field.name)).unwrap_or(usual).to_owned();
        rows.push(Row {
            name: field.name,
            label: words::label(field.name),
            own,
            other: theirs,
            chosen,
            unites,
        });
    }
    let path = format!("/{}", action.name);
    let gone = other.title();
    let noun = resource.noun();
    MergePage {
        shell: visit.shell(&format!("Merge {}", found.title())),
        title: format!("Merge two {}", resource.plural_noun()),
        back: found.address(""),
        back_title: found.title(),
        action: found.address(&path),
        swap: format!("{}?with={}", other.address(&path), found.id),
        own: side(found, &found.record, found.id),
        other: side(other, &other.record, other.id),
        rows,
        same,
        confirm: FieldView {
            help: format!(
                "The {noun} at the right is gone then, for good. Its address leads to the one that stays."
            ),
            required: true,
            ..FieldView::plain(
                "confirm",
                format!("Type “{gone}” to confirm"),
                Control::line(form.get("confirm").unwrap_or_default()),
            )
        },
        noun,
        problem,
    }
}

/// `POST /members/{id}/merge`
pub(crate) async fn merge(visit: &Visit, resource: &'static Resource, action: &'static Action) -> Page {
    let found = Found::of(visit, resource).await?;
    let form = &visit.form;
    let other = other_of(visit, &found, form.get("with").unwrap_or_default()).await?;
    let again = |status, problem| {
        let mut view = page(visit, &found, &other, action, form, Some(problem));
        if status == StatusCode::BAD_REQUEST {
            view.confirm.errors =
                vec![format!("Type the name of the {} that goes, as it is shown.", view.noun)];
        }
        visit.page_with(status, &view)
    };
    let typed = form.get("confirm").unwrap_or_default().trim().to_lowercase();
    if typed != other.title().trim().to_lowercase() {
        let text = format!("The name that you typed is not that of the {} that goes.", resource.noun());
        let violation = Violation::new("confirm", "invalid_value", text.clone());
        let problem = Problem::new(ProblemKind::ValidationError, text).violations(vec![violation]);
        return again(StatusCode::BAD_REQUEST, ProblemView::new(&problem, &visit.parts));
    }
    let seen = |name: &str| form.get(name).and_then(|text| text.parse::<i64>().ok());
    let changed = "One of the two was changed since you compared them. Look again, then merge.";
    let overtaken =
        || ProblemView::new(&Problem::new(ProblemKind::PreconditionFailed, changed), &visit.parts);
    if seen("own_version") != Some(found.record.version())
        || seen("other_version") != Some(other.record.version())
    {
        return again(StatusCode::PRECONDITION_FAILED, overtaken());
    }
    let chosen = |wanted: &str| -> Vec<&str> {
        let fields = decided(resource).map(|(_, field)| field.name);
        fields.filter(|name| form.get(&format!("keep[{name}]")) == Some(wanted)).collect()
    };
    let order = json!({
        "into": found.id.to_string(), "rule": "keep", "take": chosen("other"), "unite": chosen("both"),
    });
    let order: Object = order.as_object().cloned().unwrap_or_default();
    let condition = WriteCondition::Versions(vec![other.record.version()]);
    let request = WriteRequest { condition, ..visit.write_request() };
    let gone = other.title();
    match visit.app.act(visit.tenant()?, request, resource, other.id, action, order).await {
        Ok(_) => {
            let toast = Toast::done(format!("“{gone}” was merged into this {}.", resource.noun()));
            Ok(visit.go_and_tell(&found.address(""), &toast))
        }
        Err(failure) if failure.problem().kind == ProblemKind::PreconditionFailed => {
            again(StatusCode::PRECONDITION_FAILED, overtaken())
        }
        Err(failure) => {
            let failure = PageError::from(failure);
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
            let mut view = told(visit, &found, failure)?;
            "They cannot be merged like this".clone_into(&mut view.title);
            let status = if status == StatusCode::BAD_REQUEST { StatusCode::CONFLICT } else { status };
            again(status, view)
        }
    }
}
