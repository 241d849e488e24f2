//! Load by wrk: requests prepared in a file, each answer checked by the script.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::servers::{Server, pinned};
use crate::settings::{Outcome, Settings};

/// One request of a load, and the length of its right answer when that is known.
pub(crate) struct Request {
    /// GET or POST.
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) path: String,
    /// The key, for the product.
    pub(crate) key: Option<String>,
    /// The body.
    pub(crate) body: String,
    /// The length of the answer's body; any when 0.
    pub(crate) length: usize,
}

/// Requests in a file, in the form that the script reads.
pub(crate) struct Plan {
    file: PathBuf,
    status: u16,
    connections: u32,
}

impl Plan {
    /// Writes the requests to a file; all must answer with `status`.
    pub(crate) fn write(file: PathBuf, requests: &[Request], status: u16, connections: u32) -> Outcome<Self> {
        let mut text = String::new();
        for it in requests {
            let key = it.key.as_deref().unwrap_or("-");
            text.push_str(&format!("{}\t{}\t{key}\t{}\t{}\n", it.method, it.path, it.length, it.body));
        }
        fs::write(&file, text)?;
        Ok(Self { file, status, connections })
    }

    /// Sends the requests in turn, over and over, for a while.
    pub(crate) fn run(&self, settings: &Settings, server: &Server, duration: Duration) -> Outcome<Measured> {
        let before = server.cpu()?;
        let mut command = pinned(settings.load_core, Path::new("wrk"));
        command.args(["--threads", "1", "--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{}s", duration.as_secs()), "--script"]).arg(&settings.script);
        command
            .arg(format!("http://{}", server.address))
            .arg("--")
            .arg(&self.file)
            .arg(self.status.to_string());
        let output = command.output()?;
        let cpu = server.cpu()?.saturating_sub(before);
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let Some(line) = line else {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("wrk gave no result: {text}{error}").into());
        };
        let counted: Counted = serde_json::from_str(line)?;
        if counted.wrong_status + counted.wrong_length + counted.errors > 0 {
            return Err(format!(
                "{}: {} of {} answers had a wrong status, {} a wrong length, {} were lost{}",
                self.file.display(),
                counted.wrong_status,
                counted.requests,
                counted.wrong_length,
                counted.errors,
                counted.sample
            )
            .into());
        }
        if counted.requests == 0 {
            return Err(format!("{}: no request was answered", self.file.display()).into());
        }
        let requests = f64::from(counted.requests);
        Ok(Measured {
            requests: counted.requests,
            rate: requests / counted.seconds,
            cpu_micros: cpu.as_secs_f64() * 1e6 / requests,
            busy: cpu.as_secs_f64() / counted.seconds,
            median_micros: counted.p50,
            p99_micros: counted.p99,
        })
    }
}

/// What the script prints.
#[derive(Deserialize)]
struct Counted {
    requests: u32,
    seconds: f64,
    wrong_status: u64,
    wrong_length: u64,
    errors: u64,
    p50: f64,
    p99: f64,
    sample: String,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Requests answered.
    pub(crate) requests: u32,
    /// Requests a second.
    pub(crate) rate: f64,
    /// The server's processor time for each, in microseconds.
    pub(crate) cpu_micros: f64,
    /// The part of the time for which the server computed; near 1, or the load was too weak to tell.
    pub(crate) busy: f64,
    /// The median time to an answer.
    pub(crate) median_micros: f64,
    /// The time that 99 % of the answers stayed below.
    pub(crate) p99_micros: f64,
}

/// The median of some numbers.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
