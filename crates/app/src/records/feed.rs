//! What a change leaves behind beside the record: its audit row and its row in the change feed, with
//! the same sequence number (API §6).

use db::Param;
use domain::definition::Resource;
use domain::id::AuditId;
use domain::json::{Layout, to_json};
use domain::{Record, RecordId};
use serde_json::{Map, Value as Json, json};

use super::audit::{AuditEntry, differences};
use super::change::Work;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::INSERT_CHANGE;

impl Work {
    /// Adds the audit row and the feed row of a change.
    pub(super) async fn note(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        sequence: i64,
        old: Option<&Record>,
        new: Option<&Record>,
        merged_into: Option<RecordId>,
    ) -> Result<(), Failure> {
        let resource = self.schema.resource;
        let Some(shown) = new.or(old) else { return Ok(()) };
        let Some(id) = shown.id() else { return Err(Failure::internal("a record without an id")) };
        let mut changes = differences(resource, old, new);
        let previous: Map<String, Json> = match old.zip(new) {
            Some((old, _)) => changes
                .keys()
                .filter_map(|name| {
                    Some((name.clone(), to_json(resource.field(name)?.kind, old.get(resource, name))))
                })
                .collect(),
            None => Map::new(),
        };
        if let Some(into) = merged_into {
            changes.insert("mergedInto".to_owned(), json!({"old": null, "new": into.to_string()}));
        }
        let audit = AuditEntry {
            id: AuditId::new(self.now, self.app.random_bytes()?),
            sequence: Some(sequence),
            action: match (old, new) {
                (None, _) => "create",
                (_, Some(_)) => "update",
                (_, None) if merged_into.is_some() => "merge",
                (_, None) => "delete",
            },
            resource_type: resource.name,
            resource_id: Some(id.to_string()),
            actor: self.actor.clone(),
            changes: Json::Object(changes),
            at: self.now,
        };
        audit.insert(tx).await?;
        let mut data = Vec::with_capacity(1_024);
        Layout::new(resource, None).write_record(&mut data, self.now, shown);
        if let Some(into) = merged_into {
            // The record's JSON is an object that is never empty.
            data.pop();
            data.extend_from_slice(format!(",\"mergedInto\":\"{into}\"}}").as_bytes());
        }
        let version = new.map_or_else(|| shown.version() + 1, Record::version);
        let event = AuditId::new(self.now, self.app.random_bytes()?);
        let params = vec![
            Param::Integer(sequence),
            Param::Uuid(event.uuid()),
            Param::Text(event_type(resource, old, new)),
            Param::Text(resource.name.to_owned()),
            Param::Uuid(id.uuid()),
            Param::Integer(version),
            Param::Text(self.actor.type_name().to_owned()),
            self.actor.id().map_or(Param::Null, Param::Text),
            Param::Text(String::from_utf8(data).map_err(|_| Failure::internal("JSON that is not UTF-8"))?),
            Param::Text(Json::Object(previous).to_string()),
            Param::Integer(self.now.as_micros()),
        ];
        tx.execute(&INSERT_CHANGE, params).await?;
        Ok(())
    }
}

/// `member.created`, `member.updated`, `member.deleted`, or a milestone such as `event.published`.
fn event_type(resource: &Resource, old: Option<&Record>, new: Option<&Record>) -> String {
    let status =
        |record: Option<&Record>| record.and_then(|it| it.text(resource, "status")).map(str::to_owned);
    let word = match (old, new) {
        (None, _) => "created".to_owned(),
        (Some(_), None) => "deleted".to_owned(),
        (Some(_), Some(_)) => status(new)
            .filter(|reached| {
                resource.milestones.contains(&reached.as_str()) && status(old).as_ref() != Some(reached)
            })
            .unwrap_or_else(|| "updated".to_owned()),
    };
    format!("{}.{word}", resource.name)
}
