//! Where the processor time goes: perf samples the server while it is under load. The kernel's part is
//! most of a short answer; it is told apart from the program's.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::client::Client;
use crate::load::Plan;
use crate::reads;
use crate::report::say_result;
use crate::seed::{self, Seed};
use crate::servers::Server;
use crate::settings::{Outcome, Settings};
use crate::writes;

const SECONDS: u64 = 8;
/// Functions that are told of each work.
const LINES: usize = 40;

/// Profiles two reads and the creates.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let data = settings.data.join(format!("members-{}", settings.members));
    let seed = Seed { data_dir: data.clone(), members: settings.members, organisations: 10 };
    let seeded = seed::ensure(&seed)?;
    for read in reads::all(&data, &seeded)? {
        let wanted = settings.only.as_ref().map_or(
            read.name.starts_with("GET one") || read.name.starts_with("list of 25, newest"),
            |part| read.name.contains(part.as_str()),
        );
        if wanted {
            let mut server = Server::product(settings, &data)?;
            let mut reference = Server::reference(settings, &data, 0)?;
            server.wait("/healthz", None)?;
            reference.wait(&read.pairs[0].reference, None)?;
            let loads = read
                .compare(&mut Client::connect(server.address)?, &mut Client::connect(reference.address)?)?;
            let plan = Plan::write(settings.data.join("load-product.txt"), &loads.0, 200, 16)?;
            sample(settings, &format!("{}, MemberPulse", read.name), &server, &plan)?;
            let plan = Plan::write(settings.data.join("load-reference.txt"), &loads.1, 200, 16)?;
            sample(settings, &format!("{}, reference", read.name), &reference, &plan)?;
        }
    }
    if settings.wants("POST member") {
        let copy = writes::Copy::of(&data, &settings.data.join("writes"))?;
        let mut server = Server::product(settings, &copy.0)?;
        server.wait("/healthz", None)?;
        let plan = writes::posts(settings, &seeded, 0, Duration::from_secs(SECONDS + 2), writes::CLIENTS)?;
        sample(settings, "POST member", &server, &plan)?;
    }
    Ok(())
}

fn sample(settings: &Settings, name: &str, server: &Server, plan: &Plan) -> Outcome<()> {
    let file = settings.data.join("perf.data");
    let mut perf = Command::new("perf")
        .args(["record", "--event", "cpu-clock", "--freq", "1999", "--pid", &server.id().to_string()])
        .arg("--output")
        .arg(&file)
        .args(["--", "sleep", &SECONDS.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("perf cannot be started ({error}): install linux-perf"))?;
    let measured = plan.run(settings, server, Duration::from_secs(SECONDS + 1))?;
    perf.wait()?;
    let report = |sort: &str| -> Outcome<String> {
        let output = Command::new("perf")
            .args(["report", "--stdio", "--no-children", "--sort", sort, "--input"])
            .arg(&file)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        // Some versions of perf fill the line with empty columns.
        let lines = lines.map(|line| line.trim_end_matches([' ', '-']));
        Ok(lines.take(LINES).collect::<Vec<_>>().join("\n"))
    };
    say_result(&format!(
        "\n{name}: {:.1} µs of processor time each\n{}\n{}",
        measured.cpu_micros,
        report("dso")?,
        report("symbol")?
    ));
    Ok(())
}
