//! Bodies: a record that passes shows itself as JSON that passes too and changes nothing, and a patch
//! that is applied twice changes nothing the second time (RFC 7396).

use app::csv::{read_cell, write_cell};
use domain::definition::Resource;
use domain::input::{Context, Mode, apply};
use domain::json::{self, Layout, Object, ValueRef};
use domain::record::Record;
use serde_json::Value as Json;

use super::{context, resource};

/// The first line of the data names a resource, the second is the body of a POST, each further one that of a
/// PATCH.
pub(crate) fn check(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let name = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let Some(resource) = name.and_then(resource) else { return };
    let context = context();
    let mut stored: Option<Record> = None;
    for line in lines {
        let Some(body) = object(line) else { continue };
        let mode = if stored.is_some() { Mode::Patch } else { Mode::Create };
        match apply(resource, stored.as_ref(), &body, mode, &context) {
            Ok(record) => {
                if mode == Mode::Patch {
                    let twice = apply(resource, Some(&record), &body, mode, &context);
                    assert_eq!(twice.as_ref(), Ok(&record), "a patch applied twice");
                }
                comes_back(resource, &record, &context);
                stored = Some(record);
            }
            Err(problem) => {
                assert!(!problem.violations.is_empty() || !problem.detail.is_empty());
                assert!(problem.violations.iter().all(|violation| !violation.message.is_empty()));
            }
        }
    }
}

/// Reads a JSON object the strict way, which agrees with the usual one but for keys given twice.
pub(crate) fn object(text: &[u8]) -> Option<Object> {
    let strict = json::parse(text);
    let usual = serde_json::from_slice::<Json>(text);
    match (strict, usual) {
        (Ok(strict), Ok(usual)) => {
            assert_eq!(strict, usual);
            match strict {
                Json::Object(object) => Some(object),
                _ => None,
            }
        }
        (Err(error), Ok(_)) => {
            assert!(error.to_string().contains("is given twice"), "{error}");
            None
        }
        (Err(_), Err(_)) => None,
        (Ok(_), Err(error)) => panic!("taken, though {error}"),
    }
}

/// The record as clients see it.
pub(crate) fn shown(resource: &'static Resource, record: &Record, context: &Context) -> Object {
    let mut out = Vec::new();
    Layout::new(resource, None).write_record(&mut out, context.now, record);
    object(&out).expect("a record is shown as an object")
}

/// A record that may be stored can be sent back as it is shown, and as the cells of a table.
pub(crate) fn comes_back(resource: &'static Resource, record: &Record, context: &Context) {
    let shown = shown(resource, record, context);
    assert_eq!(shown.len(), resource.fields.len());
    // A null among its custom fields is a value to PUT, while PATCH takes the key away (RFC 7396).
    let has_null = |it: &Json| it.as_object().is_some_and(|keys| keys.values().any(Json::is_null));
    let patched = (!shown.get("customFields").is_some_and(has_null)).then_some(Mode::Patch);
    for mode in [Mode::Replace].into_iter().chain(patched) {
        let again = apply(resource, Some(record), &shown, mode, context);
        assert_eq!(again.as_ref(), Ok(record), "{mode:?} of {}", Json::Object(shown.clone()));
    }
    for (position, field) in resource.fields.iter().enumerate() {
        let value = record.at(position);
        let mut cell = Vec::new();
        write_cell(&mut cell, field.kind, ValueRef::from(value));
        let cell = std::str::from_utf8(&cell).expect("a cell is text");
        let spreadsheet = cell.trim_start();
        let number =
            spreadsheet.strip_prefix('-').is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
        assert!(number || !spreadsheet.starts_with(['=', '+', '@', '-']), "a formula: {cell:?}");
        let read = read_cell(field.kind, cell).unwrap_or_else(|error| panic!("{cell:?}: {error}"));
        assert_eq!(read, json::to_json(field.kind, value), "{cell:?} of {}", field.name);
    }
}
