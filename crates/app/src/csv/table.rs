//! A table of records: a header row of field names, then a row for each record.

use domain::Timestamp;
use domain::definition::{Field, Kind, Resource};
use domain::json::ValueRef;

use super::cell::write_cell;
use crate::db::DbError;
use crate::records::RecordRow;

/// Writes records as CSV. What was written is taken out in parts, so that a table of any length
/// needs little memory.
pub struct Table {
    resource: &'static Resource,
    /// The fields that have a column, with their positions.
    columns: Vec<(usize, &'static Field)>,
    with_deleted: bool,
    lines: Lines,
}

impl Table {
    /// A table with its header row: a column for each of the named fields in the order given, or for
    /// all. Where deleted records are listed too, `deletedAt` and `mergedInto` come after them.
    #[must_use]
    pub fn new(resource: &'static Resource, fields: Option<&[&'static str]>, with_deleted: bool) -> Self {
        let all = || resource.fields.iter().enumerate();
        let columns: Vec<_> = match fields {
            Some(names) => {
                names.iter().filter_map(|name| all().find(|(_, field)| field.name == *name)).collect()
            }
            None => all().collect(),
        };
        let mut lines = Lines::new();
        for (_, field) in &columns {
            lines.put(field.name);
        }
        if with_deleted {
            lines.put("deletedAt");
            lines.put("mergedInto");
        }
        lines.end();
        Self { resource, columns, with_deleted, lines }
    }

    /// Adds the row of a record, as it shows itself at this moment.
    pub fn write(&mut self, row: &RecordRow<'_, '_>, now: Timestamp) -> Result<(), DbError> {
        let Self { resource, columns, with_deleted, lines } = self;
        let tombstone = row.tombstone()?;
        let ended = tombstone.is_none() && row.shows_derived(now)?;
        let derived = resource.derived.filter(|_| ended);
        for &(position, field) in &*columns {
            match derived {
                // Nothing but this is left of a deleted record (API §4).
                _ if tombstone.is_some() && !matches!(field.name, "id" | "version") => lines.put(""),
                Some(rule) if rule.field == field.name => lines.put(rule.shown),
                _ => lines.put_value(field.kind, row.get(position)?),
            }
        }
        if *with_deleted {
            let deleted_at = tombstone.map(|it| ValueRef::Integer(it.deleted_at.as_micros()));
            lines.put_value(Kind::Timestamp, deleted_at.unwrap_or(ValueRef::Null));
            let merged_into = tombstone.and_then(|it| it.merged_into);
            lines.put_value(Kind::Id, merged_into.map_or(ValueRef::Null, ValueRef::Id));
        }
        lines.end();
        Ok(())
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.lines.take()
    }
}

/// Lines of cells, quoted where they need it.
struct Lines {
    writer: csv::Writer<Vec<u8>>,
    cell: Vec<u8>,
}

// The writer writes into a vector, which cannot fail.
impl Lines {
    fn new() -> Self {
        Self { writer: Self::writer(), cell: Vec::new() }
    }

    fn writer() -> csv::Writer<Vec<u8>> {
        let mut builder = csv::WriterBuilder::new();
        // RFC 4180 §2.1: lines end in CRLF.
        builder.terminator(csv::Terminator::CRLF).from_writer(Vec::new())
    }

    fn put(&mut self, text: &str) {
        drop(self.writer.write_field(text));
    }

    fn put_value(&mut self, kind: Kind, value: ValueRef<'_>) {
        self.cell.clear();
        write_cell(&mut self.cell, kind, value);
        drop(self.writer.write_field(&self.cell));
    }

    fn end(&mut self) {
        drop(self.writer.write_record(None::<&[u8]>));
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.writer, Self::writer()).into_inner().unwrap_or_default()
    }
}
