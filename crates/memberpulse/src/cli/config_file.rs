//! The configuration file: TOML without tables, its keys are the long names of options. A key that no
//! command knows is an error, because a misspelt setting would otherwise be ignored silently.

use std::collections::BTreeMap;
use std::path::Path;

use domain::text::did_you_mean;

use crate::halt::Halt;

/// Names of options and their values, as an option would have them.
pub(super) type Entries = BTreeMap<String, String>;

/// Reads the file at `path`; `options` are the names that it may use, and which of them are flags.
pub(super) fn read(path: &Path, options: &[(String, bool)]) -> Result<Entries, Halt> {
    let file = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Halt::usage(format!("cannot read the configuration file {file}: {error}")))?;
    parse(&text, options).map_err(|error| Halt::usage(format!("in the configuration file {file}: {error}")))
}

pub(super) fn parse(text: &str, options: &[(String, bool)]) -> Result<Entries, String> {
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| error.to_string().trim().to_owned())?;
    let mut entries = Entries::new();
    for (name, value) in table {
        let Some((_, flag)) = options.iter().find(|(known, _)| *known == name) else {
            let near = did_you_mean(&name, options.iter().map(|(known, _)| known.as_str()));
            return Err(format!(
                "there is no option {name}.{near} Keys are the long names of options, without dashes in front"
            ));
        };
        let value = match (value, flag) {
            (toml::Value::Boolean(value), true) => value.to_string(),
            (_, true) => return Err(format!("{name} must be true or false")),
            (toml::Value::String(value), false) => value,
            (toml::Value::Integer(value), false) => value.to_string(),
            (toml::Value::Array(items), false) => {
                let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
                texts.ok_or_else(|| format!("{name} must be a text or a list of texts"))?.join(",")
            }
            (_, false) => return Err(format!("{name} must be a text in quotes")),
        };
        entries.insert(name, value);
    }
    Ok(entries)
}
