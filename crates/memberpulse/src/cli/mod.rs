//! The command line: its one definition, from which options, environment variables, the keys of the
//! configuration file and all help texts follow. What the commands do is not known here.

mod config_file;
mod parsers;
mod settings;
mod sources;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, FromArgMatches as _, Parser, Subcommand};

use crate::commands::{api_key, backup, check, export, import, openapi, organisation, restore, user};
use crate::halt::Halt;

pub(crate) use parsers::{
    ExpiresIn, HostAndPort, LogLevel, Scopes, SecretKey, choice, network, resource, secret_key,
};
pub(crate) use settings::{LogFormat, ServerSettings};
pub(crate) use sources::{DEFAULT_DIRECTORY, Place};

/// What the program was told to do.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// Where the data is.
    pub(crate) place: Place,
    /// What to do.
    pub(crate) command: Command,
}

const ABOUT: &str = "The platform of membership organisations: members, events and courses over a REST API";

const AFTER_HELP: &str = "\
Every option is also an environment variable (--data-dir is MEMBERPULSE_DATA_DIR) and a key of the TOML file that \
--config names (data-dir = \"…\"). An option counts before a variable, a variable before the file.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Examples:
  memberpulse demo
      A server with sample data, to look around
  memberpulse organisation create --name \"Bridge Builders\"
  memberpulse api-key create --organisation bridge-builders --environment production --name website
  memberpulse serve --data-dir /var/lib/memberpulse";

#[derive(Debug, Parser)]
#[command(name = "memberpulse", version, about = ABOUT, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    data: DataOptions,

    #[command(subcommand)]
    command: Command,
}

/// Where the data is: options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
struct DataOptions {
    /// Directory of the embedded database; made when it is missing [default: ./memberpulse-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// PostgreSQL database to use instead: postgres://user:password@host:port/database. With ?sslmode=verify-full behind
    /// it the server's certificate is checked; &sslrootcert=FILE names who signed it, &sslcert=FILE and
    /// &sslkey=FILE the certificate to show
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,

    /// TOML file with options; its keys are the long names of options
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a demo association with sample data and print how to use it
    ///
    /// On first start this makes the organisation "Demo Association" (plan professional) with 500 members, 24 events
    /// and 12 courses, an administrator, a viewer, and a key each for production and sandbox; on later starts it
    /// serves what is there. Data are the same on every machine, and dates lie around the day of the first start.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(ServerSettings),

    /// Serve the API
    ///
    /// Brings the database's schema up to date first; when several servers start on one PostgreSQL database, one of
    /// them does and the others wait. SIGTERM or Ctrl+C stops: for the time of --shutdown-delay /readyz says 503 while
    /// everything is served, then running requests are finished (for at most 30 seconds), then webhooks that are under
    /// way, and the store is closed. A second signal stops at once.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServerSettings),

    /// Make, list and close organisations, change their plan
    #[command(subcommand)]
    Organisation(organisation::Command),

    /// Add, list and suspend staff who sign in, set their passwords
    #[command(subcommand)]
    User(user::Command),

    /// Make, list and revoke API keys
    #[command(subcommand)]
    ApiKey(api_key::Command),

    /// Import records from a CSV file
    #[command(after_help = import::EXAMPLES)]
    Import(Box<import::Options>),

    /// Export records to standard output
    #[command(after_help = export::EXAMPLES)]
    Export(export::Options),

    /// Write a backup of the embedded database to a file
    ///
    /// Works beside a running server, which goes on serving and writing: the backup is what was stored at one moment.
    /// It is checked before it gets its name, so that a backup that was interrupted leaves nothing under it. The file
    /// holds everything, personal data too, and can be read by its owner only. Of API keys it holds no more than
    /// hashes, and of passwords too: nobody can sign in with what is in it.
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Options),

    /// Put a backup in the place of an embedded database
    ///
    /// The data directory must hold no database yet, and no server may run on it. A file that is truncated, damaged,
    /// no backup, or made by a newer version of this program is refused, and then nothing is changed. A backup from
    /// an older version is brought up to date.
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::Options),

    /// Check that what is stored is sound
    ///
    /// Looks at the database file, at the schema, and at what must hold between tables: that the change feed has no
    /// gaps, that each change is audited, that records are at their last change and are found by their words. Changes
    /// nothing and works beside a running server. Ends with code 1 when something is wrong.
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),

    /// Print the API's OpenAPI 3.1 document; needs neither server nor data
    #[command(after_help = openapi::EXAMPLES)]
    Openapi(openapi::Options),
}

const DEMO_EXAMPLES: &str = "\
Examples:
  memberpulse demo
  memberpulse demo --data-dir /tmp/demo --listen 127.0.0.1:9000

To begin anew, stop it and remove the data directory.";

const SERVE_EXAMPLES: &str = "\
Examples:
  memberpulse serve
  memberpulse serve --data-dir /var/lib/memberpulse --listen 0.0.0.0:8080 \\
    --public-url https://api.example.org
  memberpulse serve --database-url postgres://memberpulse@db.internal/memberpulse --log-format json";

/// Reads the command line, the environment and the configuration file.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Halt> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = sources::matches(&arguments)?;
    let place = Place::chosen(&matches)?;
    let Cli { command, .. } = Cli::from_arg_matches(&matches)?;
    Ok(Invocation { place, command })
}
