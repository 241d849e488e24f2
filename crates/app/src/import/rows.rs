//! Reading a CSV file row by row, whatever is wrong with it, in bounded memory.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Most bytes of one row. A quote that is never closed would otherwise take the whole file for one.
const LONGEST_ROW: u64 = 4 * 1024 * 1024;
/// How much the CSV reader reads ahead.
const BUFFER: usize = 64 * 1024;
/// Most columns of a file.
const MOST_COLUMNS: usize = 1_000;

/// Why a file as a whole cannot be imported, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable(pub(super) String);

impl Unreadable {
    pub(crate) fn new(why: String) -> Self {
        Self(why)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A row as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its cells.
    pub(crate) cells: csv::ByteRecord,
    /// The line on which it begins, from 1.
    pub(crate) line: u64,
}

/// The rows of a file after its header.
pub(crate) struct Rows<R> {
    reader: csv::Reader<Bounded<R>>,
    header: Vec<String>,
    row_began: Arc<AtomicU64>,
    ends_in_crlf: Arc<AtomicBool>,
}

impl<R: Read> Rows<R> {
    /// Reads the header. `position` tells the bytes read from then on.
    pub(crate) fn open(file: R, position: Arc<AtomicU64>) -> Result<Self, Unreadable> {
        let row_began = Arc::new(AtomicU64::new(0));
        let ends_in_crlf = Arc::new(AtomicBool::new(false));
        let bounded = Bounded {
            file,
            position,
            row_began: row_began.clone(),
            ends_in_crlf: ends_in_crlf.clone(),
            begun: false,
        };
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).buffer_capacity(BUFFER);
        let mut reader = builder.from_reader(bounded);
        let header = reader.byte_headers().map_err(|error| explain(&error))?.clone();
        if header.is_empty() {
            let text = "The file is empty; its first row must name the columns.";
            return Err(Unreadable(text.to_owned()));
        }
        if header.len() > MOST_COLUMNS {
            return Err(Unreadable(format!(
                "The file has {} columns; at most {MOST_COLUMNS} are read. Is it really CSV with commas?",
                header.len()
            )));
        }
        let header = header.iter().map(column_name).collect::<Result<Vec<_>, _>>()?;
        check_header(&header)?;
        Ok(Self { reader, header, row_began, ends_in_crlf })
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row; none at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        self.row_began.store(self.reader.position().byte(), Ordering::Relaxed);
        let mut cells = csv::ByteRecord::new();
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut cells) {
            Ok(true) => {
                let line = cells.position().map_or(line, csv::Position::line);
                // The reader counts the second half of CRLF with the row after it.
                let line = line + u64::from(self.ends_in_crlf.load(Ordering::Relaxed));
                Ok(Some(Row { cells, line }))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(explain(&error)),
        }
    }
}

fn column_name(bytes: &[u8]) -> Result<String, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(_) => Err(Unreadable(
            "The names of the columns are not UTF-8. Save the file as \"CSV UTF-8\" and import it again."
                .to_owned(),
        )),
    }
}

fn check_header(header: &[String]) -> Result<(), Unreadable> {
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && header[..index].contains(name) {
            return Err(Unreadable(format!(
                "The column {name} is there twice. Rename or remove one of them, so that it is clear which \
                 one counts."
            )));
        }
    }
    Ok(())
}

fn explain(error: &csv::Error) -> Unreadable {
    Unreadable(match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => error.to_string(),
        _ => format!("The file cannot be read: {error}"),
    })
}

/// A reader that refuses to go on when one row becomes too long.
struct Bounded<R> {
    file: R,
    position: Arc<AtomicU64>,
    row_began: Arc<AtomicU64>,
    ends_in_crlf: Arc<AtomicBool>,
    begun: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.position.load(Ordering::Relaxed);
        let began = self.row_began.load(Ordering::Relaxed);
        if position.saturating_sub(began) > LONGEST_ROW {
            let text = format!(
                "The row that begins {began} bytes into the file is longer than {} MiB. A quote is probably \
                 opened there and never closed.",
                LONGEST_ROW / 1024 / 1024
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let count = self.file.read(buffer)?;
        self.position.fetch_add(count as u64, Ordering::Relaxed);
        if !std::mem::replace(&mut self.begun, true) {
            let read = buffer.get(..count).unwrap_or_default();
            let end = read.iter().position(|byte| *byte == b'\n');
            let before = end.and_then(|end| read.get(end.checked_sub(1)?));
            self.ends_in_crlf.store(before == Some(&b'\r'), Ordering::Relaxed);
        }
        Ok(count)
    }
}
