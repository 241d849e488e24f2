//! Where settings come from and which counts: an option before a variable, a variable before the
//! configuration file, the file before the default. clap itself decides it: variables are attached to
//! every option here, and the file's values stand in the place of defaults.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _};

use super::Cli;
use super::config_file::{self, Entries};
use crate::halt::Halt;

/// Where the data is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In an embedded database in this directory.
    Directory(PathBuf),
    /// In a PostgreSQL database with this URL.
    Postgres(String),
}

/// Where data is kept when nothing else is said.
pub(crate) const DEFAULT_DIRECTORY: &str = "./memberpulse-data";

impl Place {
    /// The place that was named; of two, the one named where it counts more.
    pub(super) fn chosen(matches: &ArgMatches) -> Result<Self, Halt> {
        let directory = matches.get_one::<PathBuf>("data_dir").cloned();
        let url = matches.get_one::<String>("database_url").cloned();
        let (directory_from, url_from) =
            (matches.value_source("data_dir"), matches.value_source("database_url"));
        match (directory, url) {
            (Some(_), Some(_)) if directory_from == url_from => Err(Halt::usage(format!(
                "--data-dir and --database-url are both given {}: choose one",
                place_of(url_from)
            ))),
            (Some(directory), Some(_)) if directory_from > url_from => Ok(Self::Directory(directory)),
            (_, Some(url)) => Ok(Self::Postgres(url)),
            (Some(directory), None) => Ok(Self::Directory(directory)),
            (None, None) => Ok(Self::Directory(PathBuf::from(DEFAULT_DIRECTORY))),
        }
    }
}

fn place_of(source: Option<ValueSource>) -> &'static str {
    match source {
        Some(ValueSource::CommandLine) => "on the command line",
        Some(ValueSource::EnvVariable) => "in the environment",
        _ => "in the configuration file",
    }
}

/// Reads all sources.
pub(super) fn matches(arguments: &[OsString]) -> Result<ArgMatches, Halt> {
    let command = definition();
    // What the file says must be known before anything can be judged to be missing, so the first
    // reading only looks for the file. Help and version end here, whatever the file says.
    let first = command.clone().ignore_errors(true).try_get_matches_from(arguments)?;
    let entries = match first.get_one::<PathBuf>("config") {
        Some(path) => config_file::read(path, &options(&command))?,
        None => Entries::new(),
    };
    Ok(with_file(command, &entries).try_get_matches_from(arguments)?)
}

/// The command line with the environment's variables.
pub(super) fn definition() -> Command {
    with_environment(Cli::command())
}

fn with_environment(command: Command) -> Command {
    command.mut_args(with_variable).mut_subcommands(with_environment)
}

/// Attaches the variable MEMBERPULSE_… to an option.
fn with_variable(option: Arg) -> Arg {
    let Some(variable) = option.get_long().map(variable) else { return option };
    if is_builtin(&option) {
        return option;
    }
    let option = if matches!(option.get_action(), ArgAction::SetTrue) {
        option.value_parser(BoolishValueParser::new())
    } else {
        option
    };
    // Composing files and service managers set what is not wanted to nothing.
    if state(&variable) == Variable::Empty {
        return option;
    }
    let standard = STANDARD.iter().find(|(ours, _)| *ours == variable).map(|&(_, standard)| standard);
    let variable = match standard {
        Some(standard) if state(&variable) == Variable::Missing && state(standard) == Variable::Set => {
            standard.to_owned()
        }
        _ => variable,
    };
    // Help must not show values: some are secret.
    option.env(variable).hide_env_values(true)
}

/// Variables of ours for which a standard has a name: that counts where ours is not set.
const STANDARD: [(&str, &str); 1] = [("MEMBERPULSE_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variable {
    Missing,
    Empty,
    Set,
}

/// The variable of an option.
pub(super) fn variable(long: &str) -> String {
    format!("MEMBERPULSE_{}", long.replace('-', "_").to_uppercase())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command line's definition is the one place that reads settings"
)]
fn state(variable: &str) -> Variable {
    match std::env::var_os(variable) {
        None => Variable::Missing,
        Some(value) if value.is_empty() => Variable::Empty,
        Some(_) => Variable::Set,
    }
}

fn is_builtin(option: &Arg) -> bool {
    matches!(option.get_id().as_str(), "help" | "version")
}

/// The names of all options that a file can set, and whether they are flags.
pub(super) fn options(command: &Command) -> Vec<(String, bool)> {
    let mut names: Vec<(String, bool)> = command
        .get_arguments()
        .filter(|option| !is_builtin(option) && option.get_id() != "config")
        .filter_map(|option| {
            Some((option.get_long()?.to_owned(), matches!(option.get_action(), ArgAction::SetTrue)))
        })
        .collect();
    for subcommand in command.get_subcommands() {
        names.extend(options(subcommand));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The command line with the file's values as defaults.
pub(super) fn with_file(command: Command, entries: &Entries) -> Command {
    if entries.is_empty() {
        return command;
    }
    let set = |option: Arg| match option.get_long().and_then(|long| entries.get(long)) {
        // A value that is there need not be given.
        Some(value) if !is_builtin(&option) => option.default_value(value.clone()).required(false),
        _ => option,
    };
    command.mut_args(set).mut_subcommands(|subcommand| with_file(subcommand, entries))
}
