//! Samples that a mapping is tried on: pasted or sent, as JSON or CSV, and what becomes of each.

use app::MappingPreview;
use app::csv::first_rows;
use domain::definition::Resource;
use domain::json::Object;
use serde_json::{Value as Json, json};

use crate::components::target_words;
use crate::display::{Place, Shown};
use crate::pages::import::said;

/// Records of a sample that are tried.
const MOST: usize = 5;

/// What becomes of a record.
pub(super) struct PreviewView {
    pub(super) title: String,
    /// In a word, with the class of its colours.
    pub(super) verdict: (&'static str, &'static str),
    pub(super) faults: Vec<String>,
    pub(super) facts: Vec<(String, Shown)>,
    /// Columns that nothing is read from.
    pub(super) unread: String,
}

/// The text of a file that was sent; of a long one whole lines.
pub(super) fn text_of(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file).into_owned();
    let is_table = !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    match text.rfind('\n').filter(|_| is_table && file.len() >= super::MAX_SAMPLE) {
        Some(end) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// The first records of a sample; none of an empty one.
pub(super) fn samples(text: &str) -> Result<Vec<Object>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.starts_with(['{', '[']) {
        return match domain::json::parse(text.as_bytes()) {
            Ok(Json::Object(record)) => Ok(vec![record]),
            Ok(Json::Array(items)) => {
                let record = |item: Json| match item {
                    Json::Object(record) => Ok(record),
                    _ => Err("A list must have objects in it, each a record.".to_owned()),
                };
                items.into_iter().take(MOST).map(record).collect()
            }
            _ => Err("This is no JSON that can be read. Paste one whole record, from { to }.".to_owned()),
        };
    }
    let Some((header, rows)) = first_rows(text, MOST) else {
        return Err("The first line must have the names of the columns.".to_owned());
    };
    if rows.is_empty() {
        return Err("Paste a line of values below the names of the columns, too.".to_owned());
    }
    let record = |row: Vec<String>| {
        let cells = header.iter().cloned().zip(row.into_iter().map(|cell| json!(cell)));
        cells.filter(|(name, _)| !name.trim().is_empty()).collect()
    };
    Ok(rows.into_iter().map(record).collect())
}

/// The values of a record as texts, by column.
pub(super) fn texts_of(record: &Object) -> Vec<(String, String)> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    record
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// What becomes of a record, in words.
pub(super) fn previewed(
    resource: &'static Resource,
    number: usize,
    preview: &MappingPreview,
    place: &Place,
) -> PreviewView {
    let fact = |(name, value): (&String, &Json)| {
        let field = resource.field(name)?;
        Some((target_words(name), place.show_json(name, field.kind, value)))
    };
    PreviewView {
        title: format!("Record {number}"),
        verdict: match (preview.violations.is_empty(), preview.matches) {
            (false, _) => ("Cannot be stored", "red"),
            (true, Some(_)) => ("Changes a record", "blue"),
            (true, None) => ("Makes a new record", "green"),
        },
        faults: preview.violations.iter().map(|it| said(resource, &it.message)).collect(),
        facts: preview.record.iter().filter_map(fact).filter(|(_, shown)| !shown.is_nothing()).collect(),
        unread: preview.unread.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_json_or_csv() {
        let names =
            |text: &str| samples(text).unwrap().into_iter().map(|it| it.keys().cloned().collect()).collect();
        let all: Vec<Vec<String>> = names("{\"Id\": 1, \"Mail\": null}");
        assert_eq!(all, [["Id", "Mail"]]);
        let all: Vec<Vec<String>> = names("Id;Mail\n1;a@example.org\n2;b@example.org\n");
        assert_eq!(all, [["Id", "Mail"], ["Id", "Mail"]]);
        assert_eq!(samples("[{\"a\": 1}, {\"a\": 2}]").unwrap().len(), 2);
        assert!(samples(" \n ").unwrap().is_empty());
        assert!(samples("{\"Id\"").unwrap_err().contains("no JSON"));
        assert!(samples("[1]").unwrap_err().contains("objects"));
        assert!(samples("Id,Mail").unwrap_err().contains("line of values"));
    }

    #[test]
    fn long_tables_end_with_a_whole_line() {
        let mut table = "Id\n".to_owned();
        while table.len() < super::super::MAX_SAMPLE {
            table.push_str("12345\n");
        }
        table.truncate(super::super::MAX_SAMPLE);
        assert!(text_of(table.as_bytes()).ends_with("12345"));
        assert_eq!(text_of(b"Id\n1"), "Id\n1");
    }
}
