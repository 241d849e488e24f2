//! Durable creates on disks that take longer to say that data is safe: what group commit is for. The disk
//! at hand is held up by a library that is loaded before the servers.

use crate::machine;
use crate::report::{replace, say_result, table};
use crate::rows::{WRITE_TARGET, write_ratio};
use crate::seed::{self, Seed};
use crate::settings::{Outcome, Settings};
use crate::writes;

/// How much longer each fsync takes, in microseconds: solid-state disks with and without a buffer that
/// outlives a power cut, disks across a network, and turning ones.
const DELAYS: [u32; 5] = [0, 1_000, 2_000, 5_000, 10_000];

/// Measures and reports.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    if settings.slow_fsync.is_none() {
        return Err("--slow-fsync must name the library that bench/run makes".into());
    }
    let data = settings.data.join(format!("members-{}", settings.members));
    let seed = Seed { data_dir: data.clone(), members: settings.members, organisations: 10 };
    let seeded = seed::ensure(&seed)?;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let settings = Settings { fsync_delay: delay, ..settings.clone() };
        let written = writes::measure(&settings, &data, &seeded)?;
        let name = if delay == 0 { "as it is".to_owned() } else { format!("+ {} ms", delay / 1_000) };
        let mut row = write_ratio(&name, &written.creates, &written.inserts, Some(WRITE_TARGET));
        let alone = crate::load::median(written.alone.iter().map(|it| it.rate));
        row.insert(3, format!("{alone:.0}"));
        rows.push(row);
    }
    let head = [
        "Each fsync",
        "32 clients /s",
        "one row per fsync /s",
        "one client /s",
        "ratio of 32",
        "range",
        "must reach",
        "reached",
    ];
    let text = format!(
        "{}{}: {}. {} members in 10 organisations; {} rounds of {} s each.\n\n{}",
        if settings.quick { "Quick run, not for comparison. " } else { "" },
        machine::today(),
        machine::describe(),
        settings.members,
        settings.rounds(),
        settings.duration().as_secs(),
        table(&head, &rows),
    );
    say_result(&text);
    match &settings.results {
        Some(file) if !settings.quick => replace(file, "slow disk", &text),
        _ => Ok(()),
    }
}
