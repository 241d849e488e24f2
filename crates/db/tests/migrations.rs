//! The migration runner on both engines: fresh, again, refused, and several at once.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

#[expect(dead_code, reason = "shared by all test files; each uses a part")]
mod common;

use std::sync::Arc;

use common::{ITEMS, SqliteFile, insert, postgres_url};
use db::{Db, DbError, Engine, Migration, MigrationSql, PostgresOptions, SqliteOptions, Weight};
use tokio::sync::Barrier;

const SECOND: Migration = Migration {
    version: 2,
    name: "second",
    sql: MigrationSql::Split {
        sqlite: "CREATE TABLE second (engine TEXT NOT NULL) STRICT; \
                 INSERT INTO second VALUES ('sqlite');",
        postgres: "CREATE TABLE second (engine TEXT NOT NULL); \
                   INSERT INTO second VALUES ('postgres');",
    },
};

/// Opens further handles on the same database, as other processes would.
enum Place {
    Sqlite(SqliteFile),
    Postgres(String),
}

impl Place {
    async fn open(&self) -> Db {
        match self {
            Self::Sqlite(file) => Db::open_sqlite(SqliteOptions::new(file.path())).await,
            Self::Postgres(url) => Db::open_postgres(PostgresOptions::new(url.as_str())).await,
        }
        .unwrap()
    }
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Place::Sqlite(super::SqliteFile::new())).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Place::Postgres(super::postgres_url().await)).await;
                }
            )*
        }
    };
}

on_both!(
    a_fresh_database_gets_all_and_a_second_run_nothing,
    an_altered_migration_is_refused,
    a_newer_database_is_used_when_it_was_only_added_to,
    a_failing_migration_leaves_nothing,
    several_at_once_apply_each_once,
);

async fn a_fresh_database_gets_all_and_a_second_run_nothing(place: Place) {
    let db = place.open().await;
    let report = db.migrate(&[ITEMS]).await.unwrap();
    assert_eq!((report.applied, report.version), (vec![1], 1));
    let report = db.migrate(&[ITEMS, SECOND]).await.unwrap();
    assert_eq!((report.applied, report.version), (vec![2], 2));
    let report = db.migrate(&[ITEMS, SECOND]).await.unwrap();
    assert_eq!((report.applied, report.version), (vec![], 2));

    let text = |row: &db::Row<'_>| row.text(0).map(str::to_owned);
    let engine = db.all(Weight::Short, "SELECT engine FROM second", &[], text).await.unwrap();
    let expected = match db.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    assert_eq!(engine, [expected]);

    // The time is a real one, in microseconds.
    let times = db
        .all(Weight::Short, "SELECT applied_at FROM schema_migrations", &[], |row| row.integer(0))
        .await
        .unwrap();
    assert_eq!(times.len(), 2);
    assert!(times.iter().all(|time| *time > 1_700_000_000_000_000), "{times:?}");
}

async fn an_altered_migration_is_refused(place: Place) {
    let db = place.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let altered = Migration { sql: MigrationSql::Both("CREATE TABLE items (id {int})"), ..ITEMS };
    for migrations in [&[altered][..], &[altered, SECOND][..]] {
        let error = db.migrate(migrations).await.unwrap_err();
        assert!(matches!(error, DbError::Migration(_)), "{error}");
        assert!(error.to_string().contains("version 1 (items)"), "{error}");
    }
    // Nothing of the second one either.
    assert!(db.check_statement("SELECT * FROM second").await.is_err());
}

async fn a_newer_database_is_used_when_it_was_only_added_to(place: Place) {
    let db = place.open().await;
    db.migrate(&[ITEMS, SECOND]).await.unwrap();
    let report = db.migrate(&[ITEMS]).await.unwrap();
    assert_eq!((report.applied, report.version, report.ahead), (vec![], 2, true));
    assert!(!db.migrate(&[ITEMS, SECOND]).await.unwrap().ahead);

    // Not by a program that may use what was taken away, also when more was added since.
    let contract =
        Migration { version: 3, name: "0003_contract_second", sql: MigrationSql::Both("DROP TABLE second") };
    let fourth = Migration {
        version: 4,
        name: "fourth",
        sql: MigrationSql::Both("CREATE TABLE d (id {int}) {strict}"),
    };
    assert_eq!(db.migrate(&[ITEMS, SECOND, contract, fourth]).await.unwrap().version, 4);
    for known in [&[ITEMS][..], &[ITEMS, SECOND]] {
        let error = db.migrate(known).await.unwrap_err();
        assert!(matches!(error, DbError::Migration(_)), "{error}");
        assert!(error.to_string().contains("version 3 (0003_contract_second)"), "{error}");
    }
    assert!(db.migrate(&[ITEMS, SECOND, contract]).await.unwrap().ahead);
}

/// A long read of a table keeps a migration from it, and the migration keeps nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_a_table_holds_nobody_up() {
    let url = postgres_url().await;
    let open = async || Db::open_postgres(PostgresOptions::new(url.as_str())).await.unwrap();
    let (db, other) = (open().await, open().await);
    db.migrate(&[ITEMS]).await.unwrap();
    let mut export = db.snapshot().await.unwrap();
    export.all("SELECT id FROM items", &[], |row| row.integer(0)).await.unwrap();
    let column = Migration {
        version: 2,
        name: "column",
        sql: MigrationSql::Both("ALTER TABLE items ADD COLUMN x {int}"),
    };
    let migrating = tokio::spawn(async move { other.migrate(&[ITEMS, column]).await });
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = CAST('items' AS regclass) \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while db.all(Weight::Short, waits, &[], |row| row.integer(0)).await.unwrap() == [0] {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for id in 0..20 {
        insert(&db, id, &format!("item {id}")).await.unwrap();
    }
    assert!(!migrating.is_finished(), "the export still reads");
    drop(export);
    assert_eq!(migrating.await.unwrap().unwrap().applied, [2]);
}

/// An index that is built while everybody works, and anew when that was interrupted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_built_concurrently() {
    let url = postgres_url().await;
    let db = Db::open_postgres(PostgresOptions::new(url.as_str())).await.unwrap();
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 1, "one").await.unwrap();
    insert(&db, 2, "two").await.unwrap();
    let index = Migration {
        version: 2,
        name: "index",
        sql: MigrationSql::Both(
            "-- Two statements; what was begun is done again.\n\
             DROP INDEX CONCURRENTLY IF EXISTS items_same;\n\
             CREATE UNIQUE INDEX CONCURRENTLY items_same ON items ((parent IS NULL));",
        ),
    };
    // It fails in the middle, which leaves an index that is not valid.
    let error = db.migrate(&[ITEMS, index]).await.unwrap_err();
    assert!(error.to_string().contains("migration 2 (index) failed"), "{error}");
    db.write(|tx| Box::pin(async move { tx.execute("DELETE FROM items WHERE id = 2", &[]).await }))
        .await
        .unwrap();
    let (one, two) = (db.clone(), Db::open_postgres(PostgresOptions::new(url.as_str())).await.unwrap());
    let both = [one, two].map(|db| tokio::spawn(async move { db.migrate(&[ITEMS, index]).await }));
    let mut applied = Vec::new();
    for run in both {
        applied.extend(run.await.unwrap().unwrap().applied);
    }
    assert_eq!(applied, [2]);
    assert!(insert(&db, 3, "three").await.is_err(), "the index holds");
}

async fn a_failing_migration_leaves_nothing(place: Place) {
    let db = place.open().await;
    let failing = Migration {
        version: 2,
        name: "failing",
        sql: MigrationSql::Both("CREATE TABLE half (id {int}) {strict}; SELECT * FROM nowhere;"),
    };
    let error = db.migrate(&[ITEMS, failing]).await.unwrap_err();
    assert!(error.to_string().contains("migration 2 (failing)"), "{error}");
    assert!(db.check_statement("SELECT * FROM items").await.is_ok());
    assert!(db.check_statement("SELECT * FROM half").await.is_err());
    // Corrected before it was ever applied.
    let report = db.migrate(&[ITEMS, SECOND]).await.unwrap();
    assert_eq!(report.applied, [2]);
}

async fn several_at_once_apply_each_once(place: Place) {
    let migrations: Vec<Migration> = (3..20)
        .map(|version| Migration {
            version,
            name: "more",
            sql: MigrationSql::Both(
                "INSERT INTO items (id, name) SELECT COUNT(*), CAST(COUNT(*) AS TEXT) FROM items",
            ),
        })
        .collect();
    let all = Arc::new([&[ITEMS, SECOND][..], &migrations].concat());
    let start = Arc::new(Barrier::new(4));
    let mut runs = Vec::new();
    for _ in 0..4 {
        let (db, all, start) = (place.open().await, Arc::clone(&all), Arc::clone(&start));
        runs.push(tokio::spawn(async move {
            start.wait().await;
            db.migrate(&all).await
        }));
    }
    let mut applied = Vec::new();
    for run in runs {
        let report = run.await.unwrap().unwrap();
        assert_eq!(report.version, 19);
        applied.extend(report.applied);
    }
    applied.sort_unstable();
    assert_eq!(applied, (1..20).collect::<Vec<_>>());
}
