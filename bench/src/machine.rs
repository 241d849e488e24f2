//! The machine, in general words, for the table of results.

use std::fs;
use std::process::Command;

/// A line that describes it.
pub(crate) fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo")
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kib| kib / 1_048_576.0);
    // Major and minor number only: the rest names somebody's build.
    let release = read("/proc/sys/kernel/osrelease");
    let kernel = release.trim().split('.').take(2).collect::<Vec<_>>().join(".");
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let rustc = rustc.ok().as_deref().and_then(|it| it.split(' ').nth(1)).unwrap_or("unknown").to_owned();
    format!(
        "{cores} virtual cores ({processor}), {memory:.0} GiB memory, Linux {kernel}, rustc {rustc}, SQLite {}",
        rusqlite::version()
    )
}

/// The present moment.
pub(crate) fn now() -> String {
    use app::Clock as _;
    app::SystemClock.now().to_string()
}

/// Today's date in UTC.
pub(crate) fn today() -> String {
    now().chars().take(10).collect()
}
