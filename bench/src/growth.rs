//! How the cost of a call grows with an organisation's members: 10,000, 100,000 and 1,000,000 of them,
//! each size in a data directory of its own, measured in turn.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use form_urlencoded::byte_serialize;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value as Json, json};

use crate::chart;
use crate::client::Client;
use crate::load::{Measured, Plan, Request, median};
use crate::machine;
use crate::reads::{Sample, get, samples};
use crate::report::{progress, replace, say_result, table};
use crate::rows::memory_row;
use crate::seed::{self, DATABASE, Seed, Seeded};
use crate::servers::Server;
use crate::settings::{Outcome, Settings};
use crate::writes;

const CONNECTIONS: u32 = 16;
/// Members asked for: enough that they do not all stay in the page cache of a connection.
const SAMPLES: i64 = 4_000;
/// Places in the list at which a page after a cursor is asked for.
const PLACES: u64 = 200;
/// How many times as much a call may cost with the most members as with the fewest.
const MOST: f64 = 1.3;
const COUNTED: &str = "/api/members?status=active&itemsPerPage=25";
/// Counts that are timed one by one.
const COUNTS: u32 = 15;

/// One size.
struct Size {
    members: u32,
    data: PathBuf,
    seeded: Seeded,
    server: Server,
    sample: Sample,
    key: String,
}

/// Measures and reports.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let wanted: &[u32] = if settings.quick { &[10_000, 100_000] } else { &[10_000, 100_000, 1_000_000] };
    let mut sizes = Vec::new();
    for &members in wanted {
        sizes.push(Size::start(settings, members)?);
    }
    std::thread::sleep(Duration::from_secs(1));
    let idle = sizes.last().map(|size| size.server.memory()).transpose()?.map_or(0.0, |it| it.0);
    let mut works = Vec::new();
    for (name, requests) in [
        ("GET one member", one as fn(&Size) -> Outcome<Vec<Request>>),
        ("filtered first page (25 by status, `count=false`)", filtered),
        ("page after a cursor (25, `count=false`)", after_cursor),
        ("e-mail look-up (`count=false`)", by_email),
        ("list of 25 by status, total cached", counted),
    ] {
        if settings.wants(name) {
            works.push(measure(settings, name, &sizes, requests)?);
        }
    }
    let counts = first_counts(&sizes)?;
    let memory = memory(settings, sizes.pop().ok_or("no size")?, idle)?;
    let mut head = vec!["Work, requests a second".to_owned()];
    head.extend(wanted.iter().map(|members| format!("{members} members")));
    head.extend(["cost, largest to smallest", "must stay below", "reached"].map(str::to_owned));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let text = format!(
        "{}{}: {}. One organisation of each size; {} rounds of {} s each.\n\n{}\n{}\n{}",
        if settings.quick { "Quick run, not for comparison. " } else { "" },
        machine::today(),
        machine::describe(),
        settings.rounds(),
        settings.duration().as_secs(),
        table(&head, &works.iter().map(Work::row).collect::<Vec<_>>()),
        table(
            &["Total by status", "first after a change", "again", "COUNT(*) in the database alone"],
            &counts
        ),
        table(&["Memory with the most members", "measured", "must stay below", "reached"], &memory),
    );
    say_result(&text);
    match &settings.results {
        Some(file) if !settings.quick && settings.only.is_none() => {
            replace(file, "growth", &text)?;
            chart::draw(file)
        }
        _ => Ok(()),
    }
}

impl Size {
    fn start(settings: &Settings, members: u32) -> Outcome<Self> {
        let data = settings.data.join(format!("growth-{members}"));
        let seeded = seed::ensure(&Seed { data_dir: data.clone(), members, organisations: 1 })?;
        let sample = samples(&data, &seeded, SAMPLES)?.pop().ok_or("no organisation")?;
        let key = sample.key.clone();
        let mut server = Server::product(settings, &data)?;
        server.wait("/healthz", None)?;
        Ok(Self { members, data, seeded, server, sample, key })
    }

    /// A GET whose right length is what it answers now.
    fn request(&self, client: &mut Client, path: &str) -> Outcome<Request> {
        let length = client.body(path, Some(&self.key))?.len();
        Ok(get(path, Some(&self.key), length))
    }

    fn requests(&self, paths: impl Iterator<Item = String>) -> Outcome<Vec<Request>> {
        let mut client = Client::connect(self.server.address)?;
        paths.map(|path| self.request(&mut client, &path)).collect()
    }
}

fn one(size: &Size) -> Outcome<Vec<Request>> {
    size.requests(size.sample.members.iter().map(|(id, _)| format!("/api/members/{id}")))
}

fn by_email(size: &Size) -> Outcome<Vec<Request>> {
    let encoded = |email: &String| byte_serialize(email.as_bytes()).collect::<String>();
    size.requests(
        size.sample
            .members
            .iter()
            .map(|(_, email)| format!("/api/members?email={}&count=false", encoded(email))),
    )
}

fn filtered(size: &Size) -> Outcome<Vec<Request>> {
    size.requests(std::iter::once(format!("{COUNTED}&count=false")))
}

fn counted(size: &Size) -> Outcome<Vec<Request>> {
    size.requests(std::iter::once(COUNTED.to_owned()))
}

fn after_cursor(size: &Size) -> Outcome<Vec<Request>> {
    let mut client = Client::connect(size.server.address)?;
    let pages = u64::from(size.members) / 25;
    let mut requests = Vec::new();
    for place in 0..PLACES {
        let page = place * (pages - 2) / PLACES + 1;
        let path = format!("/api/members?itemsPerPage=25&count=false&page={page}");
        let list: Json = serde_json::from_slice(&client.body(&path, Some(&size.key))?)?;
        let cursor = list["nextCursor"].as_str().ok_or("a page without a next one")?;
        let path = format!("/api/members?itemsPerPage=25&count=false&cursor={cursor}");
        requests.push(size.request(&mut client, &path)?);
    }
    Ok(requests)
}

fn measure(
    settings: &Settings,
    name: &'static str,
    sizes: &[Size],
    requests: fn(&Size) -> Outcome<Vec<Request>>,
) -> Outcome<Work> {
    let mut plans = Vec::new();
    for size in sizes {
        progress(&format!("{name}, preparing {} members", size.members));
        let file = settings.data.join(format!("load-{}.txt", size.members));
        let plan = Plan::write(file, &requests(size)?, 200, CONNECTIONS)?;
        plan.run(settings, &size.server, Duration::from_secs(1))?;
        plans.push(plan);
    }
    let mut rounds: Vec<Vec<Measured>> = Vec::new();
    for round in 0..settings.rounds() {
        progress(&format!("{name}, round {} of {}", round + 1, settings.rounds()));
        let run = |(plan, size): (&Plan, &Size)| plan.run(settings, &size.server, settings.duration());
        rounds.push(plans.iter().zip(sizes).map(run).collect::<Outcome<_>>()?);
    }
    let rate = |index: usize| median(rounds.iter().filter_map(|round| round.get(index)).map(|it| it.rate));
    // By round, since the machine may be slower in one than in another.
    let cost = median(rounds.iter().filter_map(|round| Some(round.first()?.rate / round.last()?.rate)));
    Ok(Work { name, rates: (0..sizes.len()).map(rate).collect(), cost })
}

/// What was measured of one kind of call, at each size in turn.
struct Work {
    name: &'static str,
    /// Requests a second.
    rates: Vec<f64>,
    /// How many times as much a request costs with the most members as with the fewest.
    cost: f64,
}

impl Work {
    fn row(&self) -> Vec<String> {
        let cost = self.cost;
        let reached = if cost <= MOST { "yes" } else { "**no**" };
        let rates = self.rates.iter().map(|rate| format!("{rate:.0}"));
        let rest = [format!("{cost:.2}"), format!("{MOST:.1}"), reached.to_owned()];
        std::iter::once(self.name.to_owned()).chain(rates).chain(rest).collect()
    }
}

/// The total after a change, then the same again, and what the database needs for it by itself.
fn first_counts(sizes: &[Size]) -> Outcome<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for size in sizes {
        let mut client = Client::connect(size.server.address)?;
        let connection =
            Connection::open_with_flags(size.data.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut count =
            connection.prepare("SELECT COUNT(*) FROM members WHERE tenant = ? AND status = 'active'")?;
        let (id, _) = size.sample.members.first().ok_or("no member")?;
        let (mut first, mut again, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..COUNTS {
            // Never the value of the round or run before: that would be no change.
            let note = json!({"position": format!("Benchmark {number}, {}", machine::now())});
            let path = format!("/api/members/{id}");
            let changed = client.send("PATCH", &path, Some(&size.key), &note.to_string())?;
            if changed.status != 200 {
                return Err(format!("a change answers {}", changed.status).into());
            }
            for times in [&mut first, &mut again] {
                let started = Instant::now();
                client.body(COUNTED, Some(&size.key))?;
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
            let started = Instant::now();
            count.query_row([size.sample.tenant], |row| row.get::<_, i64>(0))?;
            alone.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let shown = |times: Vec<f64>| format!("{:.2} ms", median(times));
        rows.push(vec![format!("{} members", size.members), shown(first), shown(again), shown(alone)]);
    }
    Ok(rows)
}

/// Memory at its highest while all loads run, writes included, on a copy of the data.
fn memory(settings: &Settings, size: Size, idle: f64) -> Outcome<Vec<Vec<String>>> {
    let Size { data, seeded, server, .. } = size;
    let peak = server.memory()?.1;
    drop(server);
    let mut rows = vec![
        memory_row("resident, idle", idle, 64.0),
        memory_row("resident at its highest, under the reads", peak, 256.0),
    ];
    if !settings.quick {
        let peak = writes::measure(settings, &data, &seeded)?.memory.1;
        rows.push(memory_row("resident at its highest, under the writes", peak, 256.0));
    }
    Ok(rows)
}
