//! What was done with a record, by whom, with what was there before and after: its part of the audit log.

use std::collections::HashMap;

use app::RecordRow;
use askama::Template;
use domain::definition::Resource;
use domain::listing::{self, Lenience};
use domain::resources::AUDIT_LOG;
use domain::{Record, RecordId, Timestamp};
use serde_json::Value as Json;

use super::{Found, RecordHead};
use crate::display::{Place, Shown};
use crate::failure::PageError;
use crate::form::Form;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/activity.html")]
struct ActivityPage {
    shell: Shell,
    record: RecordHead,
    acts: Vec<Act>,
    newer: String,
    older: String,
}

/// Something that was done.
struct Act {
    what: String,
    who: String,
    when: String,
    from: String,
    /// The label of each field, what was there, what is there.
    changes: Vec<(String, String, String)>,
    /// Whether there was nothing before it.
    is_first: bool,
}

/// `GET /members/{id}/activity`
pub(crate) async fn activity(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    let page = asked.get("page").and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).max(1);
    let (entries, more) = entries_of(visit, resource, found.id, page, 30).await?;
    let names = Names::of(visit).await?;
    let place = Place { zone: visit.place().zone, ..found.place.clone() };
    let acts = entries.iter().map(|entry| act(entry, resource, &place, &names)).collect();
    let at = |page: u64| found.address(&format!("/activity?page={page}"));
    visit.page(&ActivityPage {
        shell: visit.shell(&found.title()),
        record: RecordHead::of(visit, &found, "/activity"),
        acts,
        newer: if page > 1 { at(page - 1) } else { String::new() },
        older: if more { at(page + 1) } else { String::new() },
    })
}

/// The entries of a record in the audit log, newest first, and whether there are more.
pub(crate) async fn entries_of(
    visit: &Visit,
    resource: &Resource,
    id: RecordId,
    page: u64,
    most: u32,
) -> Result<(Vec<Record>, bool), PageError> {
    let (id, page, most) = (id.to_string(), page.to_string(), most.clamp(1, 100).to_string());
    let asked = [
        ("resourceType", resource.name),
        ("resourceId", id.as_str()),
        // Two changes can have one moment, never one number.
        ("order[sequence]", "desc"),
        ("page", page.as_str()),
        ("itemsPerPage", most.as_str()),
        ("count", "false"),
    ];
    let query = listing::parse(&AUDIT_LOG, asked, Lenience::Strict)?;
    let mut entries = Vec::new();
    let each = |row: &RecordRow<'_, '_>| {
        entries.push(row.record()?);
        Ok(())
    };
    let listing = visit.app.list(visit.tenant()?, &AUDIT_LOG, &query, each).await?;
    Ok((entries, listing.next_cursor.is_some()))
}

/// How those are called who can have done something.
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// The names of the organisation's staff and of the environment's keys.
    pub(crate) async fn of(visit: &Visit) -> Result<Self, PageError> {
        let tenant = visit.tenant()?;
        let mut names = HashMap::new();
        for user in visit.app.users(tenant.organisation().id).await? {
            let parts = [user.first_name, user.last_name];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            names.insert(user.id.to_string(), if name.is_empty() { user.email } else { name });
        }
        for key in visit.app.keys_of(tenant).await? {
            names.insert(key.id.to_string(), format!("API key “{}”", key.name));
        }
        Ok(Self(names))
    }

    /// Everybody, by the id, in the order of their names.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = self.0.iter().map(|(id, name)| (id.clone(), name.clone())).collect();
        all.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        all
    }

    /// How somebody is called, by the id.
    pub(crate) fn of_id(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// The same, where it may not be known who it was.
    pub(crate) fn of_someone(&self, id: Option<&str>) -> String {
        let known = id.and_then(|id| self.of_id(id));
        known.unwrap_or("Somebody who is no longer on the staff").to_owned()
    }

    /// Who did what an entry of the audit log tells.
    pub(crate) fn actor(&self, entry: &Record) -> String {
        let known = entry.text(&AUDIT_LOG, "actorId").and_then(|id| self.0.get(id));
        let name = match (entry.text(&AUDIT_LOG, "actorType"), known) {
            (_, Some(name)) => name.clone(),
            (Some("user"), None) => "Somebody who is no longer on the staff".to_owned(),
            (Some("api_key"), None) => "An API key".to_owned(),
            _ => "MemberPulse".to_owned(),
        };
        if entry.get(&AUDIT_LOG, "impersonatorId").is_null() { name } else { format!("Support, as {name}") }
    }
}

fn act(entry: &Record, resource: &'static Resource, place: &Place, names: &Names) -> Act {
    let action = entry.text(&AUDIT_LOG, "action").unwrap_or_default();
    let what = match action {
        "create" => "created it".to_owned(),
        "update" => "changed it".to_owned(),
        "delete" => "deleted it".to_owned(),
        "merge" => "merged another record into it".to_owned(),
        other => {
            let mut words = crate::acts::act(other);
            words.get_mut(..1).map(str::make_ascii_lowercase);
            words
        }
    };
    let when = entry.timestamp(&AUDIT_LOG, "createdAt").unwrap_or(Timestamp::from_micros(0));
    let changes: Json = entry
        .text(&AUDIT_LOG, "changes")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let change = |(name, change): (&String, &Json)| {
        let field = resource.field(name)?;
        let side = |side: &str| place.show_json(name, field.kind, change.get(side).unwrap_or(&Json::Null));
        let (old, new) = (side("old"), side("new"));
        let both_nothing = old == Shown::Nothing && new == Shown::Nothing;
        let told = !both_nothing && !matches!(field.name, "id" | "createdAt");
        told.then(|| (words::label(name), old.brief(), new.brief()))
    };
    Act {
        what,
        who: names.actor(entry),
        when: place.moment(when),
        from: entry.text(&AUDIT_LOG, "ipAddress").unwrap_or_default().to_owned(),
        changes: changes.as_object().into_iter().flatten().filter_map(change).collect(),
        is_first: action == "create",
    }
}
