//! What a list can be searched by, as Hydra says it: an IRI template with a mapping for each variable.

use domain::definition::Resource;
use domain::json::write_string;
use domain::listing::known_parameters;

/// Parameters that choose a part or a form of the list and not its records.
const NO_FILTERS: &[&str] = &["page", "itemsPerPage", "cursor", "count", "fields"];

/// Appends the template and its mapping. Only variables that speak of a field name a property: by it
/// clients choose the input to show.
pub(super) fn write(out: &mut Vec<u8>, resource: &Resource) {
    let variables = known_parameters(resource);
    let variables: Vec<&str> =
        variables.iter().map(String::as_str).filter(|name| !NO_FILTERS.contains(name)).collect();
    out.extend_from_slice(b"{\"@type\":\"IriTemplate\",\"template\":");
    write_string(out, &format!("/api/{}{{?{}}}", resource.segment(), variables.join(",")));
    out.extend_from_slice(b",\"variableRepresentation\":\"BasicRepresentation\",\"mapping\":[");
    for (index, variable) in variables.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        out.extend_from_slice(comma.as_bytes());
        out.extend_from_slice(b"{\"@type\":\"IriTemplateMapping\",\"variable\":");
        write_string(out, variable);
        out.extend_from_slice(b",\"property\":");
        match property(resource, variable) {
            Some(name) => write_string(out, name),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"required\":false}");
    }
    out.extend_from_slice(b"]}");
}

/// The field that a variable speaks of: `status[]`, `order[status]` and `exists[status]` of `status`.
fn property(resource: &Resource, variable: &str) -> Option<&'static str> {
    let name = match variable.split_once('[') {
        Some(("order" | "exists", rest)) => rest.trim_end_matches(']'),
        Some((base, _)) => base,
        None => variable,
    };
    resource.field(name).map(|field| field.name)
}
