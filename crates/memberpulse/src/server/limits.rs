//! How many connections the server may hold at once: as many as the system gives it files for, less
//! those that the store needs, and never without bound.

/// No server holds more connections, whatever the system would give.
const MOST: usize = 16_384;

/// Files that are not connections: the database, its readers or pool, the log.
const OTHER_FILES: usize = 128;

/// The most connections; raises the soft limit of open files first, as far as the system lets it.
pub(super) fn most_connections() -> usize {
    let files = raise_open_files(MOST + OTHER_FILES);
    files.saturating_sub(OTHER_FILES).clamp(16, MOST)
}

#[cfg(unix)]
fn raise_open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted_files = u64::try_from(wanted).unwrap_or(u64::MAX);
    let possible = limit.maximum.map_or(wanted_files, |most| most.min(wanted_files));
    let now = limit.current.unwrap_or(u64::MAX);
    let got = if now >= possible {
        now
    } else {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: limit.maximum }) {
            Ok(()) => possible,
            Err(error) => {
                tracing::debug!(%error, "the limit of open files stays as it is");
                now
            }
        }
    };
    usize::try_from(got).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn raise_open_files(wanted: usize) -> usize {
    wanted
}
