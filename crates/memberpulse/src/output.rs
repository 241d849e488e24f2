//! Writing to the terminal or whatever stands in its place. Results go to standard output, everything
//! else to standard error; a reader who has gone (`| head`) is no reason to panic.

use std::io::{ErrorKind, Write as _};

use serde_json::Value as Json;

use crate::halt::Halt;

/// Writes a result.
pub(crate) fn print(text: &str) -> Result<(), Halt> {
    print_bytes(text.as_bytes())
}

fn finish(written: std::io::Result<()>) -> Result<(), Halt> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Halt::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a part of a result.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Halt> {
    let mut out = std::io::stdout().lock();
    finish(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Writes a result as one JSON document on one line.
pub(crate) fn print_json(document: &Json) -> Result<(), Halt> {
    print(&format!("{document}\n"))
}

/// Writes a message for people. When nobody can read it there is nobody to tell.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Lines of names and values, the values below each other; without those that have no value.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}

/// A table with a head, its columns below each other.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let length = |text: &str| text.chars().count();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| length(cell));
            cells.fold(length(name), usize::max)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: String = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        format!("{}\n", cells.trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = vec![vec!["a".to_owned(), "Ångström".to_owned()], vec!["bbb".to_owned(), "x".to_owned()]];
        assert_eq!(table(&["ID", "NAME"], &rows), "ID   NAME\na    Ångström\nbbb  x\n");
        let lines = pairs(&[("id", "1".to_owned()), ("plan", String::new()), ("name", "x".to_owned())]);
        assert_eq!(lines, "id    1\nname  x\n");
    }
}
