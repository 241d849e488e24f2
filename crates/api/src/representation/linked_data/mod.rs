//! JSON-LD with the Hydra vocabulary, as API Platform serves it and its clients read it.
//!
//! Names without a prefix, as since API Platform 4: its clients read `totalItems` and its kin in both
//! forms, but a total of zero only in this one. The contexts give all names their full meaning, so that
//! any other reader of JSON-LD understands them too.

mod context;
mod documentation;
mod input;
mod record;
mod search;

pub(crate) use context::context;
pub(crate) use documentation::documentation;
pub(crate) use input::without_linked_data;
pub(crate) use record::{list, write_record, write_row};

use axum::http::HeaderValue;
use domain::definition::{Field, Kind, Registry, Resource};
use domain::resources::OWN;

/// The path of the documentation that says what all names mean.
pub(crate) const DOCUMENTATION: &str = "/api/docs.jsonld";

/// The entry point's class and its context.
pub(crate) const ENTRY_POINT: &str = "Entrypoint";

/// Everything that has a collection of its own: the resources of this server, its settings and logs.
pub(crate) fn collections(registry: Registry) -> impl Iterator<Item = &'static Resource> {
    registry.iter().chain(OWN.iter()).filter(|resource| resource.parent.is_none())
}

/// The class of a resource's records: `Member`.
pub(crate) fn class(resource: &Resource) -> String {
    capitalised(resource.name)
}

/// The class of the objects in a list field: `EventSpeakers`.
fn class_of_items(resource: &Resource, field: &Field) -> String {
    format!("{}{}", class(resource), capitalised(field.name))
}

/// What a field means: a term that everybody knows, or one of this API's own, relative to its
/// documentation.
fn meaning(class: &str, field: &Field) -> String {
    match (field.name, field.kind) {
        // By these the clients know which field shows a record in a list, and which are addresses.
        ("name", Kind::Text { .. }) => "https://schema.org/name".to_owned(),
        ("email", Kind::Email) => "https://schema.org/email".to_owned(),
        (name, _) => format!("{class}/{name}"),
    }
}

/// The header by which Hydra's clients find the documentation.
pub(crate) fn documentation_link(base: &str) -> HeaderValue {
    let relation = "http://www.w3.org/ns/hydra/core#apiDocumentation";
    let link = format!("<{base}{DOCUMENTATION}>; rel=\"{relation}\"");
    // A public URL that is no header text is no address either.
    HeaderValue::try_from(link).unwrap_or(HeaderValue::from_static("<>"))
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
