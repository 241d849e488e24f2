//! The two servers as child processes, each kept on one core, and what the system says of their memory
//! and processor time.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::seed::DATABASE;
use crate::settings::{Outcome, Settings};

/// Ticks a second in /proc/PID/stat; fixed on Linux.
const TICKS: u64 = 100;
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that runs; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// `memberpulse serve` on a data directory, plan limits and all.
    pub(crate) fn released(settings: &Settings, data: &Path) -> Outcome<Self> {
        Self::released_with(settings, data, &[])
    }

    /// The same with further options.
    pub(crate) fn released_with(settings: &Settings, data: &Path, options: &[&str]) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = on_server_core(settings, &settings.memberpulse);
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(data)
            .arg("--listen")
            .arg(address.to_string())
            .args(options);
        Self::start(command, address)
    }

    /// MemberPulse on a data directory, with plan limits that no load reaches.
    pub(crate) fn product(settings: &Settings, data: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = on_server_core(settings, &std::env::current_exe()?);
        command.arg("product").arg("--data-dir").arg(data).arg("--listen").arg(address.to_string());
        Self::start(command, address)
    }

    /// The reference on the database of a data directory.
    pub(crate) fn reference(settings: &Settings, data: &Path, mmap: u64) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = on_server_core(settings, &std::env::current_exe()?);
        command.arg("reference").arg("--database").arg(data.join(DATABASE));
        command.arg("--mmap").arg(mmap.to_string()).arg("--listen").arg(address.to_string());
        Self::start(command, address)
    }

    fn start(mut command: Command, address: SocketAddr) -> Outcome<Self> {
        // Settings of the caller's own server must not leak in.
        for (name, _) in variables() {
            command.env_remove(name);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        Ok(Self { child, address })
    }

    /// Waits until a path answers with 200; how long that took.
    pub(crate) fn wait(&mut self, path: &str, key: Option<&str>) -> Outcome<Duration> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended with {status} before it answered").into());
            }
            let answer = Client::connect(self.address).and_then(|mut client| client.get(path, key));
            match answer {
                Ok(answer) if answer.status == 200 => return Ok(started.elapsed()),
                _ => sleep(Duration::from_micros(500)),
            }
        }
        Err(format!("the server does not answer {path}").into())
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; utime and stime are fields 14 and 15 (proc(5)).
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u64 =
            rest.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }

    /// Resident memory now and at its highest, in MiB.
    pub(crate) fn memory(&self) -> Outcome<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let read = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1_024.0)
        };
        read("VmRSS:")
            .zip(read("VmHWM:"))
            .ok_or_else(|| "the system does not tell the server's memory".into())
    }

    /// Asks it to stop and waits.
    pub(crate) fn stop(&mut self) {
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status());
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A command on the server's core, and on the disk that is to be measured.
pub(crate) fn on_server_core(settings: &Settings, program: &Path) -> Command {
    let mut command = pinned(settings.server_core, program);
    if let Some(library) = &settings.slow_fsync {
        command.env("LD_PRELOAD", library).env("SLOW_FSYNC_MICROS", settings.fsync_delay.to_string());
    }
    command
}

/// A command on one core.
pub(crate) fn pinned(core: u32, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

#[expect(clippy::disallowed_methods, reason = "only to keep the caller's settings from the servers")]
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars().filter(|(name, _)| name.starts_with("MEMBERPULSE_"))
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
