//! `memberpulse export`: a whole list to standard output, as a stream.

use app::csv::Table;
use app::{Actor, App, Environment, RecordRow, Tenant};
use clap::{Args, ValueEnum};
use domain::Resource;
use domain::listing::{Lenience, ListQuery, parse};
use serde_json::json;

use super::with_app;
use crate::cli::{Place, choice, resource};
use crate::halt::Halt;
use crate::output;
use crate::store::Missing;

pub(crate) const EXAMPLES: &str = "\
Filters are those of the API's lists: field=value, field[]=value, createdAt[after]=2026-01-01, search=words,
order[lastName]=asc, fields=id,email, includeDeleted=true. What is exported as CSV can be imported again.

Examples:
  memberpulse export members --organisation bridge-builders > members.csv
  memberpulse export events --organisation bridge-builders --format ndjson status=published
  memberpulse export members --organisation bridge-builders 'createdAt[after]=2026-01-01' fields=id,email";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to export: members, events or courses
    #[arg(value_parser = resource())]
    resource: &'static Resource,

    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    /// The data set to export
    #[arg(long, default_value = "production",
          value_parser = choice(&Environment::ALL, Environment::name, Environment::by_name))]
    environment: Environment,

    /// How records are written: csv, json (one array) or ndjson (one object a line)
    #[arg(long, default_value = "csv", value_enum)]
    format: Format,

    /// Which records: filters as in the API's lists
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Csv,
    Json,
    Ndjson,
}

pub(crate) async fn run(options: Options, place: &Place) -> Result<(), Halt> {
    let query = query(&options)?;
    with_app(place, Missing::Refuse, async |app| {
        let organisation = app.organisation(&options.organisation).await?;
        let tenant = app.tenant(&organisation, options.environment).await?;
        let count = write(app, &tenant, &options, query).await?;
        let details = [("records".to_owned(), json!(count))].into_iter().collect();
        app.note_act(&tenant, &Actor::system(), "export", options.resource.name, &details).await?;
        Ok(())
    })
    .await
}

fn query(options: &Options) -> Result<ListQuery, Halt> {
    let mut pairs = Vec::with_capacity(options.filters.len());
    for filter in &options.filters {
        let Some((name, value)) = filter.split_once('=') else {
            return Err(Halt::usage(format!("the filter {filter} must be of the form name=value")));
        };
        if matches!(name, "page" | "itemsPerPage" | "cursor" | "count") {
            return Err(Halt::usage(format!("{name} cannot be given: an export is the whole list")));
        }
        pairs.push((name, value));
    }
    parse(options.resource, pairs, Lenience::Strict).map_err(|problem| {
        let lines: Vec<String> =
            problem.violations.iter().map(|it| format!("{}: {}", it.property_path, it.message)).collect();
        Halt::usage(lines.join("\n"))
    })
}

/// Writes all records part by part; answers how many.
async fn write(app: &App, tenant: &Tenant, options: &Options, query: ListQuery) -> Result<u64, Halt> {
    let mut writer = Writer::new(options, &query, app.now());
    let mut walk = app.walk(tenant, options.resource, query);
    while !walk.ended() {
        walk.part(|row| writer.add(row)).await?;
        let part = writer.take();
        walk.made(part.len());
        output::print_bytes(&part)?;
    }
    output::print_bytes(&writer.end())?;
    Ok(writer.count)
}

/// Records in the form that was asked for.
struct Writer {
    format: Format,
    table: Table,
    layout: Option<domain::json::Layout>,
    json: Vec<u8>,
    now: domain::Timestamp,
    count: u64,
}

impl Writer {
    fn new(options: &Options, query: &ListQuery, now: domain::Timestamp) -> Self {
        let fields = query.fields.as_deref();
        Self {
            format: options.format,
            table: Table::new(options.resource, fields, query.include_deleted),
            layout: fields.map(|names| domain::json::Layout::new(options.resource, Some(names))),
            json: Vec::new(),
            now,
            count: 0,
        }
    }

    fn add(&mut self, row: &RecordRow<'_, '_>) -> Result<(), db::DbError> {
        let first = self.count == 0;
        self.count += 1;
        match self.format {
            Format::Csv => self.table.write(row, self.now),
            Format::Json => {
                self.json.extend_from_slice(if first { b"[\n" } else { b",\n" });
                row.write_json(&mut self.json, self.layout.as_ref(), self.now)
            }
            Format::Ndjson => {
                row.write_json(&mut self.json, self.layout.as_ref(), self.now)?;
                self.json.push(b'\n');
                Ok(())
            }
        }
    }

    fn take(&mut self) -> Vec<u8> {
        if self.format == Format::Csv { self.table.take() } else { std::mem::take(&mut self.json) }
    }

    fn end(&mut self) -> Vec<u8> {
        match (self.format, self.count) {
            (Format::Json, 0) => b"[]\n".to_vec(),
            (Format::Json, _) => b"\n]\n".to_vec(),
            _ => Vec::new(),
        }
    }
}
