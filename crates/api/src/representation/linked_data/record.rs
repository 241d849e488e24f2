//! Records and lists of them as JSON-LD: the JSON of a record with what names it and its class in front.

use app::App;
use app::db::DbError;
use axum::http::header;
use axum::response::Response;
use domain::definition::Resource;
use domain::json::{Layout, ValueRef, write_string};
use domain::{Record, Timestamp};

use super::{class, search};
use crate::error::ApiError;
use crate::representation::links::Links;
use crate::representation::{Question, Representation};

/// Appends a row as a document of its own.
pub(crate) fn write_row(
    out: &mut Vec<u8>,
    row: &app::RecordRow<'_, '_>,
    now: Timestamp,
) -> Result<(), DbError> {
    Head::new(row.resource(), true).write(out, row.get(0)?, |out| row.write_json(out, None, now))
}

/// Appends a record in memory as a document of its own.
pub(crate) fn write_record(
    out: &mut Vec<u8>,
    app: &App,
    resource: &'static Resource,
    record: &Record,
    now: Timestamp,
) {
    let id = ValueRef::from(record.at(0));
    let written: Result<(), std::convert::Infallible> = Head::new(resource, true).write(out, id, |out| {
        app.write_json(out, resource, record, now);
        Ok(())
    });
    match written {
        Ok(()) => {}
    }
}

/// A page of a list as a Hydra collection.
pub(crate) async fn list(question: &Question<'_>) -> Result<Response, ApiError> {
    let Question { state, resource, query, now, parts, .. } = question;
    let layout = query.fields.as_deref().map(|names| Layout::new(resource, Some(names)));
    let head = Head::new(resource, false);
    let mut body = Vec::with_capacity(20 * 1_024 + question.room());
    let class = class(resource);
    let path = format!("/api/{}", resource.segment());
    let opening = format!(
        "{{\"@context\":\"/api/contexts/{class}\",\"@id\":\"{path}\",\"@type\":\"Collection\",\"member\":["
    );
    body.extend_from_slice(opening.as_bytes());
    let start = body.len();
    let each = |row: &app::RecordRow<'_, '_>| {
        if body.len() > start {
            body.push(b',');
        }
        head.write(&mut body, row.get(0)?, |out| row.write_json(out, layout.as_ref(), *now))
    };
    let listing = state.app.list(question.tenant(), resource, query, each).await?;
    body.push(b']');
    if let Some(total) = listing.total {
        body.extend_from_slice(format!(",\"totalItems\":{total}").as_bytes());
    }
    let links = Links::of(&parts.uri, query, &listing);
    let here = parts.uri.path_and_query().map_or(path.as_str(), |it| it.as_str());
    write_view(&mut body, here, &links);
    body.extend_from_slice(b",\"search\":");
    search::write(&mut body, resource);
    body.push(b'}');
    let mut response = Representation::LinkedData.response(body);
    if let Some(links) = links.header() {
        response.headers_mut().insert(header::LINK, links);
    }
    Ok(response)
}

/// The page as a part of the collection.
fn write_view(body: &mut Vec<u8>, here: &str, links: &Links) {
    body.extend_from_slice(b",\"view\":{\"@id\":");
    write_string(body, here);
    body.extend_from_slice(b",\"@type\":\"PartialCollectionView\"");
    let others = [
        ("first", Some(&links.first)),
        ("last", links.last.as_ref()),
        ("previous", links.previous.as_ref()),
        ("next", links.next.as_ref()),
    ];
    for (name, address) in others {
        if let Some(address) = address {
            body.extend_from_slice(format!(",\"{name}\":").as_bytes());
            write_string(body, address);
        }
    }
    body.push(b'}');
}

/// What stands in a record before its fields, ready but for the id.
struct Head {
    before: String,
    after: String,
}

impl Head {
    /// With its context where the record is a document of its own.
    fn new(resource: &Resource, own: bool) -> Self {
        let class = class(resource);
        let context = if own { format!("\"@context\":\"/api/contexts/{class}\",") } else { String::new() };
        Self {
            before: format!("{{{context}\"@id\":\"/api/{}/", resource.segment()),
            after: format!("\",\"@type\":\"{class}\""),
        }
    }

    /// Appends the head and, as one object with it, what `fields` appends: a JSON object, whose brace
    /// becomes the comma between the two. It is never empty, since a record shows at least one field.
    fn write<E>(
        &self,
        out: &mut Vec<u8>,
        id: ValueRef<'_>,
        fields: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        out.extend_from_slice(self.before.as_bytes());
        if let ValueRef::Id(uuid) = id {
            out.extend_from_slice(uuid.hyphenated().to_string().as_bytes());
        }
        out.extend_from_slice(self.after.as_bytes());
        let brace = out.len();
        fields(out)?;
        if let Some(byte) = out.get_mut(brace) {
            *byte = b',';
        }
        Ok(())
    }
}
