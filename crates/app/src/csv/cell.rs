//! One cell: a field's value as text that spreadsheets show and do not run.
//!
//! * Null, the empty list and the empty object are the empty cell.
//! * Lists of texts are joined by `;`. A list in which a text contains `;`, or which would begin with
//!   `[`, is JSON text instead. Lists of objects and custom fields are always JSON text.
//! * A text that spreadsheets would take for a formula has an apostrophe in front
//!   (OWASP, "CSV Injection"), and so has one that looks as if it already had.

use domain::definition::Kind;
use domain::json::{self, ValueRef, money, write_value};
use domain::time::Timestamp;
use serde_json::{Number, Value as Json, json};

/// Between the texts of a list.
const SEPARATOR: char = ';';

/// Appends the cell of a stored value, without the quotes that a CSV writer may put around it.
pub fn write_cell(out: &mut Vec<u8>, kind: Kind, value: ValueRef<'_>) {
    match (kind, value) {
        (_, ValueRef::Null) => {}
        (_, ValueRef::Id(uuid)) => out.extend_from_slice(uuid.hyphenated().to_string().as_bytes()),
        (Kind::Timestamp, ValueRef::Integer(micros)) => Timestamp::from_micros(micros).write(out),
        (Kind::Money, ValueRef::Integer(cents)) => out.extend_from_slice(money(cents).as_bytes()),
        (Kind::Tags { .. }, ValueRef::Text(list)) => write_list(out, list),
        (kind, ValueRef::Text("[]" | "{}")) if kind.is_json() => {}
        // Some JSON is shown otherwise than it is stored.
        (kind, value @ ValueRef::Text(_)) if kind.is_json() => write_value(out, kind, value),
        (_, ValueRef::Text(text)) => write_text(out, text),
        (kind, value) => write_value(out, kind, value),
    }
}

/// The JSON of a cell, as a body of the API would bring it. Values that are not of the field's kind
/// come through as texts, so that reading the record says what is wrong with them.
pub fn read_cell(kind: Kind, cell: &str) -> Result<Json, String> {
    let text = unguarded(cell);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(match kind {
            Kind::Tags { .. } | Kind::Objects { .. } => json!([]),
            kind if kind.is_object() => json!({}),
            _ => Json::Null,
        });
    }
    match kind {
        Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(json!(true)),
        Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(json!(false)),
        Kind::Money => Ok(json!(trimmed)),
        kind if kind.is_numeric() => {
            let number = trimmed.parse::<Number>();
            Ok(number.map_or_else(|_| json!(trimmed), Json::Number))
        }
        Kind::Tags { .. } if !trimmed.starts_with('[') => {
            let texts = trimmed.split(SEPARATOR).map(str::trim).filter(|text| !text.is_empty());
            Ok(texts.collect())
        }
        kind if kind.is_json() => json::parse(trimmed.as_bytes())
            .map_err(|error| format!("the cell is not well-formed JSON: {error}")),
        _ => Ok(json!(text)),
    }
}

fn write_list(out: &mut Vec<u8>, list: &str) {
    let texts: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    let joins = texts.first().is_none_or(|first| !first.starts_with('['))
        && !texts.iter().any(|text| text.contains(SEPARATOR));
    if joins {
        write_text(out, &texts.join(";"));
    } else {
        out.extend_from_slice(list.as_bytes());
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let guarded = text.starts_with('\'');
    if begins_a_formula(text.trim_start_matches('\'')) && (guarded || !is_plain_number(text)) {
        out.push(b'\'');
    }
    out.extend_from_slice(text.as_bytes());
}

/// The text without the apostrophe that [`write_text`] put in front.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if begins_a_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Whether a spreadsheet could take the text for a formula: also with the wide signs of East Asian
/// keyboards, and after blanks that it skips. A phone number's plus counts too, since spreadsheets
/// make a number without it of such a cell.
fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// `-12` or `-12.50`: harmless, and a number to anyone who adds the column up.
fn is_plain_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Kind = Kind::Text { min: 1, max: 255 };
    const TAGS: Kind = Kind::Tags { max_items: 50, max_length: 100 };
    const DECIMAL: Kind = Kind::Decimal { min: 0, max: 1_000_000, step: 50 };

    fn written(kind: Kind, value: ValueRef<'_>) -> String {
        let mut out = Vec::new();
        write_cell(&mut out, kind, value);
        String::from_utf8(out).unwrap()
    }

    /// Writes, reads back, and compares with what JSON shows.
    fn comes_back(kind: Kind, value: ValueRef<'_>, cell: &str) {
        assert_eq!(written(kind, value), cell);
        let mut shown = Vec::new();
        write_value(&mut shown, kind, value);
        let shown: Json = serde_json::from_slice(&shown).unwrap();
        assert_eq!(read_cell(kind, cell).unwrap(), shown, "{cell}");
    }

    #[test]
    fn every_kind_comes_back_as_it_was() {
        comes_back(TEXT, ValueRef::Null, "");
        comes_back(TEXT, ValueRef::Text("Müller, \"Jr\"\nline two"), "Müller, \"Jr\"\nline two");
        comes_back(Kind::Boolean, ValueRef::Boolean(true), "true");
        comes_back(Kind::Serial, ValueRef::Integer(1_042), "1042");
        comes_back(DECIMAL, ValueRef::Integer(250), "2.5");
        comes_back(DECIMAL, ValueRef::Integer(1_000), "10");
        comes_back(Kind::Money, ValueRef::Integer(4_900), "49.00");
        comes_back(Kind::Money, ValueRef::Integer(-5), "-0.05");
        comes_back(Kind::Timestamp, ValueRef::Integer(1_500), "1970-01-01T00:00:00.001500Z");
        let id = uuid::Uuid::from_u128(1);
        comes_back(Kind::Id, ValueRef::Id(id), "00000000-0000-0000-0000-000000000001");
        comes_back(Kind::CustomFields, ValueRef::Text("{}"), "");
        comes_back(Kind::CustomFields, ValueRef::Text(r#"{"a":"1","b":2}"#), r#"{"a":"1","b":2}"#);
        let objects = Kind::Objects { fields: &[], max_items: 10 };
        comes_back(objects, ValueRef::Text("[]"), "");
        comes_back(objects, ValueRef::Text(r#"[{"name":"Jo"}]"#), r#"[{"name":"Jo"}]"#);
    }

    #[test]
    fn lists_are_joined_unless_that_could_be_misread() {
        comes_back(TAGS, ValueRef::Text("[]"), "");
        comes_back(TAGS, ValueRef::Text(r#"["Bridges","Site visits"]"#), "Bridges;Site visits");
        comes_back(TAGS, ValueRef::Text(r#"["a;b","c"]"#), r#"["a;b","c"]"#);
        comes_back(TAGS, ValueRef::Text(r#"["[vip]","c"]"#), r#"["[vip]","c"]"#);
        comes_back(TAGS, ValueRef::Text(r#"["c","[vip]"]"#), "c;[vip]");
        comes_back(TAGS, ValueRef::Text(r#"["say \"hi\"","it's"]"#), r#"say "hi";it's"#);
        comes_back(TAGS, ValueRef::Text(r#"["=1+1","b"]"#), "'=1+1;b");
        assert_eq!(read_cell(TAGS, " a ; ;b; ").unwrap(), json!(["a", "b"]));
    }

    #[test]
    fn no_text_is_a_formula_and_every_text_comes_back() {
        for text in
            ["=1+1", "+61412345678", "-1+1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1+1", "-", "--1", "+5"]
        {
            assert_eq!(written(TEXT, ValueRef::Text(text)), format!("'{text}"));
        }
        for text in ["-5", "-12.50", "'quoted'", "a=b", "12", ""] {
            assert_eq!(written(TEXT, ValueRef::Text(text)), text);
        }
        for text in ["=x", "'=x", "''=x", "'-5", "-5", "'x", "''", "'", "+61 2 9123 4567", "'+", "-.5", "- 5"]
        {
            let cell = written(TEXT, ValueRef::Text(text));
            assert_eq!(read_cell(TEXT, &cell).unwrap(), json!(text), "{cell}");
            assert!(!begins_a_formula(&cell) || is_plain_number(&cell), "{cell}");
        }
    }

    #[test]
    fn what_people_type_is_read_too() {
        assert_eq!(read_cell(Kind::Boolean, "TRUE").unwrap(), json!(true));
        assert_eq!(read_cell(Kind::Boolean, "perhaps").unwrap(), json!("perhaps"));
        assert_eq!(read_cell(DECIMAL, " 2.50 ").unwrap(), json!(2.5));
        assert_eq!(read_cell(DECIMAL, "two").unwrap(), json!("two"));
        assert_eq!(read_cell(Kind::Serial, "1e999").unwrap(), json!("1e999"));
        assert_eq!(read_cell(TAGS, r#"["a","b"]"#).unwrap(), json!(["a", "b"]));
        let error = read_cell(Kind::CustomFields, "{\"a\":1,\"a\":2}").unwrap_err();
        assert!(error.contains("given twice"), "{error}");
        assert!(read_cell(TAGS, "[a, b]").is_err());
    }
}
