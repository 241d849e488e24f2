//! The program itself as operators run it: commands, servers, requests over real connections. Blocking
//! throughout: what is tested runs in processes of its own. Must never know what a request means.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

mod http;
mod serving;
mod store;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

pub use http::{Answer, answer, connect, get, post, request, send};
pub use serving::Serving;
pub use store::Store;

/// Longer than anything here takes; whoever waits so long waits for what does not come.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The program, without any setting from outside.
pub fn memberpulse() -> Command {
    let mut command = Command::new(binary());
    command.env_clear().stdin(Stdio::null());
    command
}

/// Cargo builds the program before its integration tests, which lie in a folder beside it.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    built.join("memberpulse").with_extension(std::env::consts::EXE_EXTENSION)
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none when it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it said beside.
    pub err: String,
}

impl Ran {
    /// How the command with this output ended.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its result: exactly one JSON document.
    pub fn json(&self) -> Json {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.out.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of a command that failed with this code and printed no result.
    pub fn refused(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        &self.err
    }
}

/// Waits until something is so.
pub fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The lines of a stream as they come.
pub fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if !line.is_ok_and(|line| send.send(line).is_ok()) {
                return;
            }
        }
    });
    lines
}
