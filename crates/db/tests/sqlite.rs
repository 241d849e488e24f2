//! What only the embedded engine does: group commit, the queue, the file and its directory.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

#[expect(dead_code, reason = "shared by all test files; each uses a part")]
mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{ITEMS, SqliteFile, insert, insert_in, names};
use db::{Db, DbError, Migration, MigrationSql, Param, ServerLock, SqliteOptions, Stats, Weight};
use tokio::task::JoinHandle;

/// Another process's connection that holds the write lock until it is dropped.
fn lock(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

async fn until(db: &Db, reached: impl Fn(Stats) -> bool) {
    for _ in 0..2000 {
        if reached(db.stats()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not reached: {:?}", db.stats());
}

fn insert_many(db: &Db, ids: std::ops::Range<i64>) -> Vec<JoinHandle<Result<u64, DbError>>> {
    ids.map(|id| {
        let db = db.clone();
        tokio::spawn(async move { insert(&db, id, &format!("item {id:03}")).await })
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_wait_share_a_commit() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let before = db.stats();
    // While another process writes, 32 jobs gather: the first waits for the lock, the others
    // behind it.
    let other = lock(&file.path());
    let jobs = insert_many(&db, 0..32);
    until(&db, |stats| stats.queued == 31).await;
    drop(other);
    for job in jobs {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    let after = db.stats();
    assert_eq!(after.jobs_done - before.jobs_done, 32);
    assert_eq!(after.commits - before.commits, 1);
    assert_eq!(names(&db).await.len(), 32);
}

/// Inserts `id` and `id + 100`, the second under a name that is taken for odd ones; counts how often it ran.
fn insert_two(db: &Db, id: i64, runs: &Arc<AtomicU32>) -> JoinHandle<Result<u64, DbError>> {
    let (db, runs) = (db.clone(), Arc::clone(runs));
    tokio::spawn(async move {
        db.write(move |tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                insert_in(tx, id, format!("first {id:03}")).await?;
                let second = if id % 2 == 1 { "taken".to_owned() } else { format!("second {id:03}") };
                insert_in(tx, id + 100, second).await
            })
        })
        .await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_after_writing_spoils_nothing_of_its_group() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 999, "taken").await.unwrap();
    let mut expected = vec!["taken".to_owned()];
    // What the first two did is done again when the second fails; from then on each is apart.
    for (ids, all_runs) in [(0..8, 10), (10..18, 8)] {
        let before = db.stats();
        let runs = Arc::new(AtomicU32::new(0));
        let other = lock(&file.path());
        let mut jobs = Vec::new();
        for (count, id) in ids.clone().enumerate() {
            jobs.push(insert_two(&db, id, &runs));
            until(&db, |stats| stats.queued == count as u64).await;
            tokio::time::sleep(Duration::from_millis(if count == 0 { 50 } else { 0 })).await;
        }
        drop(other);
        for (id, job) in ids.zip(jobs) {
            let result = job.await.unwrap();
            if id % 2 == 1 {
                assert!(matches!(result, Err(DbError::Unique { .. })), "{id}: {result:?}");
            } else {
                assert_eq!(result, Ok(1), "{id}");
                expected.extend([format!("first {id:03}"), format!("second {id:03}")]);
            }
        }
        let after = db.stats();
        assert_eq!((after.jobs_done - before.jobs_done, after.jobs_failed - before.jobs_failed), (4, 4));
        assert_eq!(after.commits - before.commits, 1);
        assert_eq!(runs.load(Ordering::Relaxed), all_runs);
    }
    expected.sort();
    assert_eq!(names(&db).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_first_or_has_written_nothing_is_not_in_the_way() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 0, "there").await.unwrap();
    let before = db.stats();
    let other = lock(&file.path());
    // A name that is taken: the statement fails and leaves nothing.
    let failing = |name: &'static str| {
        let db = db.clone();
        tokio::spawn(async move { insert(&db, 0, name).await })
    };
    let first = failing("there");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let good = insert_many(&db, 1..4);
    until(&db, |stats| stats.queued == 3).await;
    let last = failing("there");
    until(&db, |stats| stats.queued == 4).await;
    drop(other);
    assert!(first.await.unwrap().is_err());
    assert!(last.await.unwrap().is_err());
    for job in good {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    assert_eq!(db.stats().commits - before.commits, 1);
    assert_eq!(names(&db).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_held_too_long_fails_all_that_wait() {
    let file = SqliteFile::new();
    let options = SqliteOptions { busy_timeout: Duration::from_secs(1), ..SqliteOptions::new(file.path()) };
    let db = Db::open_sqlite(options).await.unwrap();
    db.migrate(&[ITEMS]).await.unwrap();
    let other = lock(&file.path());
    let jobs = insert_many(&db, 0..10);
    for job in jobs {
        let error = job.await.unwrap().unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("another process"), "{error}");
    }
    // Reading goes on meanwhile, and writing afterwards.
    assert!(names(&db).await.is_empty());
    drop(other);
    assert_eq!(insert(&db, 1, "one").await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once() {
    let file = SqliteFile::new();
    let options = SqliteOptions { queue: 2, ..SqliteOptions::new(file.path()) };
    let db = Db::open_sqlite(options).await.unwrap();
    db.migrate(&[ITEMS]).await.unwrap();
    let other = lock(&file.path());
    let mut jobs = insert_many(&db, 0..1);
    until(&db, |stats| stats.queued == 0).await;
    // The writer has the first; two more fit.
    tokio::time::sleep(Duration::from_millis(50)).await;
    jobs.extend(insert_many(&db, 1..3));
    until(&db, |stats| stats.queued == 2).await;
    let error = insert(&db, 3, "three").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("too many changes"), "{error}");
    drop(other);
    for job in jobs {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    assert_eq!(db.stats().queued, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_nobody_waits_for_is_not_started() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let other = lock(&file.path());
    let first = insert_many(&db, 0..1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone = insert_many(&db, 1..2);
    until(&db, |stats| stats.queued == 1).await;
    for job in gone {
        job.abort();
        assert!(job.await.unwrap_err().is_cancelled());
    }
    drop(other);
    for job in first {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    until(&db, |stats| stats.jobs_skipped == 1).await;
    assert_eq!(names(&db).await, ["item 000"]);
}

#[tokio::test]
async fn a_job_that_waits_for_something_else_is_refused() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let result: Result<(), DbError> = db
        .write(|tx| {
            Box::pin(async move {
                insert_in(tx, 1, "one".to_owned()).await?;
                std::future::pending().await
            })
        })
        .await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("waited for something other"), "{error}");
    assert!(names(&db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_keeps_nothing_and_goes_on_when_there_is_room() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 0, "before").await.unwrap();
    let limit = async |pages: i64| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let set: Result<Option<i64>, DbError> = db
            .write(move |tx| {
                let sql = sql.clone();
                Box::pin(async move { tx.optional(&sql, &[], |row| row.integer(0)).await })
            })
            .await;
        set.unwrap()
    };
    limit(20).await;
    let other = lock(&file.path());
    let mut jobs = insert_many(&db, 1..4);
    until(&db, |stats| stats.queued >= 2).await;
    let greedy = db.clone();
    jobs.push(tokio::spawn(async move {
        greedy
            .write(|tx| {
                Box::pin(async move {
                    let row = [100.into(), "x".repeat(1_000_000).into()];
                    let sql = "INSERT INTO items (id, name) VALUES (?, ?)";
                    let result = tx.execute(sql, &row).await;
                    // Whatever the job makes of it.
                    assert!(result.is_err());
                    Ok(0)
                })
            })
            .await
    }));
    until(&db, |stats| stats.queued >= 3).await;
    drop(other);
    for job in jobs {
        let error = job.await.unwrap().unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("disk is full"), "{error}");
    }
    assert_eq!(names(&db).await, ["before"]);
    limit(1_000_000).await;
    for job in insert_many(&db, 1..4) {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    assert_eq!(names(&db).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_an_end_without_close() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    for job in insert_many(&db, 0..50) {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    // The files as a killed process leaves them: copied while the database is open.
    let copy = SqliteFile::new();
    for suffix in ["", "-wal"] {
        let name = format!("test.db{suffix}");
        std::fs::copy(file.dir().join(&name), copy.dir().join(&name)).unwrap();
    }
    let reopened = copy.open().await;
    assert_eq!(names(&reopened).await.len(), 50);
    let checked = reopened
        .optional(Weight::Long, "PRAGMA integrity_check", &[], |row| row.text(0).map(str::to_owned))
        .await;
    assert_eq!(checked, Ok(Some("ok".to_owned())));
}

#[tokio::test]
async fn close_leaves_one_file_and_everything_in_it() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 1, "one").await.unwrap();
    assert_eq!(names(&db).await, ["one"]);
    db.close().await;
    let left: Vec<_> =
        std::fs::read_dir(file.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["test.db"]);
    assert_eq!(names(&file.open().await).await, ["one"]);
}

#[tokio::test]
async fn close_finishes_what_is_queued() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let other = lock(&file.path());
    let jobs = insert_many(&db, 0..10);
    until(&db, |stats| stats.queued == 9).await;
    let closing = db.clone();
    let closed = tokio::spawn(async move { closing.close().await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(other);
    closed.await.unwrap();
    for job in jobs {
        assert_eq!(job.await.unwrap(), Ok(1));
    }
    assert_eq!(names(&file.open().await).await.len(), 10);
}

#[tokio::test]
async fn the_change_mark_moves_with_every_commit_and_only_then() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let mut marks = vec![db.change_mark().unwrap().unwrap()];
    insert(&db, 1, "ours").await.unwrap();
    marks.push(db.change_mark().unwrap().unwrap());
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute("INSERT INTO items (id, name) VALUES (2, 'theirs')", []).unwrap();
    // Others are looked for every 5 ms.
    std::thread::sleep(Duration::from_millis(6));
    marks.push(db.change_mark().unwrap().unwrap());
    assert!(marks[0] != marks[1] && marks[1] != marks[2], "{marks:?}");
    assert_eq!(names(&db).await, ["ours", "theirs"]);
    let refused: Result<(), DbError> = db
        .write(|tx| {
            Box::pin(async move {
                insert_in(tx, 3, "undone".to_owned()).await?;
                Err(DbError::Other("no".to_owned()))
            })
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(db.change_mark().unwrap(), Some(marks[2]));
}

#[tokio::test]
async fn who_has_closed_was_seen() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    for id in 0..20 {
        let other = file.open().await;
        let before = db.change_mark().unwrap();
        insert(&other, id, &format!("theirs {id}")).await.unwrap();
        other.close().await;
        assert_ne!(db.change_mark().unwrap(), before, "commit {id}");
    }
}

#[tokio::test]
async fn commits_are_durable_and_references_checked() {
    let file = SqliteFile::new();
    let db = file.open().await;
    for (pragma, value) in [("synchronous", 2), ("foreign_keys", 1), ("wal_autocheckpoint", 0)] {
        let set: Result<Option<i64>, DbError> = db
            .write(move |tx| {
                Box::pin(
                    async move { tx.optional(&format!("PRAGMA {pragma}"), &[], |row| row.integer(0)).await },
                )
            })
            .await;
        assert_eq!(set, Ok(Some(value)), "{pragma}");
    }
}

#[tokio::test]
async fn a_migration_may_rebuild_a_table_but_not_lose_what_others_refer_to() {
    let file = SqliteFile::new();
    let db = file.open().await;
    let step = |version, sql| Migration { version, name: "step", sql: MigrationSql::Both(sql) };
    let first = step(
        1,
        "CREATE TABLE plans (id {int} PRIMARY KEY) {strict};
         CREATE TABLE holders (plan {int} REFERENCES plans (id) ON DELETE CASCADE) {strict};
         INSERT INTO plans VALUES (1), (2);
         INSERT INTO holders VALUES (1), (2);",
    );
    let rebuild = step(
        2,
        "CREATE TABLE new_plans (id {int} PRIMARY KEY, note {text}) {strict};
         INSERT INTO new_plans SELECT id, NULL FROM plans;
         DROP TABLE plans;
         ALTER TABLE new_plans RENAME TO plans;",
    );
    let lose = step(3, "DELETE FROM plans WHERE id = 2;");
    db.migrate(&[first, rebuild]).await.unwrap();
    let holders = async || {
        let sql = "SELECT COUNT(*) FROM holders";
        db.optional(Weight::Short, sql, &[], |row| row.integer(0)).await
    };
    assert_eq!(holders().await, Ok(Some(2)));
    let error = db.migrate(&[first, rebuild, lose]).await.unwrap_err();
    assert!(error.to_string().contains("references to rows"), "{error}");
    assert_eq!(db.migrate(&[first, rebuild]).await.unwrap().version, 2);
}

#[tokio::test]
async fn reading_cannot_write() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 1, "one").await.unwrap();
    let sql = "DELETE FROM items RETURNING id";
    let result = db.optional(Weight::Short, sql, &[], |row| row.integer(0)).await;
    assert!(result.is_err());
    assert_eq!(names(&db).await, ["one"]);
}

/// Replaces the same rows with new text, 4 MB with its index.
async fn churn(db: &Db, from: i64, round: i64) {
    let rows: Vec<Vec<Param>> = (from..from + 100)
        .map(|id| {
            let name = format!("{round}-{id} {}", "x".repeat(20_000));
            vec![Param::Integer(id), name.into()]
        })
        .collect();
    let sql = "INSERT INTO items (id, name) VALUES (?, ?) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    let result: Result<u64, DbError> = db
        .write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.batch(sql, &rows).await })
        })
        .await;
    assert_eq!(result, Ok(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_moved_in_the_background() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    for round in 0..24 {
        churn(&db, 0, round).await;
    }
    until(&db, |stats| stats.checkpoints > 0).await;
    // Not while there is little to move.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = db.stats().checkpoints;
    insert(&db, 999, "little").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(db.stats().checkpoints, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_bounded_while_writing_never_rests() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let writers: Vec<_> = (0..4_i64)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for round in 0..25 {
                    churn(&db, writer * 100, round).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    // 400 MB went through it. Its file is as long as the log ever was since it was last cut.
    let log = std::fs::metadata(file.dir().join("test.db-wal")).unwrap().len();
    assert!(log < 200_000_000, "the log grew to {log} bytes");
}

#[tokio::test]
async fn close_empties_the_log_although_others_have_the_database_open() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    insert(&db, 1, "one").await.unwrap();
    let other = rusqlite::Connection::open(file.path()).unwrap();
    let count = || -> i64 { other.query_row("SELECT COUNT(*) FROM items", [], |row| row.get(0)).unwrap() };
    assert_eq!(count(), 1);
    db.close().await;
    let log = std::fs::metadata(file.dir().join("test.db-wal")).unwrap();
    assert_eq!(log.len(), 0);
    assert_eq!(count(), 1);
}

#[test]
fn long_reads_run_on_a_runtime_with_one_thread_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = SqliteFile::new();
        let db = file.open().await;
        let one = db.optional(Weight::Long, "SELECT 1", &[], |row| row.integer(0)).await;
        assert_eq!(one, Ok(Some(1)));
        assert_eq!(db.check_ready().await, Ok(()));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_share_few_connections() {
    let file = SqliteFile::new();
    let options = SqliteOptions { readers: 2, ..SqliteOptions::new(file.path()) };
    let db = Db::open_sqlite(options).await.unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
               SELECT COUNT(*) FROM n";
    let reads: Vec<_> = (0..16)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                db.optional(Weight::Long, sql, &[20_000.into()], |row| row.integer(0)).await
            })
        })
        .collect();
    for read in reads {
        assert_eq!(read.await.unwrap(), Ok(Some(20_000)));
    }
}

#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        let mode = std::fs::metadata(file.dir().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_work_is_explained() {
    let file = SqliteFile::new();
    let open = async |path: &Path| Db::open_sqlite(SqliteOptions::new(path)).await.unwrap_err().to_string();
    let error = open(&file.dir().join("missing").join("test.db")).await;
    assert!(error.contains("does not exist: create it"), "{error}");

    let error = open(file.dir()).await;
    assert!(error.contains("is a directory"), "{error}");

    let text = file.dir().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to look".repeat(100)).unwrap();
    let error = open(&text).await;
    assert!(error.contains("not a sound SQLite database"), "{error}");
    assert!(error.contains("notes.txt"), "{error}");
}

#[tokio::test]
async fn a_directory_that_went_away_is_not_ready() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.check_ready().await.unwrap();
    std::fs::remove_dir_all(file.dir()).unwrap();
    let error = db.check_ready().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[test]
fn one_server_at_a_time() {
    let file = SqliteFile::new();
    let lock = ServerLock::acquire(file.dir()).unwrap();
    let error = ServerLock::acquire(file.dir()).unwrap_err().to_string();
    assert!(error.contains("another server"), "{error}");
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    drop(lock);
    drop(ServerLock::acquire(file.dir()).unwrap());
    let error = ServerLock::acquire(&file.dir().join("missing")).unwrap_err();
    assert!(error.to_string().contains("must exist"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_is_not_left_in_the_file() {
    let file = SqliteFile::new();
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    // Long enough for pages of its own, short enough to share one.
    for (id, length) in [(1, 20_000), (2, 50)] {
        insert(&db, id, &"Zyxwvut".repeat(length / 7)).await.unwrap();
    }
    insert(&db, 3, "stays").await.unwrap();
    db.write(|tx| Box::pin(async move { tx.execute("DELETE FROM items WHERE id < 3", &[]).await }))
        .await
        .unwrap();
    db.close().await;
    let bytes = std::fs::read(file.path()).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"stays") && !holds(b"Zyxwvut"));
    assert!(!file.path().with_extension("db-wal").exists());
}
