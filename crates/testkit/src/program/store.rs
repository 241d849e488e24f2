//! A place for the program's data, and the program on it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use app::db::{Db, PostgresOptions, SqliteOptions};

use super::{Ran, Serving, memberpulse};
use crate::TestDatabase;

/// A place for data that goes away with the test.
pub enum Store {
    /// A data directory.
    Directory(tempfile::TempDir),
    /// A database of its own on the server for tests.
    Postgres(TestDatabase),
    /// A directory that the test looks after itself.
    Place(PathBuf),
    /// A database that the test looks after itself.
    Url(String),
}

impl Store {
    /// An empty data directory.
    pub fn directory() -> Self {
        Self::Directory(tempfile::tempdir().unwrap())
    }

    /// An empty database: the program itself makes the tables.
    pub fn postgres() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self::Postgres(runtime.block_on(TestDatabase::create(&[])))
    }

    /// The data directory of a store that has one.
    pub fn path(&self) -> &Path {
        match self {
            Self::Directory(directory) => directory.path(),
            Self::Place(path) => path,
            Self::Postgres(_) | Self::Url(_) => panic!("a database has no directory"),
        }
    }

    /// Does something to the data that the program has no call for.
    pub fn execute(&self, sql: &'static str) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let db = match self {
                Self::Directory(_) | Self::Place(_) => {
                    Db::open_sqlite(SqliteOptions::new(self.path().join("memberpulse.db"))).await
                }
                Self::Postgres(database) => Db::open_postgres(PostgresOptions::new(database.url())).await,
                Self::Url(url) => Db::open_postgres(PostgresOptions::new(url)).await,
            };
            let db = db.unwrap();
            db.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await.map(drop) })).await.unwrap();
            db.close().await;
        });
    }

    /// The program on this data.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = memberpulse();
        command.args(arguments);
        match self {
            Self::Directory(directory) => command.arg("--data-dir").arg(directory.path()),
            Self::Place(path) => command.arg("--data-dir").arg(path),
            Self::Postgres(database) => command.arg("--database-url").arg(database.url()),
            Self::Url(url) => command.arg("--database-url").arg(url),
        };
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs a command that is told something on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Makes an organisation with the slug `acme`.
    pub fn make_acme(&self) {
        let _ = self.run(&["organisation", "create", "--name", "Acme", "--json"]).json();
    }

    /// Makes a key of `acme` for production: its id and the key itself.
    pub fn make_key(&self) -> (String, String) {
        self.make_key_of("production")
    }

    /// The same for one of the environments.
    pub fn make_key_of(&self, environment: &str) -> (String, String) {
        let usual =
            ["api-key", "create", "--organisation", "acme", "--environment", environment, "--name", "test"];
        let key = self.run(&[&usual[..], &["--json"]].concat()).json();
        (key["id"].as_str().unwrap().to_owned(), key["key"].as_str().unwrap().to_owned())
    }

    /// Starts a server and waits until it listens.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// The same, with further options.
    pub fn serve_with(&self, options: &[&str]) -> Serving {
        Serving::start(self.server(options))
    }

    /// The command that [`serve_with`](Self::serve_with) starts.
    pub fn server(&self, options: &[&str]) -> Command {
        let usual = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let all: Vec<&str> = usual.iter().chain(options).copied().collect();
        self.command(&all)
    }
}
