//! The report of rows that failed: their cells as they were, their line, and the reason. It can be mended
//! and imported in its turn.

use std::io::Write;

use domain::Problem;

use super::rows::Row;

/// The columns that are added to failed rows; a second import of the report does not read them.
const ADDED: [&str; 2] = ["_line", "_error"];

/// The header of the report on a file with this header.
pub(crate) fn failed_header(header: &[String]) -> csv::ByteRecord {
    kept(header).map(String::as_bytes).chain(ADDED.map(str::as_bytes)).collect()
}

/// A row of the report.
pub(crate) fn failed_row(header: &[String], row: &Row, problem: &Problem) -> csv::ByteRecord {
    let kept = kept(header).count();
    let mut record: csv::ByteRecord = row.cells.iter().take(kept).collect();
    while record.len() < kept {
        record.push_field(b"");
    }
    record.push_field(row.line.to_string().as_bytes());
    record.push_field(reason(problem).as_bytes());
    record
}

fn kept(header: &[String]) -> impl Iterator<Item = &String> {
    header.iter().filter(|name| !ADDED.contains(&name.as_str()))
}

/// The report as it is written; without failed rows there is nothing in it.
pub(super) struct FailedRows<'w> {
    writer: csv::Writer<&'w mut (dyn Write + Send)>,
    begun: bool,
}

impl<'w> FailedRows<'w> {
    pub(super) fn start(out: &'w mut (dyn Write + Send)) -> Self {
        Self { writer: csv::WriterBuilder::new().flexible(true).from_writer(out), begun: false }
    }

    pub(super) fn add(&mut self, header: &[String], row: &Row, problem: &Problem) -> std::io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.writer.write_byte_record(&failed_header(header))?;
        }
        self.writer.write_byte_record(&failed_row(header, row, problem))?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Everything that is wrong with a row, in one text.
pub(crate) fn reason(problem: &Problem) -> String {
    if problem.violations.is_empty() {
        return match &problem.hint {
            Some(hint) => format!("{}. {hint}", problem.detail),
            None => problem.detail.clone(),
        };
    }
    let one = |violation: &domain::Violation| match violation.property_path.as_str() {
        "" => violation.message.clone(),
        path => format!("{path}: {}", violation.message),
    };
    problem.violations.iter().map(one).collect::<Vec<_>>().join(" | ")
}
