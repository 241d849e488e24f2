//! From a record of ours, as the API shows it, to the outside system's shape.

use serde_json::Value as Json;

use super::Mapping;
use crate::json::Object;

impl Mapping {
    /// The outside form of a record. Fields that the record does not show are left out; a custom field
    /// that it does not have is null.
    #[must_use]
    pub fn outbound(&self, record: &Object) -> Object {
        let mut external = Object::new();
        for rule in self.rules.iter().filter(|rule| rule.direction.is_outbound()) {
            let Some(shown) = record.get(rule.target.field.name) else { continue };
            let value = match &rule.target.key {
                None => shown.clone(),
                Some(key) => shown.get(key).cloned().unwrap_or(Json::Null),
            };
            let backwards = rule.transforms.iter().rev();
            let value = backwards.fold(value, |value, transform| transform.outbound(value, &self.zone));
            external.insert(rule.external.clone(), value);
        }
        external
    }
}

/// A value as the text of a CSV cell: nothing for null, JSON for lists and objects.
#[must_use]
pub fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
