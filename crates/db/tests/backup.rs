//! Backups of the embedded engine: whole and of one moment, or not there at all.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use common::{ITEMS, SqliteFile, insert, names};
use db::{Db, DbError, Migration, MigrationSql, Param, ServerLock, SqliteOptions, Weight, backup, restore};

const MORE: Migration =
    Migration { version: 2, name: "more", sql: MigrationSql::Both("CREATE TABLE more (id {int})") };

/// A database with some rows.
async fn filled(file: &SqliteFile, rows: i64) -> Db {
    let db = file.open().await;
    db.migrate(&[ITEMS]).await.unwrap();
    let filled: Result<(), DbError> = db
        .write(move |tx| {
            Box::pin(async move {
                let row =
                    |id: i64| vec![Param::Integer(id), Param::Text(format!("item {id} {}", "x".repeat(400)))];
                let rows: Vec<Vec<Param>> = (1..=rows).map(row).collect();
                tx.batch("INSERT INTO items (id, name) VALUES (?, ?)", &rows).await.map(drop)
            })
        })
        .await;
    filled.unwrap();
    db
}

async fn put_back(
    from: &Path,
    to: &SqliteFile,
    migrations: &[Migration],
) -> Result<db::RestoreReport, DbError> {
    let lock = ServerLock::acquire(to.dir()).unwrap();
    restore(&lock, from, &to.path(), migrations).await
}

async fn count(db: &Db) -> i64 {
    db.optional(Weight::Short, "SELECT COUNT(*) FROM items", &[], |row| row.integer(0))
        .await
        .unwrap()
        .unwrap()
}

/// The message of a refusal.
fn refused<T: std::fmt::Debug>(result: Result<T, DbError>) -> String {
    match result {
        Err(DbError::Backup(text)) => text,
        other => panic!("not refused: {other:?}"),
    }
}

/// The names of the files in a directory.
fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_is_put_back_as_it_was() {
    let (file, out, new) = (SqliteFile::new(), SqliteFile::new(), SqliteFile::new());
    let db = filled(&file, 500).await;
    let target = out.dir().join("odd name?#%.db");
    let made = backup(&file.path(), &target, false).await.unwrap();
    assert_eq!((made.version, made.bytes), (1, std::fs::metadata(&target).unwrap().len()));
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files(out.dir()), ["odd name?#%.db"]);
    // What comes later is not in it.
    insert(&db, 501, "late").await.unwrap();
    let restored = put_back(&target, &new, &[ITEMS]).await.unwrap();
    assert_eq!((restored.version, restored.pending), (1, vec![]));
    let copy = new.open().await;
    assert_eq!(count(&copy).await, 500);
    insert(&copy, 501, "it can be written").await.unwrap();
    assert_eq!(names(&copy).await.len(), 501);
    copy.close().await;
    assert_eq!(std::fs::metadata(new.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files(new.dir()), ["server.lock", "test.db"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_go_on_and_the_backup_is_of_one_moment() {
    let (file, out) = (SqliteFile::new(), SqliteFile::new());
    let db = filled(&file, 20_000).await;
    // Two tables that are equal after each transaction.
    let pairs = Migration {
        version: 2,
        name: "pairs",
        sql: MigrationSql::Both("CREATE TABLE a (id {int}); CREATE TABLE b (id {int});"),
    };
    db.migrate(&[ITEMS, pairs]).await.unwrap();
    let writer = tokio::spawn({
        let db = db.clone();
        async move {
            let mut written = 0;
            loop {
                let both: Result<(), DbError> = db
                    .write(move |tx| {
                        Box::pin(async move {
                            tx.execute("INSERT INTO a (id) VALUES (?)", &[Param::Integer(written)]).await?;
                            tx.execute("INSERT INTO b (id) VALUES (?)", &[Param::Integer(written)])
                                .await
                                .map(drop)
                        })
                    })
                    .await;
                both.unwrap();
                written += 1;
                tokio::task::yield_now().await;
            }
        }
    });
    let pairs_in = |db: Db| async move {
        let sql = "SELECT (SELECT COUNT(*) FROM a), (SELECT COUNT(*) FROM b)";
        db.optional(Weight::Short, sql, &[], |row| Ok((row.integer(0)?, row.integer(1)?)))
            .await
            .unwrap()
            .unwrap()
    };
    // On a busy machine a backup may be made between two writes: that one proves nothing.
    let mut beside_writes = 0;
    for round in 0..100 {
        let before = pairs_in(db.clone()).await.0;
        let target = out.dir().join(format!("{round}.db"));
        backup(&file.path(), &target, false).await.unwrap();
        let after = pairs_in(db.clone()).await.0;
        let copy = Db::open_sqlite(SqliteOptions::new(&target)).await.unwrap();
        let (a, b) = pairs_in(copy.clone()).await;
        copy.close().await;
        assert_eq!(a, b);
        assert!((before..=after).contains(&a), "{before} {a} {after}");
        beside_writes += i32::from(after > before);
        if beside_writes == 3 {
            break;
        }
    }
    assert_eq!(beside_writes, 3, "the writer stands still");
    writer.abort();
}

#[tokio::test]
async fn what_is_there_is_not_overwritten_by_accident() {
    let (file, out) = (SqliteFile::new(), SqliteFile::new());
    let db = filled(&file, 3).await;
    let target = out.dir().join("backup.db");
    std::fs::write(&target, "precious").unwrap();
    assert!(refused(backup(&file.path(), &target, false).await).contains("--force"));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    backup(&file.path(), &target, true).await.unwrap();
    assert!(put_back(&target, &SqliteFile::new(), &[ITEMS]).await.is_ok());
    assert_eq!(files(out.dir()), ["backup.db"]);
    // The database itself least of all, under any of its names.
    let link = out.dir().join("link.db");
    std::os::unix::fs::symlink(file.path(), &link).unwrap();
    for itself in [file.path(), file.dir().join("./test.db"), file.dir().join("test.db-wal"), link] {
        assert!(
            refused(backup(&file.path(), &itself, true).await).contains("the database itself"),
            "{itself:?}"
        );
    }
    assert!(refused(backup(&file.path(), out.dir(), true).await).contains("is a directory"));
    assert!(
        refused(backup(&file.path(), &out.dir().join("no/where.db"), false).await).contains("must exist")
    );
    assert_eq!(count(&db).await, 3);
}

#[tokio::test]
async fn the_rest_of_a_killed_backup_is_used_again() {
    let (file, out) = (SqliteFile::new(), SqliteFile::new());
    let _db = filled(&file, 3).await;
    let target = out.dir().join("backup.db");
    let partial = out.dir().join("backup.db.partial");
    std::fs::write(&partial, vec![7; 100_000]).unwrap();
    backup(&file.path(), &target, false).await.unwrap();
    assert_eq!(files(out.dir()), ["backup.db"]);
    assert!(put_back(&target, &SqliteFile::new(), &[ITEMS]).await.is_ok());
    // But not while its process lives.
    let other = std::fs::File::create(&partial).unwrap();
    other.lock().unwrap();
    assert!(refused(backup(&file.path(), &target, true).await).contains("another process"));
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_nothing_is_left() {
    let (file, out, new) = (SqliteFile::new(), SqliteFile::new(), SqliteFile::new());
    let db = filled(&file, 2_000).await;
    let good = out.dir().join("good.db");
    backup(&file.path(), &good, false).await.unwrap();
    let bytes = std::fs::read(&good).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = out.dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut damaged = bytes.clone();
    for byte in &mut damaged[40_000..44_000] {
        *byte = 0xA5;
    }
    let cases = [
        (write("empty.db", b""), "no database file"),
        (write("text.db", &[b'x'; 5_000]), "no database file"),
        (write("short.db", &bytes[..50]), "no database file"),
        (write("cut.db", &bytes[..bytes.len() - 1]), "truncated"),
        (write("half.db", &bytes[..bytes.len() / 2]), "truncated"),
        (write("damaged.db", &damaged), "damaged"),
        (out.dir().to_owned(), "not a file"),
        (out.dir().join("none.db"), "cannot read"),
    ];
    for (path, why) in cases {
        let text = refused(put_back(&path, &new, &[ITEMS]).await);
        assert!(text.contains(why) && text.contains(&path.display().to_string()), "{path:?}: {text}");
        assert!(!text.contains(".partial"), "{text}");
        assert_eq!(files(new.dir()), ["server.lock"], "{path:?}");
    }
    // A copy of the file while the newest rows are only in the log.
    let raw = out.dir().join("raw.db");
    std::fs::copy(file.path(), &raw).unwrap();
    std::fs::copy(file.dir().join("test.db-wal"), out.dir().join("raw.db-wal")).unwrap();
    assert!(refused(put_back(&raw, &new, &[ITEMS]).await).contains("a database in use"));
    drop(db);
}

#[tokio::test]
async fn other_programs_and_newer_versions_are_refused_older_ones_are_not() {
    let (file, out, new) = (SqliteFile::new(), SqliteFile::new(), SqliteFile::new());
    let foreign = out.dir().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(refused(put_back(&foreign, &new, &[ITEMS]).await).contains("another program"));
    let db = filled(&file, 3).await;
    let old = out.dir().join("old.db");
    backup(&file.path(), &old, false).await.unwrap();
    db.migrate(&[ITEMS, MORE]).await.unwrap();
    let newer = out.dir().join("newer.db");
    // A backup can be made of what this program does not know; it cannot be used by it.
    backup(&file.path(), &newer, false).await.unwrap();
    let text = refused(put_back(&newer, &new, &[ITEMS]).await);
    assert!(text.contains("versions up to 1") && text.contains("newer.db"), "{text}");
    assert_eq!(files(new.dir()), ["server.lock"]);
    let restored = put_back(&old, &new, &[ITEMS, MORE]).await.unwrap();
    assert_eq!((restored.version, restored.pending), (1, vec![2]));
}

#[tokio::test]
async fn a_place_with_data_is_refused() {
    let (file, out) = (SqliteFile::new(), SqliteFile::new());
    let _db = filled(&file, 3).await;
    let target = out.dir().join("backup.db");
    backup(&file.path(), &target, false).await.unwrap();
    for present in ["test.db", "test.db-wal", "test.db-shm", "test.db-journal"] {
        let new = SqliteFile::new();
        let path = new.dir().join(present);
        std::fs::write(&path, "x").unwrap();
        assert!(refused(put_back(&target, &new, &[ITEMS]).await).contains("there already"), "{present}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "x");
        assert_eq!(files(new.dir()).len(), 2, "{present}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_rows_are_not_in_the_backup() {
    let (file, out) = (SqliteFile::new(), SqliteFile::new());
    let db = filled(&file, 200).await;
    insert(&db, 900, "Elise Farewell").await.unwrap();
    let delete: Result<u64, DbError> = db
        .write(|tx| Box::pin(async move { tx.execute("DELETE FROM items WHERE id = 900", &[]).await }))
        .await;
    delete.unwrap();
    let target = out.dir().join("backup.db");
    backup(&file.path(), &target, false).await.unwrap();
    let bytes = std::fs::read(&target).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"Farewell"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_sees_one_state_on_both_engines() {
    let file = SqliteFile::new();
    for db in [file.open().await, common::postgres().await] {
        db.migrate(&[ITEMS]).await.unwrap();
        insert(&db, 1, "before").await.unwrap();
        let mut snapshot = db.snapshot().await.unwrap();
        insert(&db, 2, "after").await.unwrap();
        let sql = "SELECT id FROM items ORDER BY id";
        for _ in 0..2 {
            assert_eq!(snapshot.all(sql, &[], |row| row.integer(0)).await.unwrap(), [1]);
            // What fails does not end it.
            assert!(snapshot.all("SELECT nothing FROM items", &[], |row| row.integer(0)).await.is_err());
        }
        assert_eq!(db.snapshot().await.unwrap().all(sql, &[], |row| row.integer(0)).await.unwrap(), [1, 2]);
    }
}

#[tokio::test]
async fn the_schema_is_compared_with_the_migrations() {
    let file = SqliteFile::new();
    let db = filled(&file, 1).await;
    let state = db.snapshot().await.unwrap().schema(&[ITEMS]).await.unwrap();
    assert_eq!((state.version, state.pending, state.differences), (1, vec![], Some(vec![])));
    let state = db.snapshot().await.unwrap().schema(&[ITEMS, MORE]).await.unwrap();
    assert_eq!((state.pending, state.differences), (vec![2], None));
    let by_hand = rusqlite::Connection::open(file.path()).unwrap();
    by_hand.execute_batch("DROP INDEX items_by_name; CREATE TABLE mine (a)").unwrap();
    let state = db.snapshot().await.unwrap().schema(&[ITEMS]).await.unwrap();
    let words = ["index items_by_name is missing", "table mine is foreign"].map(str::to_owned);
    assert_eq!(state.differences, Some(words.to_vec()));
}
