//! A PostgreSQL database of its own for each test, copied from a template that was migrated once.
//!
//! Tests run in processes of their own, several at a time: the template is made under an advisory
//! lock and named for the schema's text, so that all of them share it and none sees an old one. This
//! module must never know what the schema holds.

use std::sync::atomic::{AtomicU32, Ordering};

use app::db::{Db, Migration, PostgresOptions};
use sha2::{Digest as _, Sha256};
use tokio_postgres::{Client, NoTls};

/// Any number; whoever makes a template takes this lock first.
const TEMPLATE_LOCK: i64 = 0x6D65_6D62_6572;

/// A database that goes away with this value.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes a database that has all these migrations.
    pub async fn create(migrations: &[Migration]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = server();
        let admin = connect(&server).await;
        let template = template(&server, &admin, migrations).await;
        let name = format!("mp_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // A process id may come back on a server that lives for long.
        run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { server, name }
    }

    /// What clients connect to.
    pub fn url(&self) -> String {
        url_of(&self.server, &self.name)
    }
}

/// Best effort: a database that stays behind only takes room on a server that is for tests.
impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime may be shutting down, and must not be blocked: this has its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok((client, connection)) = tokio_postgres::connect(&server, NoTls).await else { return };
                tokio::spawn(connection);
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                drop(client.batch_execute(&sql).await);
            });
        });
        drop(dropping.join());
    }
}

/// The server for tests. There is no test without it: one that is skipped looks like one that passed.
fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let server = std::env::var("MEMBERPULSE_TEST_POSTGRES");
    let Ok(server) = server else {
        panic!(
            "MEMBERPULSE_TEST_POSTGRES is not set: run scripts/test, which starts a PostgreSQL server for \
             the tests"
        );
    };
    server
}

/// The name of a database with this schema, which is made when it is not there.
async fn template(server: &str, admin: &Client, migrations: &[Migration]) -> String {
    let digest = Sha256::digest(format!("{migrations:?}").as_bytes());
    let name: String =
        digest.iter().take(8).fold("mp_template_".to_owned(), |name, byte| format!("{name}{byte:02x}"));
    if exists(admin, &name).await {
        return name;
    }
    run(admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    if !exists(admin, &name).await {
        // It gets its name when it is complete. One that is not was left by a process that was stopped.
        let unfinished = format!("{name}_unfinished");
        run(admin, &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
        run(admin, &format!("CREATE DATABASE {unfinished} TEMPLATE template0 ENCODING 'UTF8'")).await;
        let db = Db::open_postgres(PostgresOptions::new(url_of(server, &unfinished))).await;
        let db = db.unwrap_or_else(|error| panic!("{unfinished} cannot be opened: {error}"));
        let migrated = db.migrate(migrations).await;
        migrated.unwrap_or_else(|error| panic!("{unfinished} cannot be migrated: {error}"));
        db.close().await;
        run(admin, &format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
    }
    run(admin, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

async fn exists(admin: &Client, name: &str) -> bool {
    let found = admin.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await;
    found
        .unwrap_or_else(|error| panic!("the PostgreSQL server's databases cannot be read: {error}"))
        .is_some()
}

async fn run(admin: &Client, sql: &str) {
    let done = admin.batch_execute(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

async fn connect(url: &str) -> Client {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected.unwrap_or_else(|error| {
        panic!("the PostgreSQL server of MEMBERPULSE_TEST_POSTGRES cannot be reached: {error}")
    });
    tokio::spawn(connection);
    client
}

/// The server's URL with another database's name.
fn url_of(server: &str, database: &str) -> String {
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let host = base.rsplit_once('/').map_or(base, |(host, _)| host);
    format!("{host}/{database}?{query}")
}
