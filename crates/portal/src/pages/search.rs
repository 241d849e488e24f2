//! Search over everything that the user may see: the palette's, and a page of its own.

use askama::Template;
use domain::Resource;
use domain::listing::{self, Lenience};

use crate::display;
use crate::form::Form;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/search.html")]
pub(crate) struct SearchPage {
    pub(crate) shell: Shell,
    pub(crate) query: String,
    pub(crate) groups: Vec<Group>,
}

/// What was found of one resource.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) icon: &'static str,
    pub(crate) found: Vec<Found>,
    /// The list of all that match.
    pub(crate) all: String,
}

/// A record that was found.
pub(crate) struct Found {
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) about: String,
}

const SHOWN: &str = "6";

/// `GET /search`
pub(crate) async fn show(visit: &Visit) -> Page {
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    let query = asked.get("q").unwrap_or_default().trim().chars().take(200).collect::<String>();
    let mut groups = Vec::new();
    if query.chars().any(char::is_alphanumeric) {
        for layout in visit.config.layouts {
            let resource = visit.app.registry().by_plural(layout.plural);
            if let Some(resource) = resource.filter(|it| !it.search.is_empty() && visit.can(&it.read_scope()))
            {
                groups.extend(group(visit, resource, &query).await?);
            }
        }
    }
    visit.page(&SearchPage { shell: visit.shell("Search"), query, groups })
}

async fn group(
    visit: &Visit,
    resource: &'static Resource,
    query: &str,
) -> Result<Option<Group>, crate::failure::PageError> {
    let layout = visit.layout(resource)?;
    let asked = [("search", query), ("itemsPerPage", SHOWN), ("count", "false")];
    let question = listing::parse(resource, asked, Lenience::Strict)?;
    let place = visit.place();
    let mut found = Vec::new();
    let each = |row: &app::RecordRow<'_, '_>| {
        let record = row.record()?;
        let Some(id) = record.id() else { return Ok(()) };
        let about =
            layout.subtitle.iter().filter_map(|name| resource.field(name).zip(resource.position(name)));
        let about = about.map(|(field, position)| place.show(field, record.at(position)).brief());
        found.push(Found {
            href: format!("/{}/{id}", resource.segment()),
            title: display::title(resource, &record, layout.title),
            about: about.filter(|text| text != "—").collect::<Vec<_>>().join(" · "),
        });
        Ok(())
    };
    visit.app.list(visit.tenant()?, resource, &question, each).await?;
    let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    Ok((!found.is_empty()).then(|| Group {
        title: words::capitalised(&resource.plural_noun()),
        icon: layout.icon,
        found,
        all: format!("/{}?search={encoded}", resource.segment()),
    }))
}
