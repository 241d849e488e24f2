//! What only the PostgreSQL engine does: the pool, collisions, lost connections.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

#[expect(dead_code, reason = "shared by all test files; each uses a part")]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{ITEMS, insert, insert_in, names, postgres_client, postgres_url};
use db::{Db, DbError, PostgresOptions, Weight};
use tokio::sync::Barrier;

/// A database with the usual table, and its URL.
async fn open(pool_size: usize) -> (Db, String) {
    let url = postgres_url().await;
    let options =
        PostgresOptions { pool_size, wait: Duration::from_millis(500), ..PostgresOptions::new(url.as_str()) };
    let db = Db::open_postgres(options).await.unwrap();
    db.migrate(&[ITEMS]).await.unwrap();
    (db, url)
}

const RENAME: &str = "UPDATE items SET name = ? WHERE id = ?";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collision_is_tried_again() {
    let (db, _) = open(4).await;
    insert(&db, 1, "one").await.unwrap();
    insert(&db, 2, "two").await.unwrap();
    // Each takes a row and then wants the other's: a deadlock, the first time.
    let both = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let cross = |from: i64, to: i64| {
        let (db, both, runs) = (db.clone(), Arc::clone(&both), Arc::clone(&runs));
        tokio::spawn(async move {
            db.write(move |tx| {
                let (both, runs) = (Arc::clone(&both), Arc::clone(&runs));
                Box::pin(async move {
                    let name = format!("{from} to {to}");
                    tx.execute(RENAME, &[name.clone().into(), from.into()]).await?;
                    if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                        both.wait().await;
                    }
                    tx.execute(RENAME, &[format!("{name}, again").into(), to.into()]).await
                })
            })
            .await
        })
    };
    let (there, back) = (cross(1, 2), cross(2, 1));
    assert_eq!(there.await.unwrap(), Ok::<_, DbError>(1));
    assert_eq!(back.await.unwrap(), Ok(1));
    // Once at least; on a busy machine the second run of one can meet the first of the other again.
    let repeated = runs.load(Ordering::SeqCst) - 2;
    assert!(repeated >= 1, "{repeated}");
    assert_eq!(db.stats().retries, u64::from(repeated));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collision_inside_an_attempt_ends_the_job() {
    let (db, _) = open(4).await;
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let result: Result<(), DbError> = db
        .write(move |tx| {
            let run = count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                let part: Result<u64, DbError> = tx
                    .attempt(|tx| {
                        Box::pin(async move {
                            if run > 0 {
                                return Ok(0);
                            }
                            let sql = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; \
                                       END $$";
                            tx.execute(sql, &[]).await
                        })
                    })
                    .await;
                // Swallowed; the transaction is over all the same.
                assert_eq!(part.is_err(), run == 0);
                Ok(())
            })
        })
        .await;
    // The collision was not the job's to hide: either run again as a whole, or an error.
    assert_eq!(result, Ok(()));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collision_that_stays_is_reported() {
    let (db, _) = open(4).await;
    let result: Result<u64, DbError> = db
        .write(|tx| {
            Box::pin(async move {
                let sql = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$";
                tx.execute(sql, &[]).await
            })
        })
        .await;
    assert_eq!(result, Err(DbError::Conflict));
    assert_eq!(db.stats().retries, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_write_leaves_no_transaction_open() {
    let (db, _) = open(1).await;
    insert(&db, 1, "one").await.unwrap();
    let other = db.clone();
    let dropped = tokio::spawn(async move {
        let result: Result<(), DbError> = other
            .write(|tx| {
                Box::pin(async move {
                    tx.execute(RENAME, &["gone".into(), 1.into()]).await?;
                    tx.each("SELECT CAST(pg_sleep(30) AS TEXT)", &[], |_| Ok(())).await
                })
            })
            .await;
        result
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    // The only connection of the pool is free at once, and not the one that sleeps.
    assert_eq!(names(&db).await, ["one"]);
    assert_eq!(insert(&db, 2, "two").await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_gives_up_on_a_statement_is_not_committed() {
    let (db, _) = open(2).await;
    let result: Result<(), DbError> = db
        .write(|tx| {
            Box::pin(async move {
                insert_in(tx, 1, "one".to_owned()).await?;
                let slow = tx.each("SELECT CAST(pg_sleep(1) AS TEXT)", &[], |_| Ok(()));
                assert!(tokio::time::timeout(Duration::from_millis(50), slow).await.is_err());
                Ok(())
            })
        })
        .await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("abandoned"), "{error}");
    assert!(names(&db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_are_replaced() {
    let (db, url) = open(4).await;
    insert(&db, 1, "one").await.unwrap();
    let other = postgres_client(&url).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for round in 2..6_i64 {
        other.batch_execute(kill).await.unwrap();
        assert_eq!(insert(&db, round, &format!("item {round}")).await, Ok(1));
        other.batch_execute(kill).await.unwrap();
        assert_eq!(names(&db).await.len(), usize::try_from(round).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_delivered_rows_is_not_repeated() {
    let (db, _) = open(2).await;
    let sql = "SELECT CAST(i AS BIGINT), \
               CASE WHEN i = 90000 THEN pg_terminate_backend(pg_backend_pid()) END \
               FROM generate_series(1, 100000) AS i";
    let mut seen = 0;
    let result = db
        .each(Weight::Long, sql, &[], |row| {
            seen += 1;
            assert_eq!(row.integer(0)?, seen);
            Ok(())
        })
        .await;
    assert!(result.is_err_and(|error| error.is_retryable()));
    assert!(seen > 0, "the connection was lost before any row came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_breaks_off_does_not_hold_up_the_next() {
    let (db, _) = open(1).await;
    let sql = "SELECT CAST(i AS BIGINT) FROM generate_series(1, 50000000) AS i";
    let result = db.each(Weight::Long, sql, &[], |_| Err(DbError::Other("enough".to_owned()))).await;
    assert_eq!(result, Err(DbError::Other("enough".to_owned())));
    let next = tokio::time::timeout(Duration::from_secs(3), db.check_ready()).await;
    assert_eq!(next, Ok(Ok(())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_inside_a_job_runs_it_again() {
    let (db, _) = open(4).await;
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let result: Result<u64, DbError> = db
        .write(move |tx| {
            let run = count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                insert_in(tx, 1, "one".to_owned()).await?;
                if run == 0 {
                    let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
                    tx.each(sql, &[], |_| Ok(())).await?;
                }
                insert_in(tx, 2, "two".to_owned()).await
            })
        })
        .await;
    assert_eq!(result, Ok(1));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(names(&db).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_while_committing_is_reported_and_not_repeated() {
    let (db, url) = open(2).await;
    let other = postgres_client(&url).await;
    // Runs when the transaction commits.
    other
        .batch_execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
             CREATE CONSTRAINT TRIGGER die AFTER INSERT ON items \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();",
        )
        .await
        .unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let result: Result<u64, DbError> = db
        .write(move |tx| {
            count.fetch_add(1, Ordering::SeqCst);
            insert_in(tx, 1, "one".to_owned())
        })
        .await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("may or may not have been kept"), "{error}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(db.check_ready().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_changed_by_others_does_not_wedge_the_pool() {
    let (db, url) = open(1).await;
    insert(&db, 1, "one").await.unwrap();
    let columns = async || {
        let read =
            db.optional(Weight::Short, "SELECT * FROM items", &[], |row| Ok(row.columns())).await.unwrap();
        let written: Result<Option<usize>, DbError> = db
            .write(|tx| {
                Box::pin(
                    async move { tx.optional("SELECT * FROM items", &[], |row| Ok(row.columns())).await },
                )
            })
            .await;
        (read, written.unwrap())
    };
    assert_eq!(columns().await, (Some(3), Some(3)));
    let other = postgres_client(&url).await;
    other.batch_execute("ALTER TABLE items ADD COLUMN note TEXT").await.unwrap();
    assert_eq!(columns().await, (Some(4), Some(4)));
    other.batch_execute("ALTER TABLE items DROP COLUMN note").await.unwrap();
    // The write first this time: its statement is stale inside a transaction.
    let written: Result<Option<usize>, DbError> = db
        .write(|tx| {
            Box::pin(async move { tx.optional("SELECT * FROM items", &[], |row| Ok(row.columns())).await })
        })
        .await;
    assert_eq!(written, Ok(Some(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_pool_and_a_missing_server_are_unavailable() {
    let (db, _) = open(1).await;
    let other = db.clone();
    let holder = tokio::spawn(async move {
        let sql = "SELECT CAST(pg_sleep(2) AS TEXT)";
        other.each(Weight::Long, sql, &[], |_| Ok(())).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let error = db.check_ready().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("busy"), "{error}");
    assert_eq!(holder.await.unwrap(), Ok(()));
    assert_eq!(db.check_ready().await, Ok(()));

    let nobody = PostgresOptions::new("postgres://someone:secret@127.0.0.1:1/nothing");
    let error = Db::open_postgres(nobody).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");

    let error = Db::open_postgres(PostgresOptions::new("postgres:/secret")).await.unwrap_err();
    assert!(error.to_string().contains("must look like"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_stay_durable_whatever_the_database_says() {
    let (_, url) = open(1).await;
    let other = postgres_client(&url).await;
    other
        .batch_execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', \
             current_database()); END $$",
        )
        .await
        .unwrap();
    let db = Db::open_postgres(PostgresOptions::new(url)).await.unwrap();
    let setting = db
        .optional(Weight::Short, "SHOW synchronous_commit", &[], |row| row.text(0).map(str::to_owned))
        .await;
    assert_eq!(setting, Ok(Some("on".to_owned())));
    assert_eq!(db.change_mark(), Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_another_encoding_is_refused() {
    let url = postgres_url().await;
    let (server, name) = url.trim_end_matches('?').rsplit_once('/').unwrap();
    let admin = postgres_client(&url).await;
    let name = format!("{name}_latin");
    for sql in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"),
    ] {
        admin.batch_execute(&sql).await.unwrap();
    }
    let error = Db::open_postgres(PostgresOptions::new(format!("{server}/{name}"))).await.unwrap_err();
    assert!(error.to_string().contains("ENCODING 'UTF8'"), "{error}");
}

/// As after a failover, when the server that a connection leads to has become a standby.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_a_server_that_takes_no_changes_is_given_up() {
    let (db, _) = open(1).await;
    let turn = |db: &Db| {
        let db = db.clone();
        async move {
            let set = "SET SESSION default_transaction_read_only = on";
            db.write(move |tx| Box::pin(async move { tx.execute(set, &[]).await })).await
        }
    };
    assert_eq!(turn(&db).await, Ok::<u64, DbError>(0));
    insert(&db, 1, "one").await.unwrap();
    assert_eq!(turn(&db).await, Ok(0));
    let refused = db.check_ready().await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    assert_eq!(db.check_ready().await, Ok(()));
    assert_eq!(names(&db).await, ["one"]);
}
