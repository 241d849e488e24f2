//! An event as a member sees it on a tile and on its page.

use askama::Template;
use domain::definition::Resource;

use super::{Found, RecordHead};
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/preview.html")]
struct PreviewPage {
    shell: Shell,
    record: RecordHead,
    /// Why members do not see it yet, or no longer.
    hidden: String,
    image: String,
    kind: String,
    summary: String,
    when: String,
    whereabouts: Vec<String>,
    join: String,
    description: String,
    speakers: Vec<Speaker>,
    facts: Vec<(String, String)>,
}

struct Speaker {
    name: String,
    about: String,
    photo: String,
    is_main: bool,
}

/// `GET /events/{id}/preview`
pub(crate) async fn preview(visit: &Visit, resource: &'static Resource) -> Page {
    let found = Found::of(visit, resource).await?;
    let record = &found.record;
    let text = |name: &str| record.text(resource, name).unwrap_or_default().to_owned();
    let moment = |name: &str| record.timestamp(resource, name);
    let when = match (moment("eventStart"), moment("eventEnd")) {
        (Some(start), Some(end)) => found.place.span(start, end),
        (Some(start), None) => found.place.moment(start),
        _ => String::new(),
    };
    let places = ["location", "address", "city", "state"].map(text);
    let shown = |name: &str| {
        let field = resource.field(name)?;
        let shown = found.place.show(field, record.get(resource, name));
        (!shown.is_nothing()).then(|| (words::label(name), shown.brief()))
    };
    let facts = ["topic", "series", "categories", "cpdPoints", "capacity", "registrationDeadline"];
    let hidden = match record.text(resource, "status") {
        Some("published") => String::new(),
        Some("cancelled") => "The event is cancelled: members no longer see it.".to_owned(),
        Some("scheduled") => "Members see it once it is published.".to_owned(),
        _ => "Members do not see a draft. This is how it will look.".to_owned(),
    };
    visit.page_with_images(&PreviewPage {
        shell: visit.shell(&found.title()),
        record: RecordHead::of(visit, &found, "/preview"),
        hidden,
        image: text("featuredImageUrl"),
        kind: words::value(&text("eventType")),
        summary: text("shortDescription"),
        when,
        whereabouts: places.into_iter().filter(|place| !place.is_empty()).collect(),
        join: text("meetingUrl"),
        description: text("description"),
        speakers: speakers(&found),
        facts: facts.into_iter().filter_map(shown).collect(),
    })
}

fn speakers(found: &Found) -> Vec<Speaker> {
    let stored = found.record.text(found.resource, "speakers").unwrap_or("[]");
    let stored: Vec<serde_json::Value> = serde_json::from_str(stored).unwrap_or_default();
    let speaker = |it: &serde_json::Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let about = [text("jobTitle"), text("company")];
        let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
        Speaker {
            name: text("name"),
            about: about.join(", "),
            photo: text("photoUrl"),
            is_main: it["mainSpeaker"] == true,
        }
    };
    let mut all: Vec<Speaker> = stored.iter().map(speaker).collect();
    all.sort_by_key(|speaker| !speaker.is_main);
    all
}
