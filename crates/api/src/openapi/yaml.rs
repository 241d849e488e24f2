//! JSON values as YAML. Every text is quoted as in JSON, which YAML reads the same: parsers of YAML 1.1
//! take bare words such as `2026-11-24`, `no` or `12:30` for something else.

use serde_json::Value as Json;

/// The value as a YAML document.
pub(super) fn render(value: &Json) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out.trim_start_matches('\n').to_owned() + "\n"
}

/// Writes a value after a key's colon or an item's dash: on the same line, or on lines of its own.
fn write(out: &mut String, value: &Json, depth: usize) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                start_line(out, depth);
                out.push_str(&key(name));
                out.push(':');
                write(out, value, depth + 1);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                start_line(out, depth);
                out.push('-');
                write_item(out, item, depth + 1);
            }
        }
        // Numbers, flags, null, text and what is empty are written as in JSON.
        flat => {
            out.push(' ');
            out.push_str(&flat.to_string());
        }
    }
}

/// The first member of an object stands on the line of its dash.
fn write_item(out: &mut String, item: &Json, depth: usize) {
    match item {
        Json::Object(members) if !members.is_empty() => {
            let start = out.len();
            write(out, item, depth);
            // The line break and indentation before the first key become one space.
            out.replace_range(start..=start + 2 * depth, " ");
        }
        _ => write(out, item, depth),
    }
}

fn start_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Keys that nothing else could be meant by stay bare.
fn key(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./$".contains(&byte);
    let word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if word && name.bytes().all(plain) && !taken.contains(&name.to_ascii_lowercase().as_str()) {
        name.to_owned()
    } else {
        Json::from(name).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_yaml_that_no_parser_mistakes() {
        let value = json!({
            "openapi": "3.1.0",
            "date": "2026-11-24",
            "200": {"$ref": "#/x", "no": [], "deep": [{"a": 1, "b": [true, null]}, "text: \"quoted\"\n", {}]},
            "lists": [[1, 2], [{"c": {"d": 2.5}}]],
        });
        let expected = r##"openapi: "3.1.0"
date: "2026-11-24"
"200":
  "$ref": "#/x"
  "no": []
  deep:
    - a: 1
      b:
        - true
        - null
    - "text: \"quoted\"\n"
    - {}
lists:
  -
    - 1
    - 2
  -
    - c:
        d: 2.5
"##;
        assert_eq!(render(&value), expected);
    }
}
