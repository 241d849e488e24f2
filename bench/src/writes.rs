//! Durable creates beside the embedded database's own rate of one row per fsync, in turn on the same disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::Client;
use crate::load::{Measured, Plan, Request};
use crate::member;
use crate::report::{progress, say};
use crate::seed::{DATABASE, Seeded};
use crate::servers::{Server, on_server_core};
use crate::settings::{Outcome, Settings};

/// Clients that create at the same time.
pub(crate) const CLIENTS: u32 = 32;
/// More creates a second than any machine at hand reaches: a load must not run out of new members.
const MOST_A_SECOND: u64 = 12_000;
/// Numbers that no seeded member has.
const FIRST_NUMBER: u32 = 50_000_000;

/// What the rounds of the write row measured.
pub(crate) struct Written {
    /// Creates by 32 clients, a measurement for each round.
    pub(crate) creates: Vec<Measured>,
    /// Creates by one client, who waits for each: nothing shares a commit.
    pub(crate) alone: Vec<Measured>,
    /// Rows a second with an fsync for each, from the same rounds.
    pub(crate) inserts: Vec<f64>,
    /// Resident memory after it, and at its highest, in MiB.
    pub(crate) memory: (f64, f64),
}

/// Measures on a copy of the data, so that reads find it as it was.
pub(crate) fn measure(settings: &Settings, data: &Path, seeded: &Seeded) -> Outcome<Written> {
    let copy = Copy::of(data, &settings.data.join("writes"))?;
    let mut server = Server::product(settings, &copy.0)?;
    server.wait("/healthz", None)?;
    let mut client = Client::connect(server.address)?;
    let (mut creates, mut alone) = (Vec::new(), Vec::new());
    let mut inserts = Vec::new();
    let rounds = settings.rounds();
    for round in 0..rounds {
        progress(&format!("POST member, round {} of {rounds}", round + 1));
        inserts.push(insert_rate(settings, &copy.0)?);
        let seconds = settings.duration();
        let plan = posts(settings, seeded, 2 * round, seconds, 1)?;
        alone.push(plan.run(settings, &server, seconds)?);
        let plan = posts(settings, seeded, 2 * round + 1, seconds, CLIENTS)?;
        let before = total(&mut client, seeded)?;
        let measured = plan.run(settings, &server, seconds)?;
        let added = total(&mut client, seeded)? - before;
        // When the time is up, each client may have one create on its way that wrk does not count.
        let acknowledged = u64::from(measured.requests);
        if added < acknowledged || added > acknowledged + u64::from(CLIENTS) {
            return Err(format!("{acknowledged} creates were acknowledged, {added} are stored").into());
        }
        creates.push(measured);
    }
    let memory = server.memory()?;
    Ok(Written { creates, alone, inserts, memory })
}

/// The load of a part of the run: members that no other part creates, the organisations in turn.
pub(crate) fn posts(
    settings: &Settings,
    seeded: &Seeded,
    part: u32,
    duration: Duration,
    clients: u32,
) -> Outcome<Plan> {
    let count = u32::try_from(MOST_A_SECOND * duration.as_secs())?;
    let first = FIRST_NUMBER + part * count;
    let numbers = (first..first + count).zip(seeded.organisations.iter().cycle());
    let requests: Vec<Request> = numbers
        .map(|(number, organisation)| Request {
            method: "POST",
            path: "/api/members".to_owned(),
            key: Some(organisation.key.clone()),
            body: serde_json::Value::Object(member::body(number, 2024)).to_string(),
            length: 0,
        })
        .collect();
    Plan::write(settings.data.join("load.txt"), &requests, 201, clients)
}

/// The members of all organisations.
fn total(client: &mut Client, seeded: &Seeded) -> Outcome<u64> {
    let mut total = 0;
    for organisation in &seeded.organisations {
        let body = client.body("/api/members?itemsPerPage=1&fields=id", Some(&organisation.key))?;
        let list: serde_json::Value = serde_json::from_slice(&body)?;
        total += list["totalItems"].as_u64().ok_or("a list without its total")?;
    }
    Ok(total)
}

fn insert_rate(settings: &Settings, directory: &Path) -> Outcome<f64> {
    let mut command = on_server_core(settings, &std::env::current_exe()?);
    let seconds = if settings.quick { "1" } else { "3" };
    let output =
        command.arg("insert-rate").arg("--directory").arg(directory).args(["--seconds", seconds]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| "the rate of plain inserts could not be measured".into())
}

/// A copy of a data directory, removed when dropped.
pub(crate) struct Copy(pub(crate) PathBuf);

impl Copy {
    pub(crate) fn of(data: &Path, copy: &Path) -> Outcome<Self> {
        say("copying the data for the writes");
        if copy.exists() {
            fs::remove_dir_all(copy)?;
        }
        fs::create_dir_all(copy)?;
        fs::copy(data.join(DATABASE), copy.join(DATABASE))?;
        Ok(Self(copy.to_owned()))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
