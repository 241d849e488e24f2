//! Rows of the audit log (domain §6): append-only, in the transaction of what they tell of.

use db::{DbError, Param};
use domain::definition::{Kind, Resource};
use domain::id::AuditId;
use domain::json::{Object, ValueRef, write_value};
use domain::{Record, Timestamp};
use serde_json::{Value as Json, json};

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
    /// `{field: {old, new}}`, as JSON text.
    pub(crate) changes: String,
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
            changes: "{}".to_owned(),
            at,
        })
    }

    /// Tells what came of it.
    pub(crate) fn telling(mut self, details: &Object) -> Self {
        self.changes = new_values(details).to_string();
        self
    }

    /// Tells which value was replaced by which.
    pub(crate) fn replacing(mut self, field: &str, old: &Json, new: &Json) -> Self {
        self.changes = json!({field: {"old": old, "new": new}}).to_string();
        self
    }

    /// Tells what [`write_differences`] wrote.
    pub(crate) fn changing(mut self, differences: Vec<u8>) -> Self {
        // JSON that this program wrote is always UTF-8.
        self.changes = String::from_utf8(differences).unwrap_or_default();
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
            optional(self.actor.impersonator.map(|it| it.to_string())),
            optional(self.actor.ip_address),
            optional(self.actor.user_agent),
            optional(self.actor.request_id),
            Param::Text(self.changes),
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

/// The fields in which two records differ, by position. Version and `updatedAt` differ always and are
/// left out.
pub(crate) fn differing_fields(
    resource: &Resource,
    old: Option<&Record>,
    new: Option<&Record>,
) -> Vec<usize> {
    let told = |position: &usize| !matches!(resource.fields[*position].name, "version" | "updatedAt");
    let differs = |position: &usize| value(old, *position) != value(new, *position);
    (0..resource.fields.len()).filter(told).filter(differs).collect()
}

/// The value of a field of a record; null where there is no record.
fn value(record: Option<&Record>, position: usize) -> ValueRef<'_> {
    record.map_or(ValueRef::Null, |record| record.at(position).into())
}

/// Appends some fields of two records as `{field: {old, new}}`.
pub(crate) fn write_differences(
    out: &mut Vec<u8>,
    resource: &Resource,
    fields: &[usize],
    old: Option<&Record>,
    new: Option<&Record>,
) {
    write_object(out, resource, fields, |out, position, kind| {
        if resource.fields[position].confidential {
            // That it changed is told, but not what it was or is.
            out.extend_from_slice(b"{\"old\":\"(hidden)\",\"new\":\"(hidden)\"}");
            return;
        }
        out.extend_from_slice(b"{\"old\":");
        write_value(out, kind, value(old, position));
        out.extend_from_slice(b",\"new\":");
        write_value(out, kind, value(new, position));
        out.push(b'}');
    });
}

/// Appends some fields of a record as an object.
pub(crate) fn write_fields(out: &mut Vec<u8>, resource: &Resource, fields: &[usize], record: &Record) {
    write_object(out, resource, fields, |out, position, kind| {
        write_value(out, kind, record.at(position).into());
    });
}

/// Text at once, and no tree of values on the way: that would be a tenth of what a change costs.
fn write_object(
    out: &mut Vec<u8>,
    resource: &Resource,
    fields: &[usize],
    write: impl Fn(&mut Vec<u8>, usize, Kind),
) {
    out.push(b'{');
    for (index, &position) in fields.iter().enumerate() {
        let field = &resource.fields[position];
        out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        write(out, position, field.kind);
    }
    out.push(b'}');
}
