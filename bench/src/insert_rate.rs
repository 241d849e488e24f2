//! What the embedded database does by itself: one row for each durable commit, nothing else in the
//! table, no index, no second writer. The measure that group commit is held against.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use rusqlite::Connection;

use crate::report::say_result;
use crate::settings::Outcome;

/// How to measure.
#[derive(Args)]
pub(crate) struct InsertRate {
    /// A directory on the disk to measure.
    #[arg(long)]
    directory: PathBuf,
    /// For how long.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// As long as a member in its row.
const ROW: usize = 700;

/// Measures and prints the number of rows a second.
pub(crate) fn run(settings: &InsertRate) -> Outcome<()> {
    let path = settings.directory.join("insert-rate.db");
    let remove = || {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            drop(fs::remove_file(name));
        }
    };
    remove();
    let rate = measure(&path, Duration::from_secs(settings.seconds));
    remove();
    say_result(&format!("{:.1}", rate?));
    Ok(())
}

fn measure(path: &std::path::Path, duration: Duration) -> Outcome<f64> {
    let connection = Connection::open(path)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT)")?;
    let value = "x".repeat(ROW);
    let mut insert = connection.prepare("INSERT INTO rows (value) VALUES (?)")?;
    let started = Instant::now();
    let mut rows = 0_u32;
    while started.elapsed() < duration {
        insert.execute([&value])?;
        rows += 1;
    }
    Ok(f64::from(rows) / started.elapsed().as_secs_f64())
}
