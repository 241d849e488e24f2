//! What both engines must do alike; every test here runs on each.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

#[expect(dead_code, reason = "shared by all test files; each uses a part")]
mod common;

use common::{ITEMS, SqliteFile, insert, insert_in, names};
use db::{Db, DbError, Engine, Migration, MigrationSql, Param, Weight};
use uuid::Uuid;

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let file = super::SqliteFile::new();
                    let db = file.open().await;
                    super::$name(&db).await;
                    db.close().await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let db = super::common::postgres().await;
                    super::$name(&db).await;
                    db.close().await;
                }
            )*
        }
    };
}

on_both!(
    every_type_comes_back_as_it_went_in,
    a_wrong_type_is_an_error,
    text_sorts_bytewise,
    an_error_undoes_its_own_work_only,
    a_failed_statement_ends_the_transaction,
    an_attempt_may_fail,
    a_unique_key_names_its_columns,
    other_constraints_are_told_apart,
    a_deferred_constraint_fails_its_own_job,
    a_panic_fails_its_job_and_nothing_else,
    batches_and_returning,
    reading_stops_when_told,
    wrong_parameters_are_refused,
    statements_can_be_checked,
    schema_changes_do_not_wedge_readers,
    readiness_and_close,
    many_writers,
);

const TYPES: Migration = Migration {
    version: 1,
    name: "types",
    sql: MigrationSql::Both(
        "CREATE TABLE types (
            id {uuid} NOT NULL, number {int}, word {text}, truth {bool}, data {bytes},
            PRIMARY KEY (id)
        ) {clustered};",
    ),
};

async fn every_type_comes_back_as_it_went_in(db: &Db) {
    db.migrate(&[TYPES]).await.unwrap();
    let id = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
    let none = Uuid::from_u128(0xffff_0000_0000_7000_8000_0000_0000_0002);
    let sql = "INSERT INTO types (id, number, word, truth, data) VALUES (?, ?, ?, ?, ?)";
    let rows = vec![
        vec![id.into(), i64::MIN.into(), "?’s 陽 $1".into(), true.into(), vec![0_u8, 255].into()],
        vec![none.into(), Param::Null, None::<String>.into(), Param::Null, Param::Null],
    ];
    let written: Result<u64, DbError> = db
        .write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.batch(sql, &rows).await })
        })
        .await;
    assert_eq!(written, Ok(2));

    let sql = "SELECT id, number, word, truth, data FROM types WHERE id = ? AND truth = ?";
    let found = db
        .optional(Weight::Short, sql, &[id.into(), true.into()], |row| {
            assert_eq!(row.columns(), 5);
            assert_eq!(row.uuid(0)?, id);
            assert_eq!(row.integer(1)?, i64::MIN);
            assert_eq!(row.text(2)?, "?’s 陽 $1");
            assert!(row.boolean(3)?);
            assert_eq!(row.bytes(4)?, [0, 255]);
            Ok(())
        })
        .await;
    assert_eq!(found, Ok(Some(())));

    let sql = "SELECT id, number, word, truth, data FROM types WHERE number IS NULL";
    let found = db
        .optional(Weight::Long, sql, &[], |row| {
            assert_eq!(row.optional_uuid(0)?, Some(none));
            assert_eq!(row.optional_integer(1)?, None);
            assert_eq!(row.optional_text(2)?, None);
            assert_eq!(row.optional_boolean(3)?, None);
            assert_eq!(row.optional_bytes(4)?, None);
            assert!(row.is_null(4)?);
            assert!(!row.is_null(0)?);
            Ok(())
        })
        .await;
    assert_eq!(found, Ok(Some(())));
}

async fn a_wrong_type_is_an_error(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    insert(db, 1, "secret").await.unwrap();
    let sql = "SELECT id, name, parent FROM items";
    let read = async |column: usize, kind: &'static str| {
        db.optional(Weight::Short, sql, &[], |row| {
            match kind {
                "text" => row.text(column).map(|_| ()),
                "integer" => row.integer(column).map(|_| ()),
                "uuid" => row.uuid(column).map(|_| ()),
                "boolean" => row.boolean(column).map(|_| ()),
                _ => row.bytes(column).map(|_| ()),
            }
            .map_err(|error| DbError::Other(error.to_string()))
        })
        .await
        .map_err(|error| error.to_string())
    };
    for (column, kind, says) in [
        (0, "text", "column 0 holds an integer, not text"),
        (1, "integer", "column 1 holds text, not an integer"),
        (1, "uuid", "column 1 holds text, not an identifier"),
        (1, "boolean", "column 1 holds text, not a boolean"),
        (1, "bytes", "column 1 holds text, not bytes"),
        (2, "integer", "column 2 holds NULL, not an integer"),
        (3, "text", "the answer has no column 3"),
    ] {
        let error = read(column, kind).await.unwrap_err();
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

async fn text_sorts_bytewise(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    for (id, name) in (1..).zip(["b", "é", "A", "a", "Z", "_", "10", "9", "陽"]) {
        insert(db, id, name).await.unwrap();
    }
    let expected = ["10", "9", "A", "Z", "_", "a", "b", "é", "陽"];
    assert_eq!(names(db).await, expected);
}

async fn an_error_undoes_its_own_work_only(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    // At the same time, so that on SQLite they share a transaction.
    let jobs = (0..20).map(|id| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                Box::pin(async move {
                    insert_in(tx, id, format!("item {id:02}")).await?;
                    if id % 2 == 1 {
                        return Err(DbError::Other("odd".to_owned()));
                    }
                    Ok(id)
                })
            })
            .await
        })
    });
    for (id, job) in (0..).zip(jobs.collect::<Vec<_>>()) {
        let result = job.await.unwrap();
        if id % 2 == 1 {
            assert_eq!(result, Err(DbError::Other("odd".to_owned())));
        } else {
            assert_eq!(result, Ok(id));
        }
    }
    let expected: Vec<_> = (0..20).step_by(2).map(|id| format!("item {id:02}")).collect();
    assert_eq!(names(db).await, expected);
}

async fn a_failed_statement_ends_the_transaction(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    insert(db, 1, "one").await.unwrap();
    // The job looks away; still nothing is kept, and it is told so.
    let result: Result<(), DbError> = db
        .write(|tx| {
            Box::pin(async move {
                insert_in(tx, 2, "two".to_owned()).await?;
                assert!(insert_in(tx, 1, "again".to_owned()).await.is_err());
                let error = insert_in(tx, 3, "three".to_owned()).await.unwrap_err();
                assert!(error.to_string().contains("nothing more can run"), "{error}");
                Ok(())
            })
        })
        .await;
    assert!(result.is_err());
    assert_eq!(names(db).await, ["one"]);
}

async fn an_attempt_may_fail(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    insert(db, 1, "one").await.unwrap();
    let written: Result<Vec<bool>, DbError> = db
        .write(|tx| {
            Box::pin(async move {
                let mut kept = Vec::new();
                for id in [1, 2, 3] {
                    let part = tx
                        .attempt(|tx| {
                            Box::pin(async move {
                                insert_in(tx, id + 10, format!("beside {id}")).await?;
                                tx.attempt(|tx| insert_in(tx, id, format!("item {id}"))).await
                            })
                        })
                        .await;
                    kept.push(part.is_ok());
                }
                let refused: Result<(), DbError> = tx
                    .attempt(|tx| {
                        Box::pin(async move {
                            insert_in(tx, 20, "not wanted".to_owned()).await?;
                            Err(DbError::Other("changed my mind".to_owned()))
                        })
                    })
                    .await;
                assert!(refused.is_err());
                Ok(kept)
            })
        })
        .await;
    assert_eq!(written, Ok(vec![false, true, true]));
    assert_eq!(names(db).await, ["beside 2", "beside 3", "item 2", "item 3", "one"]);
}

async fn a_unique_key_names_its_columns(db: &Db) {
    let keys = Migration {
        version: 1,
        name: "keys",
        sql: MigrationSql::Both(
            "CREATE TABLE keys (tenant {int} NOT NULL, email_folded {text} NOT NULL) {strict};
             CREATE UNIQUE INDEX keys_by_email ON keys (tenant, email_folded);",
        ),
    };
    db.migrate(&[keys]).await.unwrap();
    let insert = async || {
        db.write(|tx| {
            Box::pin(async move {
                let row = [1.into(), "a)=(b@c.example".into()];
                tx.execute("INSERT INTO keys (tenant, email_folded) VALUES (?, ?)", &row).await
            })
        })
        .await
    };
    assert_eq!(insert().await, Ok(1));
    let error: DbError = insert().await.unwrap_err();
    assert!(error.is_unique_on("email_folded"), "{error}");
    assert!(!error.is_unique_on("email"));
    let DbError::Unique { table, columns, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(table, "keys");
    assert_eq!(columns, &["tenant", "email_folded"]);
    assert!(!error.to_string().contains("example"), "{error}");
    assert!(!format!("{error:?}").contains("example"), "{error:?}");
}

async fn other_constraints_are_told_apart(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    for (id, name) in [(5_000_000_i64, Param::from("secret")), (1, Param::Null)] {
        let result: Result<u64, DbError> = db
            .write(move |tx| {
                let row = [id.into(), name.clone()];
                Box::pin(async move { tx.execute("INSERT INTO items (id, name) VALUES (?, ?)", &row).await })
            })
            .await;
        let error = result.unwrap_err();
        assert!(matches!(error, DbError::Constraint(_)), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!error.to_string().contains("5000000"), "{error}");
    }
}

async fn a_deferred_constraint_fails_its_own_job(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let jobs: Vec<_> = (1..=20_i64)
        .map(|id| {
            let db = db.clone();
            tokio::spawn(async move {
                let parent = if id == 7 { Some(999_i64) } else { None };
                db.write(move |tx| {
                    Box::pin(async move {
                        let row = [id.into(), format!("item {id}").into(), parent.into()];
                        let sql = "INSERT INTO items (id, name, parent) VALUES (?, ?, ?)";
                        tx.execute(sql, &row).await
                    })
                })
                .await
            })
        })
        .collect();
    for (id, job) in (1..).zip(jobs) {
        let result: Result<u64, DbError> = job.await.unwrap();
        if id == 7 {
            assert!(matches!(result, Err(DbError::Constraint(_))), "{result:?}");
        } else {
            assert_eq!(result, Ok(1));
        }
    }
    assert_eq!(names(db).await.len(), 19);
}

async fn a_panic_fails_its_job_and_nothing_else(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let other = db.clone();
    let panicking = tokio::spawn(async move {
        let result: Result<(), DbError> = other
            .write(|tx| {
                Box::pin(async move {
                    insert_in(tx, 1, "one".to_owned()).await?;
                    panic!("on purpose")
                })
            })
            .await;
        result
    });
    // On PostgreSQL the job runs in the caller's task, which it takes along.
    match (db.engine(), panicking.await) {
        (Engine::Sqlite, Ok(result)) => {
            let error = result.unwrap_err();
            assert!(error.to_string().contains("panicked"), "{error}");
        }
        (Engine::Postgres, Err(error)) => assert!(error.is_panic()),
        (_, other) => panic!("{other:?}"),
    }
    assert_eq!(insert(db, 1, "the next").await, Ok(1));
    assert_eq!(names(db).await, ["the next"]);
}

async fn batches_and_returning(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let rows: Vec<Vec<Param>> =
        (0..300_i64).map(|id| vec![id.into(), format!("item {id:03}").into()]).collect();
    let result: Result<(u64, u64, Vec<i64>, Option<i64>), DbError> = db
        .write(move |tx| {
            let mut rows = rows.clone();
            Box::pin(async move {
                let sql = "INSERT INTO items (id, name) VALUES (?, ?)";
                let inserted = tx.batch(sql, &rows).await?;
                rows.truncate(2);
                rows.push(vec![900.into(), "new".into()]);
                let sql = "INSERT INTO items (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING";
                let again = tx.batch(sql, &rows).await?;
                let sql = "UPDATE items SET id = id + ? WHERE id < ? RETURNING id";
                let mut moved = tx.all(sql, &[1000.into(), 3.into()], |row| row.integer(0)).await?;
                moved.sort_unstable();
                // All of it takes effect although one row is asked for.
                let sql = "DELETE FROM items WHERE id >= ? RETURNING id";
                let gone = tx.optional(sql, &[100.into()], |row| row.integer(0)).await?;
                Ok((inserted, again, moved, gone))
            })
        })
        .await;
    let (inserted, again, moved, gone) = result.unwrap();
    assert_eq!((inserted, again), (300, 1));
    assert_eq!(moved, [1000, 1001, 1002]);
    assert!(gone.is_some());
    assert_eq!(names(db).await.len(), 97);

    // The first bad row of a batch fails it, with the error of that row.
    let rows =
        vec![vec![900.into(), "x".into()], vec![901.into(), "item 050".into()], vec![902.into(), "y".into()]];
    let result: Result<u64, DbError> = db
        .write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.batch("INSERT INTO items (id, name) VALUES (?, ?)", &rows).await })
        })
        .await;
    assert!(result.unwrap_err().is_unique_on("name"));
    assert_eq!(names(db).await.len(), 97);
}

async fn reading_stops_when_told(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let rows: Vec<Vec<Param>> =
        (0..5000_i64).map(|id| vec![id.into(), format!("item {id:04}").into()]).collect();
    let result: Result<u64, DbError> = db
        .write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.batch("INSERT INTO items (id, name) VALUES (?, ?)", &rows).await })
        })
        .await;
    assert_eq!(result, Ok(5000));
    let sql = "SELECT id FROM items ORDER BY id";
    let mut seen = 0;
    let result = db
        .each(Weight::Long, sql, &[], |_| {
            seen += 1;
            if seen == 10 {
                return Err(DbError::Other("enough".to_owned()));
            }
            Ok(())
        })
        .await;
    assert_eq!(result, Err(DbError::Other("enough".to_owned())));
    assert_eq!(seen, 10);
    let first = db.optional(Weight::Short, sql, &[], |row| row.integer(0)).await;
    assert_eq!(first, Ok(Some(0)));
    let none = db
        .optional(Weight::Short, "SELECT id FROM items WHERE id = ?", &[Param::Integer(-1)], |row| {
            row.integer(0)
        })
        .await;
    assert_eq!(none, Ok(None));
}

async fn wrong_parameters_are_refused(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let read = async |params: &[Param]| {
        let sql = "SELECT id FROM items WHERE name = ?";
        db.all(Weight::Short, sql, params, |row| row.integer(0)).await
    };
    assert_eq!(read(&["a".into()]).await, Ok(vec![]));
    for params in [&[][..], &["a".into(), "secret".into()][..]] {
        let error = read(params).await.unwrap_err();
        assert!(matches!(error, DbError::Other(_)), "{error}");
        assert!(error.to_string().contains("parameters"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    // Writing through the reading side.
    let deleted = db.each(Weight::Short, "SELEC id FROM items", &[], |_| Ok(())).await;
    assert!(matches!(deleted, Err(DbError::Other(_))), "{deleted:?}");
}

async fn statements_can_be_checked(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    let sql = "UPDATE items SET name = ? WHERE id = ? AND name <> '?'";
    assert_eq!(db.check_statement(sql).await, Ok(2));
    let error = db.check_statement("SELECT nothing FROM items").await;
    assert!(error.unwrap_err().to_string().contains("nothing"));
    assert_eq!(names(db).await.len(), 0);
}

async fn schema_changes_do_not_wedge_readers(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    insert(db, 1, "one").await.unwrap();
    let columns =
        async || db.optional(Weight::Short, "SELECT * FROM items", &[], |row| Ok(row.columns())).await;
    assert_eq!(columns().await, Ok(Some(3)));
    let wider = Migration {
        version: 2,
        name: "wider",
        sql: MigrationSql::Both("ALTER TABLE items ADD COLUMN note {text};"),
    };
    db.migrate(&[ITEMS, wider]).await.unwrap();
    assert_eq!(columns().await, Ok(Some(4)));
}

async fn readiness_and_close(db: &Db) {
    assert_eq!(db.check_ready().await, Ok(()));
    db.close().await;
    db.close().await;
    let error = db.check_ready().await.unwrap_err();
    assert!(matches!(error, DbError::Unavailable(_)), "{error}");
    let error = insert(db, 1, "late").await.unwrap_err();
    assert!(matches!(error, DbError::Unavailable(_)), "{error}");
}

async fn many_writers(db: &Db) {
    db.migrate(&[ITEMS]).await.unwrap();
    insert(db, 0, "0").await.unwrap();
    // All change one row, as all changes of a tenant do.
    let jobs: Vec<_> = (0..32)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    let result: Result<u64, DbError> = db
                        .write(|tx| {
                            Box::pin(async move {
                                let sql = "UPDATE items SET name = \
                                           CAST(CAST(name AS BIGINT) + 1 AS TEXT) WHERE id = 0";
                                tx.execute(sql, &[]).await
                            })
                        })
                        .await;
                    assert_eq!(result, Ok(1));
                }
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
    assert_eq!(names(db).await, ["160"]);
    assert_eq!(db.stats().jobs_done, 161);
}
