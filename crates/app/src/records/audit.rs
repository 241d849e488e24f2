//! Rows of the audit log (domain §6): append-only, in the transaction of what they tell of.

use db::{DbError, Param};
use domain::definition::Resource;
use domain::id::AuditId;
use domain::json::{Object, to_json};
use domain::{Record, Timestamp, Value};
use serde_json::{Map, Value as Json, json};

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::INSERT_AUDIT;

/// A row about to be added.
#[derive(Clone, Debug)]
pub(crate) struct AuditEntry {
    pub(crate) id: AuditId,
    pub(crate) sequence: Option<i64>,
    pub(crate) action: &'static str,
    pub(crate) resource_type: &'static str,
    pub(crate) resource_id: Option<String>,
    pub(crate) actor: Actor,
    /// `{field: {old, new}}`
    pub(crate) changes: Json,
    pub(crate) at: Timestamp,
}

impl AuditEntry {
    /// An act that changes no record.
    pub(crate) fn act(
        app: &App,
        action: &'static str,
        resource_type: &'static str,
        resource_id: Option<String>,
        actor: &Actor,
    ) -> Result<Self, Failure> {
        let at = app.now();
        Ok(Self {
            id: AuditId::new(at, app.random_bytes()?),
            sequence: None,
            action,
            resource_type,
            resource_id,
            actor: actor.clone(),
            changes: json!({}),
            at,
        })
    }

    /// Tells what came of it.
    pub(crate) fn telling(mut self, details: &Object) -> Self {
        self.changes = new_values(details);
        self
    }

    /// Tells which value was replaced by which.
    pub(crate) fn replacing(mut self, field: &str, old: &Json, new: &Json) -> Self {
        self.changes = json!({field: {"old": old, "new": new}});
        self
    }

    pub(crate) async fn insert(self, tx: &mut ScopedTx<'_, '_>) -> Result<(), DbError> {
        let optional = |text: Option<String>| text.map_or(Param::Null, Param::Text);
        let params = vec![
            Param::Uuid(self.id.uuid()),
            self.sequence.map_or(Param::Null, Param::Integer),
            Param::Text(self.action.to_owned()),
            Param::Text(self.resource_type.to_owned()),
            optional(self.resource_id),
            Param::Text(self.actor.type_name().to_owned()),
            optional(self.actor.id()),
            optional(self.actor.ip_address),
            optional(self.actor.user_agent),
            optional(self.actor.request_id),
            Param::Text(self.changes.to_string()),
            Param::Integer(self.at.as_micros()),
        ];
        tx.execute(&INSERT_AUDIT, params).await.map(drop)
    }
}

/// What an act came with, in the form of changes: as new values where there were none.
fn new_values(details: &Object) -> Json {
    let values = details.iter().map(|(name, value)| (name.clone(), json!({"old": null, "new": value})));
    Json::Object(values.collect())
}

/// What differs between two records, as `{field: {old, new}}`; version and `updatedAt` differ always
/// and are left out.
pub(crate) fn differences(
    resource: &Resource,
    old: Option<&Record>,
    new: Option<&Record>,
) -> Map<String, Json> {
    let mut found = Map::new();
    for (position, field) in resource.fields.iter().enumerate() {
        if matches!(field.name, "version" | "updatedAt") {
            continue;
        }
        let before = old.map_or(&Value::Null, |record| record.at(position));
        let after = new.map_or(&Value::Null, |record| record.at(position));
        if before != after {
            let pair = json!({"old": to_json(field.kind, before), "new": to_json(field.kind, after)});
            found.insert(field.name.to_owned(), pair);
        }
    }
    found
}
