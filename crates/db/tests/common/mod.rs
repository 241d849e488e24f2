//! A fresh, empty database on either engine for each test.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use db::{BoxFuture, Db, DbError, Migration, MigrationSql, PostgresOptions, SqliteOptions, Tx};

/// A database file in a directory of its own, which goes away with it.
pub(crate) struct SqliteFile {
    dir: tempfile::TempDir,
}

impl SqliteFile {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("test.db")
    }

    pub(crate) async fn open(&self) -> Db {
        Db::open_sqlite(SqliteOptions::new(self.path())).await.unwrap()
    }
}

/// The URL of a new database on the test cluster.
pub(crate) async fn postgres_url() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let server = std::env::var("MEMBERPULSE_TEST_POSTGRES");
    let Ok(server) = server else {
        panic!(
            "MEMBERPULSE_TEST_POSTGRES is not set: run the tests with scripts/test, which starts \
             a PostgreSQL server for them"
        );
    };
    let name = format!("db_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = postgres_client(&server).await;
    // A process id may come back on a cluster that lives for long.
    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await.unwrap();
    let (base, query) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = base.rsplit_once('/').unwrap();
    format!("{host}/{name}?{query}")
}

/// A connection beside the engine's own.
pub(crate) async fn postgres_client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn postgres() -> Db {
    Db::open_postgres(PostgresOptions::new(postgres_url().await)).await.unwrap()
}

/// The table that most tests use.
pub(crate) const ITEMS: Migration = Migration {
    version: 1,
    name: "items",
    sql: MigrationSql::Both(
        "CREATE TABLE items (
            id {int} NOT NULL PRIMARY KEY,
            name {text} NOT NULL,
            parent {int} REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
            CHECK (id < 1000000)
        ) {strict};
        CREATE UNIQUE INDEX items_by_name ON items (name);",
    ),
};

pub(crate) async fn insert(db: &Db, id: i64, name: &str) -> Result<u64, DbError> {
    let name = name.to_owned();
    db.write(move |tx| insert_in(tx, id, name.clone())).await
}

pub(crate) fn insert_in<'t>(
    tx: &'t mut Tx<'_>,
    id: i64,
    name: String,
) -> BoxFuture<'t, Result<u64, DbError>> {
    Box::pin(async move {
        tx.execute("INSERT INTO items (id, name) VALUES (?, ?)", &[id.into(), name.into()]).await
    })
}

pub(crate) async fn names(db: &Db) -> Vec<String> {
    db.all(db::Weight::Short, "SELECT name FROM items ORDER BY name", &[], |row| {
        row.text(0).map(str::to_owned)
    })
    .await
    .unwrap()
}
