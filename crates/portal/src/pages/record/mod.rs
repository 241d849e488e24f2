//! One record: its head, which all its pages share, and the pages that only show.

mod actions;
mod activity;
mod merge;
mod preview;

use app::RecordRow;
use askama::Template;
use domain::definition::{Effect, Field, Kind, Resource};
use domain::input::{self, Context, Mode};
use domain::json::Object;
use domain::{ProblemKind, Record, RecordId, Timestamp};
use serde_json::{Value as Json, json};

use super::list::shown_value;
use crate::components::ProblemView;
use crate::display::{self, Place, Shown};
use crate::failure::PageError;
use crate::layout::Layout;
use crate::shell::{Shell, Toast};
use crate::visit::{Page, Visit};
use crate::words;

pub(crate) use actions::{act, choose_moment, confirm_action, confirm_delete, delete, moment_in, schedule};
pub(crate) use activity::{Names, activity, entries_of};
pub(crate) use merge::{compare, merge};
pub(crate) use preview::preview;

/// A record that was read, and how it is laid out.
pub(crate) struct Found {
    pub(crate) resource: &'static Resource,
    pub(crate) layout: &'static Layout,
    pub(crate) id: RecordId,
    pub(crate) record: Record,
    /// In the record's own zone, where it has one.
    pub(crate) place: Place,
    pub(crate) now: Timestamp,
}

impl Found {
    /// The record that the address of a visit names.
    pub(crate) async fn of(visit: &Visit, resource: &'static Resource) -> Result<Self, PageError> {
        let layout = visit.layout(resource)?;
        let id = visit.id()?;
        let read = |row: &RecordRow<'_, '_>| row.record();
        let record = visit.app.get(visit.tenant()?, resource, id, read).await?;
        let mut place = visit.place();
        let own = layout.zone.and_then(|name| record.text(resource, name)).and_then(domain::time::zone);
        if let Some(own) = own {
            place.zone = own;
        }
        Ok(Self { resource, layout, id, record, place, now: visit.app.now() })
    }

    /// The address of one of the record's pages.
    pub(crate) fn address(&self, page: &str) -> String {
        format!("{}/{}{page}", self.layout.base(self.resource), self.id)
    }

    /// How the record is called.
    pub(crate) fn title(&self) -> String {
        display::title(self.resource, &self.record, self.layout.title)
    }

    fn show(&self, field: &Field, position: usize) -> Shown {
        self.place.show(field, &shown_value(self.resource, &self.record, position, self.now))
    }
}

/// What stands at the top of each of a record's pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RecordHead {
    pub(crate) title: String,
    pub(crate) list: String,
    pub(crate) list_title: String,
    pub(crate) status: Option<Shown>,
    pub(crate) about: Vec<String>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) actions: Vec<ActionLink>,
    pub(crate) edit: String,
    pub(crate) delete: String,
}

/// A page of the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tab {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) open: bool,
}

/// Something that can be done with the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ActionLink {
    pub(crate) label: String,
    pub(crate) href: String,
    /// Whether it is a question, which can be asked in a dialog.
    pub(crate) asks: bool,
}

impl RecordHead {
    pub(crate) fn of(visit: &Visit, found: &Found, open: &str) -> Self {
        let Found { resource, layout, .. } = found;
        let placed = |name: &str| resource.field(name).zip(resource.position(name));
        let about = layout.subtitle.iter().filter_map(|name| placed(name));
        let about = about.filter_map(|(field, position)| {
            let shown = found.show(field, position);
            let text = shown.brief();
            let text = if matches!(field.kind, Kind::Serial) {
                format!("{} {text}", words::label(field.name))
            } else {
                text
            };
            (!shown.is_nothing()).then_some(text)
        });
        let tab = |label, page: &str| Tab { label, href: found.address(page), open: open == page };
        let mut tabs: Vec<Tab> = layout.pages.iter().map(|(label, page)| tab(label, page)).collect();
        if visit.can("audit:read") {
            tabs.push(tab("Activity", "/activity"));
        }
        tabs.push(tab("API", "/api"));
        if layout.preview {
            tabs.push(tab("Preview", "/preview"));
        }
        let can_write = visit.can_write(resource);
        let if_writer = |page: &str| if can_write { found.address(page) } else { String::new() };
        Self {
            title: found.title(),
            list: layout.base(resource),
            list_title: words::capitalised(&resource.plural_noun()),
            status: placed("status").map(|(field, position)| found.show(field, position)),
            about: about.collect(),
            tabs,
            actions: if can_write { offered(visit, found) } else { Vec::new() },
            edit: if_writer("/edit"),
            delete: if_writer("/delete"),
        }
    }
}

/// What the record's state lets be done: a change of status that the rules know from here, a copy.
fn offered(visit: &Visit, found: &Found) -> Vec<ActionLink> {
    let Found { resource, record, .. } = found;
    let mut all = Vec::new();
    let link = |label: &str, page: &str| ActionLink {
        label: words::capitalised(label),
        href: found.address(page),
        asks: page != "/merge",
    };
    for action in resource.actions {
        let fits = match action.effect {
            Effect::SetStatus(status) => can_become(visit, resource, record, status),
            Effect::Clone | Effect::Merge => true,
        };
        if fits {
            // Beside buttons that leave a page, "Cancel" alone would be taken for one.
            let name = if action.name == "cancel" {
                format!("cancel {}", resource.noun())
            } else {
                action.name.to_owned()
            };
            all.push(link(&name, &format!("/{}", action.name)));
        }
    }
    all.extend(found.layout.links.iter().map(|(label, page)| link(label, page)));
    if resource.schedule.is_some_and(|it| can_become(visit, resource, record, it.from)) {
        all.push(link("schedule", "/schedule"));
    }
    all
}

/// Whether the rules know this change of status from where the record stands. What it still lacks for
/// it is told when it is tried.
fn can_become(visit: &Visit, resource: &'static Resource, record: &Record, status: &str) -> bool {
    if record.text(resource, "status") == Some(status) {
        return false;
    }
    let Ok(tenant) = visit.tenant() else { return false };
    let organisation = tenant.organisation();
    let registry = visit.app.registry();
    let context =
        Context { registry, ..Context::new(visit.app.now(), &organisation.timezone, &organisation.country) };
    let body = Object::from_iter([("status".to_owned(), json!(status))]);
    match input::apply(resource, Some(record), &body, Mode::Patch, &context) {
        Ok(_) => true,
        Err(problem) => problem.kind == ProblemKind::ValidationError,
    }
}

#[derive(Template)]
#[template(path = "pages/profile.html")]
struct ProfilePage {
    shell: Shell,
    record: RecordHead,
    groups: Vec<Group>,
    created: String,
    changed: String,
    version: i64,
}

/// A group of fields.
struct Group {
    title: &'static str,
    fields: Vec<(String, Shown, bool)>,
}

/// `GET /members/{id}`
pub(crate) async fn profile(visit: &Visit, resource: &'static Resource) -> Page {
    let found = match Found::of(visit, resource).await {
        Ok(found) => found,
        Err(failure) => return survivor(visit, resource, failure),
    };
    let group = |(title, fields): (&'static str, Vec<&'static Field>)| {
        let shown = fields.into_iter().filter_map(|field| {
            let shown = found.show(field, resource.position(field.name)?);
            let wide = matches!(field.kind, Kind::Html { .. } | Kind::Objects { .. } | Kind::CustomFields);
            Some((words::label(field.name), shown, wide))
        });
        Group { title, fields: shown.collect() }
    };
    let groups = found.layout.groups(resource).into_iter().map(group);
    let moment = |name: &str| found.record.timestamp(resource, name);
    let own = visit.place();
    let said = |name: &str| moment(name).map(|it| own.moment(it)).unwrap_or_default();
    visit.page_with_images(&ProfilePage {
        shell: visit.shell(&found.title()),
        record: RecordHead::of(visit, &found, ""),
        groups: groups.filter(|group| group.fields.iter().any(|(_, shown, _)| !shown.is_nothing())).collect(),
        created: said("createdAt"),
        changed: said("updatedAt"),
        version: found.record.version(),
    })
}

/// A record that was merged leads to the one that it was merged into.
fn survivor(visit: &Visit, resource: &Resource, failure: PageError) -> Page {
    match failure.problem.merged_into {
        Some(survivor) => {
            let told = format!("The {} was merged into this one.", resource.noun());
            Ok(visit.go_and_tell(&format!("/{}/{survivor}", resource.segment()), &Toast::done(told)))
        }
        None => Err(failure),
    }
}

#[derive(Template)]
#[template(path = "pages/api.html")]
struct ApiPage {
    shell: Shell,
    record: RecordHead,
    curl: String,
    json: String,
}

/// `GET /members/{id}/api`
pub(crate) async fn api(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let mut written = Vec::with_capacity(2_048);
    domain::json::Layout::new(resource, None).write_record(&mut written, found.now, &found.record);
    let json: Json = serde_json::from_slice(&written)
        .map_err(|error| app::Failure::internal(format!("a record's JSON cannot be read: {error}")))?;
    let address = format!("{}/api/{}/{}", visit.config.public_url, resource.segment(), found.id);
    visit.page(&ApiPage {
        shell: visit.shell(&found.title()),
        record: RecordHead::of(visit, &found, "/api"),
        curl: format!("curl '{address}' \\\n  -H \"Authorization: Bearer $KEY\""),
        json: format!("{json:#}"),
    })
}

/// A question that is answered by sending a form.
#[derive(Template)]
#[template(path = "pages/confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) shell: Shell,
    pub(crate) question: String,
    pub(crate) about: Vec<String>,
    /// What its button says, and whether what it does cannot be undone.
    pub(crate) button: String,
    pub(crate) is_final: bool,
    /// Where the form goes, and where one goes without sending it.
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) fields: Vec<crate::components::FieldView>,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) problem: Option<ProblemView>,
}
