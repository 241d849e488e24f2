//! How to open each engine, with defaults that suit a small server. Reads no environment and no
//! file: the caller decides.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to open the embedded engine.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The database file; created with mode 0600 when it is missing. Its directory must exist.
    pub path: PathBuf,
    /// The most read connections; they are opened as they are needed.
    pub readers: usize,
    /// The page cache of each read connection, in KiB.
    pub reader_cache_kib: u32,
    /// The page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// How long a write waits for another process, and a read for a free connection.
    pub busy_timeout: Duration,
    /// The most write jobs that may wait; more are refused at once.
    pub queue: usize,
}

impl SqliteOptions {
    /// The defaults for the database file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 8,
            reader_cache_kib: 4 * 1024,
            writer_cache_kib: 32 * 1024,
            busy_timeout: Duration::from_secs(5),
            queue: 4096,
        }
    }
}

/// How to reach a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The connection URL, `postgres://user:password@host:port/database`; behind a question mark `sslmode` and
    /// `sslrootcert` say whether the connection is encrypted and how the server's certificate is checked, `sslcert` and
    /// `sslkey` which certificate is shown to the server.
    pub url: String,
    /// The most connections of this process.
    pub pool_size: usize,
    /// How long to wait for a free connection, and for a new one to be made.
    pub wait: Duration,
}

impl PostgresOptions {
    /// The defaults for the server at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), pool_size: 16, wait: Duration::from_secs(5) }
    }
}

/// Without the URL: it carries the password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("pool_size", &self.pool_size)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}
