//! The lock that keeps two servers off one data directory. Commands do not take it: they may work
//! beside a running server, because the database file has locks of its own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::DbError;

/// Held by the one server of a data directory; the operating system releases it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct ServerLock {
    // Closing the file releases the lock.
    _file: File,
}

impl ServerLock {
    /// Takes the lock of the data directory `dir`, or says which process has it.
    pub fn acquire(dir: &Path) -> Result<Self, DbError> {
        let path = dir.join("server.lock");
        let failed = |error: &std::io::Error| {
            DbError::Unavailable(format!(
                "cannot lock {}: {error}; the data directory must exist and be writable by the \
                 user that runs the server",
                path.display()
            ))
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DbError::Unavailable(in_use(dir, &mut file)));
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        // Only for the message of the next one who tries; the lock is what counts.
        let note = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        if let Err(error) = note {
            tracing::debug!(%error, "cannot note the process id in server.lock");
        }
        Ok(Self { _file: file })
    }
}

fn in_use(dir: &Path, file: &mut File) -> String {
    let mut holder = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(20).read_to_string(&mut holder));
    let holder = match (read, holder.trim().parse::<u32>()) {
        (Ok(_), Ok(id)) => format!(" (process {id})"),
        _ => String::new(),
    };
    format!(
        "another server{holder} uses the data directory {}: stop it first, or give this one its \
         own directory",
        dir.display()
    )
}
