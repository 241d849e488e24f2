//! Webhooks: how many signed deliveries a second one core makes, and how long after a request its event
//! arrives, at a receiver of our own on the other core.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::client::Client;
use crate::machine;
use crate::report::{progress, replace, say_result, table};
use crate::servers::Server;
use crate::settings::{Outcome, Settings};

/// Changes a second while latency is measured, and the most time from request to arrival.
const CHANGES: u32 = 200;
const MOST_LATE: f64 = 100.0;
/// Deliveries a second to reach.
const LEAST_RATE: f64 = 2_000.0;

/// When the event about each member came; members are told apart by the number in their address.
type Arrivals = Arc<Mutex<HashMap<u32, Instant>>>;

/// Measures both rows.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let data = settings.data.join("webhooks");
    drop(fs::remove_dir_all(&data));
    let made =
        command(settings, &data, &["organisation", "create", "--name", "Bench", "--plan", "enterprise"])?;
    let organisation = made["slug"].as_str().ok_or("no organisation")?.to_owned();
    let key = [
        "api-key",
        "create",
        "--organisation",
        &organisation,
        "--environment",
        "production",
        "--name",
        "bench",
    ];
    let key = command(settings, &data, &key)?["key"].as_str().ok_or("no key")?.to_owned();
    let machine = machine::describe();
    let pid = std::process::id().to_string();
    Command::new("taskset").args(["-a", "-cp", &settings.load_core.to_string(), &pid]).output()?;
    let arrivals = Arrivals::default();
    let url = receive(arrivals.clone())?;
    let mut server = Server::released_with(settings, &data, &["--allow-private-webhooks"])?;
    server.wait("/healthz", None)?;
    let mut client = Client::connect(server.address)?;
    let webhook = json!({"url": url, "events": ["member.created"], "enabled": false});
    let webhook = post(&mut client, "/api/webhooks", &key, &webhook)?;
    let path = format!("/api/webhooks/{}", webhook["id"].as_str().ok_or("no webhook")?);
    let (count, rate) = throughput(settings, &mut client, &key, &path, &arrivals)?;
    let (middle, late) = latency(settings, &mut client, &key, count, &arrivals)?;
    let memory = server.memory()?.1;
    let row = |name: &str, measured: String, bound: String, fine: bool| {
        vec![name.to_owned(), measured, bound, if fine { "yes".to_owned() } else { "**no**".to_owned() }]
    };
    let rows = [
        row(
            "signed deliveries a second, one core, outcomes stored",
            format!("{rate:.0}"),
            format!("at least {LEAST_RATE:.0}"),
            rate >= LEAST_RATE,
        ),
        row(
            "from request to arrival at 200 changes a second, median",
            format!("{middle:.1} ms"),
            String::new(),
            true,
        ),
        row(
            "the same, 99th percentile",
            format!("{late:.1} ms"),
            format!("below {MOST_LATE:.0} ms"),
            late < MOST_LATE,
        ),
        row(
            "resident memory at its highest",
            format!("{memory:.0} MiB"),
            "256 MiB".to_owned(),
            memory < 256.0,
        ),
    ];
    let text = format!(
        "{}{}: {}. {count} deliveries that waited, then {CHANGES} creates a second.\n\n{}",
        if settings.quick { "Quick run, not for comparison. " } else { "" },
        machine::today(),
        machine,
        table(&["Webhooks", "measured", "bound", "reached"], &rows),
    );
    say_result(&text);
    match &settings.results {
        Some(file) if !settings.quick => replace(file, "webhooks", &text),
        _ => Ok(()),
    }
}

/// Members are made while the webhook is off; then all their events are sent as fast as they can be.
fn throughput(
    settings: &Settings,
    client: &mut Client,
    key: &str,
    path: &str,
    arrivals: &Arrivals,
) -> Outcome<(u32, f64)> {
    let batches: u32 = if settings.quick { 5 } else { 20 };
    for batch in 0..batches {
        progress(&format!("members that wait, batch {} of {batches}", batch + 1));
        let items: Vec<Json> = (batch * 1_000..(batch + 1) * 1_000).map(member).collect();
        post(client, "/api/members/batch", key, &json!({"mode": "create", "items": items}))?;
    }
    let count = batches * 1_000;
    let on = client.send("PATCH", path, Some(key), "{\"enabled\":true}")?;
    if on.status != 200 {
        return Err(format!("the webhook cannot be switched on: {}", on.status).into());
    }
    post(client, &format!("{path}/recover"), key, &json!({"since": "2020-01-01T00:00:00Z"}))?;
    wait_for(arrivals, count)?;
    // What arrived counts when what became of it is stored.
    let open = format!("{path}/deliveries?status=pending&itemsPerPage=1");
    while serde_json::from_slice::<Json>(&client.body(&open, Some(key))?)?["totalItems"] != 0 {
        sleep(Duration::from_millis(20));
    }
    let last = Instant::now();
    let arrivals = arrivals.lock().map_err(|_| "the receiver fell")?;
    let first = arrivals.values().min().ok_or("nothing arrived")?;
    Ok((count, f64::from(count) / last.duration_since(*first).as_secs_f64()))
}

/// One change every five milliseconds; from the sending of its request to the arrival of its event.
fn latency(
    settings: &Settings,
    client: &mut Client,
    key: &str,
    first: u32,
    arrivals: &Arrivals,
) -> Outcome<(f64, f64)> {
    let count = CHANGES * if settings.quick { 3 } else { 15 };
    let start = Instant::now();
    let mut sent = Vec::new();
    for number in 0..count {
        let due = start + Duration::from_secs(1) * number / CHANGES;
        sleep(due.saturating_duration_since(Instant::now()));
        sent.push(Instant::now());
        post(client, "/api/members", key, &member(first + number))?;
    }
    wait_for(arrivals, first + count)?;
    let arrivals = arrivals.lock().map_err(|_| "the receiver fell")?;
    let mut times: Vec<f64> = (first..)
        .zip(&sent)
        .filter_map(|(number, sent)| {
            Some(arrivals.get(&number)?.duration_since(*sent).as_secs_f64() * 1_000.0)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |per_cent: usize| times.get(times.len() * per_cent / 100).copied().unwrap_or(f64::NAN);
    Ok((at(50), at(99)))
}

fn wait_for(arrivals: &Arrivals, count: u32) -> Outcome<()> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(2) {
        if arrivals.lock().map_err(|_| "the receiver fell")?.len() >= usize::try_from(count)? {
            return Ok(());
        }
        sleep(Duration::from_millis(20));
    }
    Err("not all events arrived".into())
}

fn member(number: u32) -> Json {
    json!({"firstName": "Jo", "lastName": "Lim", "email": format!("w{number}@example.org"), "company": "Lim & Co"})
}

fn post(client: &mut Client, path: &str, key: &str, body: &Json) -> Outcome<Json> {
    let answer = client.send("POST", path, Some(key), &body.to_string())?;
    if (200..300).contains(&answer.status) {
        return Ok(serde_json::from_slice(&answer.body)?);
    }
    Err(format!("{path} answers {}: {:.300}", answer.status, String::from_utf8_lossy(&answer.body)).into())
}

fn command(settings: &Settings, data: &Path, arguments: &[&str]) -> Outcome<Json> {
    let mut command = Command::new(&settings.memberpulse);
    let output = command.args(arguments).arg("--json").arg("--data-dir").arg(data).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Starts the receiver; answers with its address.
fn receive(arrivals: Arrivals) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let arrivals = arrivals.clone();
            std::thread::spawn(move || drop(hear(connection, &arrivals)));
        }
    });
    Ok(url)
}

/// Takes deliveries on a connection until it is closed.
fn hear(connection: TcpStream, arrivals: &Arrivals) -> Outcome<()> {
    connection.set_nodelay(true)?;
    let mut stream = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let now = Instant::now();
        let text = String::from_utf8_lossy(&body);
        let number =
            text.split_once("\"email\":\"w").and_then(|(_, rest)| rest.split('@').next()?.parse().ok());
        arrivals.lock().map_err(|_| "the receiver fell")?.insert(number.ok_or("no member")?, now);
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}
