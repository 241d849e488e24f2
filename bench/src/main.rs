//! The benchmarks of MemberPulse: seeded data, a bare reference server, and the runs that compare the
//! two. `bench/run` builds and starts it. It must never be needed by the product.

mod chart;
mod client;
mod growth;
mod insert_rate;
mod load;
mod machine;
mod member;
mod product;
mod profile;
mod reads;
mod reference;
mod report;
mod rows;
mod seed;
mod servers;
mod settings;
mod slow_disk;
mod webhooks;
mod writes;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{Outcome, Settings};

/// Measures MemberPulse; bench/run is the usual way to start it.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fills a data directory with organisations, members and keys: the same on every machine.
    Seed(seed::Seed),
    /// Serves the product with limits that no benchmark reaches.
    Product(product::Product),
    /// Serves the bare reference on a seeded database.
    Reference(reference::Reference),
    /// Inserts one row per durable commit for a while and prints how many a second.
    InsertRate(insert_rate::InsertRate),
    /// The read and write rows: MemberPulse beside the reference, as ratios.
    Rows(Settings),
    /// Durable creates on disks whose fsync takes longer.
    SlowDisk(Settings),
    /// Where the time goes: the functions that take most of it.
    Profile(Settings),
    /// Deliveries of webhooks: how many, and how soon.
    Webhooks(Settings),
    /// Draws the table of growth in the results again.
    Chart {
        /// The results.
        #[arg(long)]
        results: std::path::PathBuf,
    },
    /// The same calls as one organisation grows from 10,000 to 1,000,000 members. Takes half an hour.
    Growth(Settings),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Seed(seed) => seed::run(&seed),
        Command::Product(product) => product::run(&product),
        Command::Reference(reference) => reference::run(&reference),
        Command::InsertRate(insert_rate) => insert_rate::run(&insert_rate),
        Command::Rows(settings) => rows::run(&settings),
        Command::SlowDisk(settings) => slow_disk::run(&settings),
        Command::Profile(settings) => profile::run(&settings),
        Command::Webhooks(settings) => webhooks::run(&settings),
        Command::Chart { results } => chart::draw(&results),
        Command::Growth(settings) => growth::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Waits for a future on a runtime of one thread.
fn block_on<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
