//! The program itself, as operators run it: what it prints, how it ends, what files it leaves. Where
//! requests are made, they go to a real server over a real connection.

mod backup;
mod commands;
mod configuration;
mod demo;
mod deploy;
mod hearer;
mod kills;
mod logs;
mod serving;
mod stopping;
mod tls;
mod traces;
mod upgrade;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use testkit::TestDatabase;

/// Longer than anything here takes; whoever waits so long waits for what does not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program, without any setting from outside.
fn memberpulse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memberpulse"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its result: exactly one JSON document.
    fn json(&self) -> Json {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.out.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of a command that failed with this code and printed no result.
    fn refused(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        &self.err
    }
}

/// A place for data that goes away with the test.
enum Store {
    Directory(tempfile::TempDir),
    Postgres(TestDatabase),
}

impl Store {
    fn directory() -> Self {
        Self::Directory(tempfile::tempdir().unwrap())
    }

    /// An empty database: the program itself makes the tables.
    fn postgres() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self::Postgres(runtime.block_on(TestDatabase::create(&[])))
    }

    /// The data directory of a store that has one.
    fn path(&self) -> &Path {
        match self {
            Self::Directory(directory) => directory.path(),
            Self::Postgres(_) => panic!("a database has no directory"),
        }
    }

    /// The program on this data.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = memberpulse();
        command.args(arguments);
        match self {
            Self::Directory(directory) => command.arg("--data-dir").arg(directory.path()),
            Self::Postgres(database) => command.arg("--database-url").arg(database.url()),
        };
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Makes an organisation with the slug `acme`.
    fn make_acme(&self) {
        self.run(&["organisation", "create", "--name", "Acme", "--json"]).json();
    }

    /// Makes a key of `acme` for production: its id and the key itself.
    fn make_key(&self) -> (String, String) {
        let key = self.run(&[
            "api-key",
            "create",
            "--organisation",
            "acme",
            "--environment",
            "production",
            "--name",
            "test",
            "--json",
        ]);
        let key = key.json();
        (key["id"].as_str().unwrap().to_owned(), key["key"].as_str().unwrap().to_owned())
    }

    /// Starts a server and waits until it listens.
    fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// The same, with further options.
    fn serve_with(&self, options: &[&str]) -> Serving {
        let usual = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let all: Vec<&str> = usual.iter().chain(options).copied().collect();
        Serving::start(self.command(&all))
    }
}

/// Waits until something is so.
fn wait_until(done: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The lines of a stream as they come.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
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

/// A running server; killed when the test forgets to stop it.
struct Serving {
    child: Child,
    address: String,
    lines: Receiver<String>,
    log: Vec<String>,
}

impl Serving {
    /// Starts a server that logs as JSON, and waits until it listens.
    fn start(mut command: Command) -> Self {
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

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end: the exit code and all that it logged.
    fn end(mut self) -> (Option<i32>, String) {
        let mut log = std::mem::take(&mut self.log);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            log.push(line);
        }
        (self.child.wait().unwrap().code(), log.join("\n"))
    }

    fn get(&self, path: &str, key: &str) -> (u16, Json) {
        get(&self.address, path, key)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection
}

/// Makes a request and reads the answer.
fn get(address: &str, path: &str, key: &str) -> (u16, Json) {
    request(address, "GET", path, key)
}

fn request(address: &str, method: &str, path: &str, key: &str) -> (u16, Json) {
    let mut connection = connect(address);
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    answer(connection)
}

/// Posts a body and reads the answer.
fn post(address: &str, path: &str, key: &str, body: &Json) -> (u16, Json) {
    let mut connection = connect(address);
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    answer(connection)
}

/// Reads an answer to its end: the status and the body, if it is JSON.
fn answer(mut connection: TcpStream) -> (u16, Json) {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {text:?}"));
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Json::Null))
}
