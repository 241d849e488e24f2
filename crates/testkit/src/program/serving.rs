//! A server that runs as a process of its own.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use super::{PATIENCE, get, lines_of};

/// A running server; killed when the test forgets to stop it.
pub struct Serving {
    /// Its process.
    pub child: Child,
    /// Where it listens, without a scheme.
    pub address: String,
    /// What it logs after it said that it serves.
    pub lines: Receiver<String>,
    /// What it logged until then.
    pub log: Vec<String>,
}

impl Serving {
    /// Starts a server that logs JSON, and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stderr.take().unwrap());
        let mut log = Vec::new();
        let address = loop {
            let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not serve: {log:?}"));
            let entry: Json = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            log.push(line);
            if entry["message"] == "serving" {
                let address = entry["address"].as_str().unwrap();
                break address.strip_prefix("http://").unwrap_or(address).to_owned();
            }
        };
        Self { child, address, lines, log }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// What it has logged so far.
    pub fn logged(&mut self) -> String {
        self.log.extend(self.lines.try_iter());
        self.log.join("\n")
    }

    /// Waits for its end: the exit code and all that it logged.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut log = std::mem::take(&mut self.log);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            log.push(line);
        }
        (self.child.wait().unwrap().code(), log.join("\n"))
    }

    /// Gets a page with a key.
    pub fn get(&self, path: &str, key: &str) -> (u16, Json) {
        get(&self.address, path, key)
    }

    /// Whether it may get requests.
    pub fn is_ready(&self) -> bool {
        self.get("/readyz", "").0 == 200
    }

    /// Waits until it may get requests.
    pub fn wait_until_ready(&self) {
        super::wait_until(|| {
            std::thread::sleep(Duration::from_millis(20));
            self.is_ready()
        });
    }

    /// Kills it at once (SIGKILL).
    pub fn kill(mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// The memory that it has now, in KiB.
    #[cfg(target_os = "linux")]
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
