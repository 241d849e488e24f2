//! A table of records: a header row of field names, then a row for each record.

use domain::Timestamp;
use domain::definition::{Kind, Resource};
use domain::json::ValueRef;

use super::cell::write_cell;
use crate::db::DbError;
use crate::records::RecordRow;

/// Writes records as CSV. What was written is taken out in parts, so that a table of any length
/// needs little memory.
pub struct Table {
    resource: &'static Resource,
    /// Positions of the fields that have a column.
    columns: Vec<usize>,
    with_deleted: bool,
    writer: csv::Writer<Vec<u8>>,
    cell: Vec<u8>,
}

impl Table {
    /// A table with its header row: a column for each of the named fields in the order given, or for
    /// all. Where deleted records are listed too, `deletedAt` and `mergedInto` come after them.
    #[must_use]
    pub fn new(resource: &'static Resource, fields: Option<&[&'static str]>, with_deleted: bool) -> Self {
        let columns: Vec<usize> = match fields {
            Some(names) => names.iter().filter_map(|name| resource.position(name)).collect(),
            None => (0..resource.fields.len()).collect(),
        };
        let mut table = Self { resource, columns, with_deleted, writer: writer(), cell: Vec::new() };
        for column in 0..table.columns.len() {
            let field = table.columns.get(column).and_then(|&position| resource.fields.get(position));
            table.put(field.map_or("", |field| field.name).as_bytes());
        }
        if with_deleted {
            table.put(b"deletedAt");
            table.put(b"mergedInto");
        }
        table.end_row();
        table
    }

    /// Adds the row of a record, as it shows itself at this moment.
    pub fn write(&mut self, row: &RecordRow<'_, '_>, now: Timestamp) -> Result<(), DbError> {
        let tombstone = row.tombstone()?;
        let derived = self.resource.derived.filter(|_| tombstone.is_none());
        let derived = match derived {
            Some(rule) if row.shows_derived(now)? => Some(rule),
            _ => None,
        };
        for column in 0..self.columns.len() {
            let Some(&position) = self.columns.get(column) else { continue };
            let Some(field) = self.resource.fields.get(position) else { continue };
            // Nothing but this is left of a deleted record (API §4).
            if tombstone.is_some() && !matches!(field.name, "id" | "version") {
                self.put(b"");
                continue;
            }
            match derived {
                Some(rule) if rule.field == field.name => self.put(rule.shown.as_bytes()),
                _ => self.put_value(field.kind, row.get(position)?),
            }
        }
        if self.with_deleted {
            let deleted_at = tombstone.map(|it| ValueRef::Integer(it.deleted_at.as_micros()));
            self.put_value(Kind::Timestamp, deleted_at.unwrap_or(ValueRef::Null));
            let merged_into = tombstone.and_then(|it| it.merged_into);
            self.put_value(Kind::Id, merged_into.map_or(ValueRef::Null, ValueRef::Id));
        }
        self.end_row();
        Ok(())
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        // A vector takes everything that is flushed into it.
        std::mem::replace(&mut self.writer, writer()).into_inner().unwrap_or_default()
    }

    fn put_value(&mut self, kind: Kind, value: ValueRef<'_>) {
        self.cell.clear();
        write_cell(&mut self.cell, kind, value);
        // Writing into a vector cannot fail.
        drop(self.writer.write_field(&self.cell));
    }

    fn put(&mut self, text: &[u8]) {
        drop(self.writer.write_field(text));
    }

    fn end_row(&mut self) {
        drop(self.writer.write_record(None::<&[u8]>));
    }
}

fn writer() -> csv::Writer<Vec<u8>> {
    let mut builder = csv::WriterBuilder::new();
    // RFC 4180 §2.1: lines end in CRLF. `flexible` leaves out a check of the number of columns, which
    // starts anew in each part.
    builder.terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new())
}
