//! A mapping as JSON: what [`Mapping::parse`] reads, with every member written out.

use serde_json::{Value as Json, json};

use super::{Mapping, Rule};

impl Mapping {
    /// The rules as a list: the form in which an integration keeps them.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.rules.iter().map(Rule::to_json).collect()
    }

    /// Resource and rules: the form of a mapping file.
    #[must_use]
    pub fn to_file(&self) -> Json {
        json!({"resource": self.resource.plural, "rules": self.to_json()})
    }
}

impl Rule {
    /// The rule as JSON, all four members written out.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let transforms: Vec<Json> =
            self.transforms.iter().map(super::transform::Transform::to_json).collect();
        json!({
            "external": self.external,
            "field": self.field(),
            "direction": self.direction.word(),
            "transforms": transforms,
        })
    }
}
