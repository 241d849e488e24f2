//! One row of a resource, as readers see it: straight from the database, or from memory.

use db::{DbError, Row};
use domain::definition::Resource;
use domain::json::{Layout, ValueRef, Values as _, shows_derived_from, write_string};
use domain::{Record, Timestamp};

use crate::store::{RowValues, Schema};

/// A record at hand, or what is left of a deleted one.
pub struct RecordRow<'a, 'r> {
    pub(super) schema: &'a Schema,
    pub(super) row: &'a Row<'r>,
    /// Whether the row has the columns `deleted_at` and `merged_into` after the record's.
    pub(super) with_deleted: bool,
}

/// What is left of a deleted record (API §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tombstone {
    /// The record's id.
    pub id: uuid::Uuid,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Its version after the deletion.
    pub version: i64,
    /// The record that it was merged into.
    pub merged_into: Option<uuid::Uuid>,
}

impl<'r> RecordRow<'_, 'r> {
    fn values(&self) -> RowValues<'_, 'r> {
        RowValues { resource: self.schema.resource, row: self.row }
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &'static Resource {
        self.schema.resource
    }

    /// The stored value of the field at a position.
    pub fn get(&self, position: usize) -> Result<ValueRef<'r>, DbError> {
        self.values().get(position)
    }

    /// The record's version; a row of a log stays at its first.
    pub fn version(&self) -> Result<i64, DbError> {
        self.schema.version.map_or(Ok(1), |position| self.row.integer(position))
    }

    /// Whether the record shows its derived status at this moment.
    pub fn shows_derived(&self, now: Timestamp) -> Result<bool, DbError> {
        shows_derived_from(self.schema.resource, now, &self.values())
    }

    /// What is left of the record, when it was deleted.
    pub fn tombstone(&self) -> Result<Option<Tombstone>, DbError> {
        if !self.with_deleted {
            return Ok(None);
        }
        let columns = self.schema.resource.fields.len();
        let Some(deleted_at) = self.row.optional_integer(columns)? else {
            return Ok(None);
        };
        Ok(Some(Tombstone {
            id: self.row.uuid(0)?,
            deleted_at: Timestamp::from_micros(deleted_at),
            version: self.version()?,
            merged_into: self.row.optional_uuid(columns + 1)?,
        }))
    }

    /// Appends the row as a JSON object: with the fields of the layout, or all of them.
    pub fn write_json(
        &self,
        out: &mut Vec<u8>,
        layout: Option<&Layout>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        if let Some(tombstone) = self.tombstone()? {
            tombstone.write_json(out);
            return Ok(());
        }
        layout.unwrap_or(&self.schema.layout).write(out, now, &self.values())
    }

    /// The whole row as a record.
    pub fn record(&self) -> Result<Record, DbError> {
        crate::store::read_record(self.schema.resource, self.row)
    }
}

impl Tombstone {
    /// Appends `{"id","deletedAt","version"}`, and `mergedInto` where there is one (API §4).
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        write_string(out, &self.id.hyphenated().to_string());
        out.extend_from_slice(b",\"deletedAt\":");
        write_string(out, &self.deleted_at.to_string());
        out.extend_from_slice(format!(",\"version\":{}", self.version).as_bytes());
        if let Some(other) = self.merged_into {
            out.extend_from_slice(b",\"mergedInto\":");
            write_string(out, &other.hyphenated().to_string());
        }
        out.push(b'}');
    }
}
