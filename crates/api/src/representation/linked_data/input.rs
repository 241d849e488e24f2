//! Bodies from clients that speak JSON-LD: what names a record in there is no field of it.

use domain::RecordId;
use domain::definition::Resource;
use domain::json::Object;

/// Takes out what JSON-LD adds to a record. Whatever contradicts the address of the request stays in,
/// and is then refused as any other field that cannot be written.
pub(crate) fn without_linked_data(resource: &Resource, id: Option<RecordId>, body: &mut Object) {
    let id = id.map(|id| id.to_string());
    let address = id.as_ref().map(|id| format!("/api/{}/{id}", resource.segment()));
    body.retain(|name, value| match (name.as_str(), &id, &address) {
        ("@context" | "@id" | "@type", ..) => false,
        // API Platform's admin puts the address of a record into `id`, and its id into `originId`.
        ("id", _, Some(address)) => value.as_str() != Some(address),
        ("originId", Some(id), _) => value.as_str() != Some(id),
        _ => true,
    });
}
