//! From a row's cells to a body: by a mapping, or by columns that are named like fields.

use domain::definition::{Kind, Owner, Resource};
use domain::input::{Context, Mode};
use domain::json::Object;
use domain::mapping::Mapping;
use domain::text::did_you_mean;
use domain::{Problem, Violation};
use serde_json::{Value as Json, json};

use super::ImportOptions;
use super::rows::{Row, Unreadable};
use crate::csv::read_cell;
use crate::records::{BatchItem, BatchMode, match_fields};

/// How the cells of a file are read.
pub(crate) struct Columns {
    names: Vec<String>,
    context: Context,
    reading: Reading,
    match_by: Vec<&'static str>,
    /// Whether a row without the wanted value is wrong.
    strict_match: bool,
}

enum Reading {
    Mapped(Mapping),
    /// For each column, the field that it is named like.
    Own(Vec<Option<OwnColumn>>),
}

#[derive(Clone)]
struct OwnColumn {
    name: &'static str,
    kind: Kind,
    /// Set by the server or by the integration that owns it: in every export, never imported.
    left_out: bool,
    /// The key in the custom fields, for `customFields.key`.
    key: Option<String>,
}

impl Columns {
    pub(crate) fn of(
        header: &[String],
        options: &ImportOptions,
        context: &Context,
    ) -> Result<Self, Unreadable> {
        let resource = options.resource;
        let reading = match &options.mapping {
            Some(mapping) => {
                let names: Vec<&str> = header.iter().map(String::as_str).collect();
                let absent = mapping.absent(&names);
                if !absent.is_empty() && absent.len() == mapping.rules().len() {
                    let messages: Vec<String> = absent.into_iter().map(|it| it.message).collect();
                    return Err(no_known_column(&messages));
                }
                Reading::Mapped(mapping.clone().in_zone(context.zone.clone()))
            }
            None => Reading::Own(own_columns(resource, header)?),
        };
        let match_by = options.match_by.map_or_else(
            || {
                let mut fields = match_fields(resource);
                // The outside system's own id says more than an address, which can change hands.
                fields.sort_by_key(|name| *name != "externalId");
                fields
            },
            |name| vec![name],
        );
        let (names, context) = (header.to_vec(), context.clone());
        Ok(Self { names, context, reading, match_by, strict_match: options.match_by.is_some() })
    }

    /// The columns that nothing is read from.
    pub(crate) fn unmapped(&self, header: &[String]) -> Vec<String> {
        match &self.reading {
            Reading::Mapped(mapping) => {
                let names: Vec<&str> = header.iter().map(String::as_str).collect();
                mapping.unmapped(&names).into_iter().map(str::to_owned).collect()
            }
            Reading::Own(columns) => {
                let unread = header.iter().zip(columns).filter(|(_, column)| column.is_none());
                unread.map(|(name, _)| name.clone()).collect()
            }
        }
    }

    /// The problem of a row in the words of its file.
    pub(crate) fn explain(&self, problem: Problem) -> Problem {
        match &self.reading {
            Reading::Mapped(mapping) => mapping.in_columns(problem),
            Reading::Own(_) => problem,
        }
    }

    /// What is to be done with a row.
    pub(crate) fn item(&self, row: &Row) -> BatchItem {
        let mut matches = Vec::new();
        let body = self.body(row, &mut matches);
        let body = match body {
            Ok(body) if matches.is_empty() && self.strict_match => {
                let name = self.match_by.first().copied().unwrap_or("id");
                let message = format!("{name} is required, since rows are matched by it.");
                drop(body);
                Err(Problem::validation(vec![Violation::new(name, "required", message)]))
            }
            body => body,
        };
        BatchItem { mode: BatchMode::Upsert, matches, body }
    }

    fn body(&self, row: &Row, matches: &mut Vec<(&'static str, String)>) -> Result<Object, Problem> {
        let texts = self.texts(row)?;
        let body = match &self.reading {
            Reading::Mapped(mapping) => {
                let external = self.names.iter().cloned().zip(texts.iter().map(|text| json!(text))).collect();
                // Read all the way, a row that cannot be mapped tells everything that is wrong with it.
                mapping.inbound(&external).map_err(|found| {
                    let checked = mapping.check(&external, None, Mode::Create, &self.context);
                    checked.err().unwrap_or_else(|| Problem::validation(found))
                })?
            }
            Reading::Own(columns) => {
                let mut body = Object::new();
                let mut violations = Vec::new();
                for (column, text) in columns.iter().zip(&texts) {
                    let Some(column) = column else { continue };
                    if column.name == "id" && !text.trim().is_empty() {
                        if self.match_by.contains(&"id") {
                            matches.push(("id", text.trim().to_owned()));
                        }
                        continue;
                    }
                    if column.left_out {
                        continue;
                    }
                    match read_cell(column.kind, text) {
                        Ok(value) => put(&mut body, column, value),
                        Err(message) => {
                            violations.push(Violation::new(column.name, "invalid_format", message));
                        }
                    }
                }
                if !violations.is_empty() {
                    return Err(Problem::validation(violations));
                }
                body
            }
        };
        // The first that the row has, and no other: a row with an id of its own that shares an address
        // with another record is about neither that record nor an update of it.
        let other = self.match_by.iter().filter(|name| **name != "id").find_map(|name| {
            let text = body.get(*name).and_then(Json::as_str).map(str::trim)?;
            (!text.is_empty()).then(|| (*name, text.to_owned()))
        });
        matches.extend(other);
        Ok(body)
    }

    /// The cells as texts, one for each column.
    fn texts<'r>(&self, row: &'r Row) -> Result<Vec<&'r str>, Problem> {
        let wrong = |code, message: String| Problem::validation(vec![Violation::new("", code, message)]);
        if row.cells.len() != self.names.len() {
            let message = format!(
                "The row has {} cells, the header {}. A comma or quote may be missing or too many.",
                row.cells.len(),
                self.names.len()
            );
            return Err(wrong("wrong_number_of_cells", message));
        }
        let texts = row.cells.iter().zip(&self.names).map(|(cell, name)| {
            std::str::from_utf8(cell).map_err(|_| {
                let message = format!("The cell in {name} is not UTF-8; save the file as \"CSV UTF-8\".");
                wrong("not_utf8", message)
            })
        });
        texts.collect()
    }
}

fn put(body: &mut Object, column: &OwnColumn, value: Json) {
    let Some(key) = &column.key else {
        body.insert(column.name.to_owned(), value);
        return;
    };
    if !value.is_null()
        && let Json::Object(object) = body.entry(column.name).or_insert_with(|| json!({}))
    {
        object.insert(key.clone(), value);
    }
}

fn own_columns(resource: &'static Resource, header: &[String]) -> Result<Vec<Option<OwnColumn>>, Unreadable> {
    let find = |name: &String| {
        let (field, key) = match name.split_once('.') {
            Some((field, key)) => (field, Some(key.to_owned())),
            None => (name.as_str(), None),
        };
        let field = resource.field(field)?;
        let is_custom = matches!(field.kind, Kind::CustomFields);
        if key.is_some() && !is_custom {
            return None;
        }
        let kind = if key.is_some() { Kind::Text { min: 0, max: 1_000 } } else { field.kind };
        let left_out = field.read_only || field.owner == Owner::Integration;
        Some(OwnColumn { name: field.name, kind, left_out, key })
    };
    let columns: Vec<Option<OwnColumn>> = header.iter().map(find).collect();
    if columns.iter().any(Option::is_some) {
        return Ok(columns);
    }
    let known = || resource.fields.iter().map(|field| field.name);
    let near = header.iter().take(10).map(|name| format!("{name}.{}", did_you_mean(name, known())));
    Err(no_known_column(&near.collect::<Vec<_>>()))
}

fn no_known_column(details: &[String]) -> Unreadable {
    Unreadable(format!(
        "None of the file's columns is known. The first row must name the columns; give --mapping when they \
         are named otherwise than our fields. {}",
        details.join(" ")
    ))
}
