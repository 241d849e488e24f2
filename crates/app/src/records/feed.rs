//! What a change leaves behind beside the record: its audit row and its row in the change feed, with
//! the same sequence number (API §6).

use db::Param;
use domain::definition::Resource;
use domain::id::AuditId;
use domain::{Record, RecordId};

use super::audit::{AuditEntry, differing_fields, write_differences, write_fields};
use super::change::Work;
use crate::changes::json_text;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::INSERT_CHANGE;

impl Work {
    /// Adds the audit row of a change and, where it has a number, the row in the feed.
    pub(super) async fn note(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        sequence: Option<i64>,
        old: Option<&Record>,
        new: Option<&Record>,
        merged_into: Option<RecordId>,
    ) -> Result<(), Failure> {
        let resource = self.schema.resource;
        let Some(shown) = new.or(old) else { return Ok(()) };
        let Some(id) = shown.id() else { return Err(Failure::internal("a record without an id")) };
        let fields = differing_fields(resource, old, new);
        let mut changes = Vec::with_capacity(2_048);
        write_differences(&mut changes, resource, &fields, old, new);
        let mut previous = Vec::new();
        match old.zip(new) {
            Some((old, _)) => write_fields(&mut previous, resource, &fields, old),
            None => previous.extend_from_slice(b"{}"),
        }
        if let Some(into) = merged_into {
            add_member(&mut changes, &format!("\"mergedInto\":{{\"old\":null,\"new\":\"{into}\"}}"));
        }
        let audit = AuditEntry {
            id: AuditId::new(self.now, self.app.random_bytes()?),
            sequence,
            action: match (old, new) {
                (None, _) => "create",
                (_, Some(_)) => "update",
                (_, None) if merged_into.is_some() => "merge",
                (_, None) => "delete",
            },
            resource_type: resource.name,
            resource_id: Some(id.to_string()),
            actor: self.actor.clone(),
            changes: json_text(changes)?,
            at: self.now,
        };
        audit.insert(tx).await?;
        let Some(sequence) = sequence else { return Ok(()) };
        let mut data = Vec::with_capacity(2_048);
        self.schema.layout.write_record(&mut data, self.now, shown);
        if let Some(into) = merged_into {
            add_member(&mut data, &format!("\"mergedInto\":\"{into}\""));
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
            self.actor.integration.map_or(Param::Null, |it| Param::Uuid(it.uuid())),
            Param::Text(json_text(data)?),
            Param::Text(json_text(previous)?),
            Param::Integer(self.now.as_micros()),
        ];
        tx.execute(&INSERT_CHANGE, params).await?;
        Ok(())
    }
}

/// Adds a member to the JSON of an object that has one already, as those of records have.
fn add_member(object: &mut Vec<u8>, member: &str) {
    object.pop();
    object.push(b',');
    object.extend_from_slice(member.as_bytes());
    object.push(b'}');
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
