//! Whole mappings: checked, run both ways, and against the real reading of bodies.

mod bodies;
mod checking;
mod columns;
mod crm;

use serde_json::Value as Json;

use super::Mapping;
use crate::definition::Resource;
use crate::input::Context;
use crate::json::Object;
use crate::problem::Violation;
use crate::time::Timestamp;

fn context() -> Context {
    let now = Timestamp::parse("2026-11-24T00:00:00Z").unwrap();
    Context { integration: true, allow_past: true, ..Context::new(now, "Australia/Sydney", "AU") }
}

fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

fn mapping(resource: &'static Resource, rules: &Json) -> Mapping {
    Mapping::parse(resource, rules).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// Path and code of each violation.
fn codes(found: &[Violation]) -> Vec<(&str, &str)> {
    found.iter().map(|it| (it.property_path.as_str(), it.code)).collect()
}
