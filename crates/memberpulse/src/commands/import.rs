//! `memberpulse import`: records from a CSV file, with a report of the rows that failed.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use app::{
    Actor, App, Environment, ImportError, ImportOptions, ImportProgress, ImportReport, SavedMapping, Tenant,
    match_fields,
};
use clap::Args;
use domain::Resource;
use domain::mapping::Mapping;
use domain::resources::REGISTRY;
use domain::text::did_you_mean;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Output, open_organisation, with_app};
use crate::cli::{Place, choice, resource};
use crate::halt::Halt;
use crate::output;
use crate::store::Missing;

pub(crate) const EXAMPLES: &str = "\
Rows find the record they are about by id in a file of our own, else by externalId, else by e-mail: the first that a
row has counts, or the one that --match-by names. What is there already is updated, what is as wanted stays unchanged, so an import can be stopped
at any moment and run again. Rows that fail are written to FILE.failed.csv with the reason: mend them there and
import that file.

A mapping is a JSON file, or the name of an integration, whose rules for the resource are then used: {\"resource\": \"members\", \"rules\": [{\"external\": \"Email\", \"field\": \"email\",
\"transforms\": [{\"trim\": true}]}, …]}. Without one, columns are named like fields, as in an export.

Examples:
  memberpulse import members contacts.csv --organisation bridge-builders --mapping crm.json --dry-run
  memberpulse import members contacts.csv --organisation bridge-builders --mapping Salesforce
  memberpulse import events events.csv --organisation bridge-builders --match-by externalId";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What the rows are: members, events or courses
    #[arg(value_parser = resource())]
    resource: &'static Resource,

    /// CSV file in UTF-8 whose first row names the columns; - for standard input
    file: PathBuf,

    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    /// The data set to import into
    #[arg(long, default_value = "production",
          value_parser = choice(&Environment::ALL, Environment::name, Environment::by_name))]
    environment: Environment,

    /// The rules from columns to fields: a JSON file, or the name of an integration that has them [default:
    /// columns are named like fields]
    #[arg(long, value_name = "NAME|FILE.json")]
    mapping: Option<PathBuf>,

    /// Field by which rows find their records: externalId, email or id [default: the first that a row has]
    #[arg(long, value_name = "FIELD")]
    match_by: Option<String>,

    /// Store nothing; report what would be
    #[arg(long)]
    dry_run: bool,

    /// Where rows that failed are written, with the reason [default: FILE.failed.csv]
    #[arg(long, value_name = "FILE")]
    failed: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(options: Options, place: &Place) -> Result<(), Halt> {
    let given = options.mapping.as_deref().map(|given| Given::read(given, options.resource)).transpose()?;
    let match_by = options.match_by.as_deref().map(|name| match_field(options.resource, name)).transpose()?;
    let (source, length) = open(&options.file)?;
    let failed_path = options.failed.clone().unwrap_or_else(|| beside(&options.file));
    let mut failed = Report::new(failed_path);
    let bar = bar(length);
    let report = with_app(place, Missing::Refuse, async |app| {
        let organisation = open_organisation(app, &options.organisation).await?;
        let tenant = app.tenant(&organisation, options.environment).await?;
        let mapping = match given {
            None => None,
            Some(Given::Rules(mapping)) => Some(mapping),
            Some(Given::Name(name)) => Some(saved_mapping(app, &tenant, &name, options.resource).await?),
        };
        let settings =
            ImportOptions { resource: options.resource, mapping, match_by, dry_run: options.dry_run };
        let show = |progress: ImportProgress| {
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} rows, {} failed", progress.counts.rows(), progress.counts.failed));
        };
        let done = app.import(&tenant, &Actor::system(), settings, source, &mut failed, &show).await;
        done.map_err(|error| halt(error, &options.file))
    });
    let report = report.await;
    bar.finish_and_clear();
    tell(&options, &report?, failed.written())
}

fn tell(options: &Options, report: &ImportReport, failed: Option<&Path>) -> Result<(), Halt> {
    let counts = report.counts;
    let failed = failed.map(|path| path.display().to_string());
    let document = json!({
        "created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged,
        "failed": counts.failed, "dryRun": options.dry_run, "unmappedColumns": report.unmapped,
        "failedRows": failed,
    });
    options.output.write(&document, || {
        let number = |count: u64| count.to_string();
        output::pairs(&[
            ("created", number(counts.created)),
            ("updated", number(counts.updated)),
            ("unchanged", number(counts.unchanged)),
            ("failed", number(counts.failed)),
            ("not read", report.unmapped.join(", ")),
            ("failed rows", failed.clone().unwrap_or_default()),
        ])
    })?;
    if options.dry_run {
        output::note("Dry run: nothing was stored.");
    }
    if counts.failed > 0 {
        output::note("Some rows failed: mend them in the file of failed rows and import that.");
    }
    Ok(())
}

/// What `--mapping` names.
enum Given {
    /// The rules of a file.
    Rules(Mapping),
    /// An integration.
    Name(String),
}

impl Given {
    /// A file that is there, or is called like one; else a name.
    fn read(given: &Path, resource: &'static Resource) -> Result<Self, Halt> {
        let is_file = given.is_file() || given.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
        match given.to_str() {
            Some(name) if !is_file => Ok(Self::Name(name.to_owned())),
            _ => read_mapping(given, resource).map(Self::Rules),
        }
    }
}

/// The rules that an integration has for a resource.
async fn saved_mapping(
    app: &App,
    tenant: &Tenant,
    name: &str,
    resource: &'static Resource,
) -> Result<Mapping, Halt> {
    match app.saved_mapping(tenant, name, resource).await? {
        SavedMapping::Found(mapping) => Ok(mapping),
        SavedMapping::ForOthers(plurals) if plurals.is_empty() => Err(Halt::failed(format!(
            "the integration {name} has no field mapping yet; give it one in the portal"
        ))),
        SavedMapping::ForOthers(plurals) => Err(Halt::failed(format!(
            "the integration {name} has rules for {}, none for {}",
            plurals.join(" and "),
            resource.plural
        ))),
        SavedMapping::Unknown(names) => {
            let near = did_you_mean(name, names.iter().map(String::as_str));
            let (organisation, environment) = (&tenant.organisation().slug, tenant.environment().name());
            Err(Halt::failed(format!(
                "there is neither a file {name} nor, in {environment} of {organisation}, an integration of that \
                 name.{near}"
            )))
        }
    }
}

fn read_mapping(path: &Path, resource: &'static Resource) -> Result<Mapping, Halt> {
    let place = path.display();
    let text = std::fs::read(path).map_err(|error| {
        Halt::failed(format!("the mapping {place} cannot be read: {error}; name a JSON file"))
    })?;
    let json = domain::json::parse(&text)
        .map_err(|error| Halt::failed(format!("the mapping {place} is not well-formed JSON: {error}")))?;
    let parsed =
        if json.is_array() { Mapping::parse(resource, &json) } else { Mapping::parse_file(REGISTRY, &json) };
    let mapping = parsed.map_err(|violations| {
        let lines: Vec<String> =
            violations.iter().map(|it| format!("  {}: {}", it.property_path, it.message)).collect();
        Halt::failed(format!("the mapping {place} has mistakes:\n{}", lines.join("\n")))
    })?;
    if mapping.resource().name != resource.name {
        let text =
            format!("the mapping {place} is for {}, not {}", mapping.resource().plural, resource.plural);
        return Err(Halt::failed(text));
    }
    Ok(mapping)
}

fn match_field(resource: &'static Resource, name: &str) -> Result<&'static str, Halt> {
    let fields = match_fields(resource);
    fields.iter().copied().find(|field| *field == name).ok_or_else(|| {
        Halt::usage(format!("--match-by takes one of {} for {}", fields.join(", "), resource.plural))
    })
}

fn open(path: &Path) -> Result<(Box<dyn io::Read + Send>, Option<u64>), Halt> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let cannot = |error: io::Error| Halt::failed(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    Ok((Box::new(file), Some(length)))
}

fn beside(path: &Path) -> PathBuf {
    let name = if path == Path::new("-") { "import".as_ref() } else { path.as_os_str() };
    let mut name = name.to_owned();
    name.push(".failed.csv");
    name.into()
}

/// A bar on a terminal; nothing elsewhere.
fn bar(length: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => {
            (ProgressBar::new(length), "{bar:30} {percent:>3}%  {msg}  {elapsed} (about {eta} left)")
        }
        None => (ProgressBar::new_spinner(), "{spinner}  {msg}  {elapsed}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The file of failed rows, made when there is something to write to it.
struct Report {
    path: PathBuf,
    file: Option<File>,
}

impl Report {
    fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn written(&self) -> Option<&Path> {
        self.file.as_ref().map(|_| self.path.as_path())
    }
}

impl Write for Report {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = Some(File::create(&self.path)?);
        }
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn halt(error: ImportError, file: &Path) -> Halt {
    match error {
        ImportError::File(reason) => Halt::failed(format!("{}: {reason}", file.display())),
        ImportError::Report(error) => Halt::failed(format!(
            "the file of failed rows cannot be written: {error}; choose another with --failed"
        )),
        ImportError::Store(failure) => failure.into(),
    }
}
