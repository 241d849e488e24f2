//! What a run is told: where the programs and the data are, and how long to measure.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// The result of everything here; an error is text for a person.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Settings of a run.
#[derive(Args, Clone)]
pub(crate) struct Settings {
    /// The release build of the server.
    #[arg(long)]
    pub(crate) memberpulse: PathBuf,
    /// Where seeded data is kept between runs.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// The load script of wrk.
    #[arg(long)]
    pub(crate) script: PathBuf,
    /// The file whose table is renewed; nothing is written without it.
    #[arg(long)]
    pub(crate) results: Option<PathBuf>,
    /// Fewer and shorter rounds: to see that everything works, not for publishing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How often each measurement is made; odd, for the median [default: 7, or 3 with --quick]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..100))]
    pub(crate) rounds: Option<u32>,
    /// Members in all (rows).
    #[arg(long, default_value_t = 100_000)]
    pub(crate) members: u32,
    /// Only the rows whose name contains this.
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: u32,
    /// The core of the load.
    #[arg(long, default_value_t = 1)]
    pub(crate) load_core: u32,
    /// The library that holds up each fsync (slow-disk).
    #[arg(long)]
    pub(crate) slow_fsync: Option<PathBuf>,
    /// For how many microseconds it does.
    #[arg(skip)]
    pub(crate) fsync_delay: u32,
}

impl Settings {
    /// How long one measurement lasts.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(if self.quick { 2 } else { 5 })
    }

    /// How often each measurement is made.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// Whether a row is wanted.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.as_ref().is_none_or(|part| row.contains(part.as_str()))
    }
}
