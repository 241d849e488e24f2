//! The read and write rows of the performance table, memory and start: measured in one run.

use std::path::Path;
use std::time::Duration;

use crate::client::Client;
use crate::load::{Measured, Plan, median};
use crate::machine;
use crate::reads::{self, Read};
use crate::report::{progress, reached, replace, say, say_result, table};
use crate::seed::{self, Seed, Seeded};
use crate::servers::Server;
use crate::settings::{Outcome, Settings};
use crate::writes;

/// Connections of the reads.
const CONNECTIONS: u32 = 16;
const WRITE_ROW: &str = "POST member, durable, 32 clients";
/// Durable creates must reach this many times the rate of one row per fsync.
pub(crate) const WRITE_TARGET: f64 = 5.0;

/// Measures and reports.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let data = settings.data.join(format!("members-{}", settings.members));
    let seed = Seed { data_dir: data.clone(), members: settings.members, organisations: 10 };
    let seeded = seed::ensure(&seed)?;
    let mut rows = Vec::new();
    let mut others = starts(settings, &data, &seeded)?;
    others.extend(measure_reads(settings, &data, &seeded, &mut rows)?);
    if settings.wants(WRITE_ROW) {
        let written = writes::measure(settings, &data, &seeded)?;
        rows.push(write_row(WRITE_ROW, &written.creates, &written.inserts, Some(WRITE_TARGET)));
        let alone = "the same, one client who waits for each";
        rows.push(write_row(alone, &written.alone, &written.inserts, None));
        others.push(memory_row("resident memory at its highest, under the writes", written.memory.1, 256.0));
    }
    let head =
        ["Work", "MemberPulse /s", "reference /s", "ratio", "range", "by CPU time", "must reach", "reached"];
    let text = format!(
        "{}{}: {}. {} members in 10 organisations; {} rounds of {} s each.\n\n{}\n{}",
        if settings.quick { "Quick run, not for comparison. " } else { "" },
        machine::today(),
        machine::describe(),
        settings.members,
        settings.rounds(),
        settings.duration().as_secs(),
        table(&head, &rows),
        table(&["Other", "measured", "must stay below", "reached"], &others),
    );
    say_result(&text);
    match &settings.results {
        Some(file) if !settings.quick && settings.only.is_none() => replace(file, "rows", &text),
        _ => Ok(()),
    }
}

fn measure_reads(
    settings: &Settings,
    data: &Path,
    seeded: &Seeded,
    rows: &mut Vec<Vec<String>>,
) -> Outcome<Vec<Vec<String>>> {
    let reads: Vec<Read> =
        reads::all(data, seeded)?.into_iter().filter(|read| settings.wants(read.name)).collect();
    if reads.is_empty() {
        return Ok(Vec::new());
    }
    let mut product = Server::product(settings, data)?;
    let mut reference = Server::reference(settings, data, 0)?;
    product.wait("/healthz", None)?;
    let first = reads.first().and_then(|read| read.pairs.first()).ok_or("there is nothing to read")?;
    reference.wait(&first.reference, None)?;
    for read in &reads {
        rows.push(measure_read(settings, read, &product, &reference)?);
    }
    let peak = product.memory()?.1;
    Ok(vec![memory_row("resident memory at its highest, under the reads", peak, 256.0)])
}

/// Both servers in turn, so that whatever slows the machine down for a while slows both.
fn measure_read(
    settings: &Settings,
    read: &Read,
    product: &Server,
    reference: &Server,
) -> Outcome<Vec<String>> {
    let mut clients = (Client::connect(product.address)?, Client::connect(reference.address)?);
    let loads = read.compare(&mut clients.0, &mut clients.1)?;
    let ours = Plan::write(settings.data.join("load-product.txt"), &loads.0, 200, CONNECTIONS)?;
    let theirs = Plan::write(settings.data.join("load-reference.txt"), &loads.1, 200, CONNECTIONS)?;
    let warm = Duration::from_secs(1);
    ours.run(settings, product, warm)?;
    theirs.run(settings, reference, warm)?;
    let mut pairs = Vec::new();
    for round in 0..settings.rounds() {
        progress(&format!("{}, round {} of {}", read.name, round + 1, settings.rounds()));
        let (ours, theirs) = if round % 2 == 0 {
            let ours = ours.run(settings, product, settings.duration())?;
            (ours, theirs.run(settings, reference, settings.duration())?)
        } else {
            let theirs = theirs.run(settings, reference, settings.duration())?;
            (ours.run(settings, product, settings.duration())?, theirs)
        };
        pairs.push((ours, theirs));
    }
    Ok(read_row(read, &pairs))
}

fn read_row(read: &Read, pairs: &[(Measured, Measured)]) -> Vec<String> {
    let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours.rate / theirs.rate).collect();
    let ratio = median(ratios.iter().copied());
    let by_cpu = median(pairs.iter().map(|(ours, theirs)| theirs.cpu_micros / ours.cpu_micros));
    let mean = |pick: &dyn Fn(&(Measured, Measured)) -> f64| median(pairs.iter().map(pick));
    say(&format!(
        "{}: MemberPulse {:.1} µs of CPU time each, busy {:.0} %, median {:.0} µs, p99 {:.0} µs; reference {:.1} µs, \
         busy {:.0} %, median {:.0} µs, p99 {:.0} µs",
        read.name,
        mean(&|it| it.0.cpu_micros),
        100.0 * mean(&|it| it.0.busy),
        mean(&|it| it.0.median_micros),
        mean(&|it| it.0.p99_micros),
        mean(&|it| it.1.cpu_micros),
        100.0 * mean(&|it| it.1.busy),
        mean(&|it| it.1.median_micros),
        mean(&|it| it.1.p99_micros),
    ));
    vec![
        read.name.to_owned(),
        format!("{:.0}", mean(&|it| it.0.rate)),
        format!("{:.0}", mean(&|it| it.1.rate)),
        format!("{ratio:.2}"),
        range(&ratios),
        format!("{by_cpu:.2}"),
        read.target.map_or_else(String::new, |target| format!("{target:.1}")),
        reached(read.target, ratio),
    ]
}

/// The same in the table of reads: without processor times, which no reference server has here.
fn write_row(name: &str, creates: &[Measured], inserts: &[f64], target: Option<f64>) -> Vec<String> {
    let mut row = write_ratio(name, creates, inserts, target);
    row.insert(5, String::new());
    row
}

/// Creates beside the database's own rate.
pub(crate) fn write_ratio(
    name: &str,
    creates: &[Measured],
    inserts: &[f64],
    target: Option<f64>,
) -> Vec<String> {
    let ratios: Vec<f64> = creates.iter().zip(inserts).map(|(create, insert)| create.rate / insert).collect();
    let ratio = median(ratios.iter().copied());
    say(&format!(
        "{name}: {:.0} µs of CPU time each, busy {:.0} %, median {:.1} ms, p99 {:.1} ms",
        median(creates.iter().map(|it| it.cpu_micros)),
        100.0 * median(creates.iter().map(|it| it.busy)),
        median(creates.iter().map(|it| it.median_micros)) / 1_000.0,
        median(creates.iter().map(|it| it.p99_micros)) / 1_000.0,
    ));
    vec![
        name.to_owned(),
        format!("{:.0}", median(creates.iter().map(|it| it.rate))),
        format!("{:.0}", median(inserts.iter().copied())),
        format!("{ratio:.2}"),
        range(&ratios),
        target.map_or_else(String::new, |target| format!("{target:.1}")),
        reached(target, ratio),
    ]
}

fn range(ratios: &[f64]) -> String {
    let (low, high) =
        ratios.iter().fold((f64::MAX, f64::MIN), |(low, high), &it| (low.min(it), high.max(it)));
    format!("{low:.2}–{high:.2}")
}

/// From starting the program to its first answer that needs the database, on data that is there. It is
/// one that no limit charges: other runs have used up what the plan allows.
fn starts(settings: &Settings, data: &Path, seeded: &Seeded) -> Outcome<Vec<Vec<String>>> {
    if settings.only.is_some() {
        return Ok(Vec::new());
    }
    let key = seeded.organisations.first().map(|it| it.key.as_str());
    let mut times = Vec::new();
    let mut idle = 0.0;
    for _ in 0..settings.rounds() {
        let mut server = Server::released(settings, data)?;
        times.push(server.wait("/api/rate-limit", key)?.as_secs_f64() * 1_000.0);
        std::thread::sleep(Duration::from_secs(1));
        idle = server.memory()?.0;
    }
    let time = median(times);
    let start = vec![
        "start to the first answer".to_owned(),
        format!("{time:.0} ms"),
        "200 ms".to_owned(),
        if time < 200.0 { "yes".to_owned() } else { "**no**".to_owned() },
    ];
    Ok(vec![start, memory_row("resident memory, idle", idle, 64.0)])
}

pub(crate) fn memory_row(name: &str, measured: f64, most: f64) -> Vec<String> {
    let reached = if measured <= most { "yes" } else { "**no**" };
    vec![name.to_owned(), format!("{measured:.0} MiB"), format!("{most:.0} MiB"), reached.to_owned()]
}
