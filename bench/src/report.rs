//! What a person sees: progress on standard error, tables on standard output and in the results file.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use crate::settings::Outcome;

/// A message on standard error.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// A passing message: the same line again on a terminal, nothing in a log.
pub(crate) fn progress(text: &str) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        drop(write!(out, "\r\x1b[K{text}"));
        drop(out.flush());
    }
}

/// A result on standard output.
pub(crate) fn say_result(text: &str) {
    progress("");
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// A table in Markdown, its columns as wide as they need to be.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let padded: Vec<String> = cells
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column)))
            .collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let mut out = line(&mut head.iter().map(|&cell| cell.to_owned()));
    out.push_str(&line(&mut (0..head.len()).map(|column| "-".repeat(width(column)))));
    for row in rows {
        out.push_str(&line(&mut row.iter().cloned()));
    }
    out
}

/// `yes`, `no`, or nothing where nothing must be reached.
pub(crate) fn reached(target: Option<f64>, ratio: f64) -> String {
    target.map_or_else(
        String::new,
        |target| if ratio >= target { "yes".to_owned() } else { "**no**".to_owned() },
    )
}

/// Replaces what stands between the marks of a section in the results file.
pub(crate) fn replace(file: &Path, section: &str, text: &str) -> Outcome<()> {
    let (begin, end) = (format!("<!-- {section}: begin -->\n"), format!("<!-- {section}: end -->"));
    let old = fs::read_to_string(file)?;
    let parts = old.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!("{} has no section {section}", file.display()).into());
    };
    fs::write(file, format!("{before}{begin}{text}{end}{after}"))?;
    Ok(())
}
