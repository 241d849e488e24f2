//! `backup`, `restore` and `check`: beside a server, on damaged files, and when they are killed.

use super::*;

/// A store with a server's worth of everything: the demo's data.
fn demo() -> Store {
    let store = Store::directory();
    let mut command =
        store.command(&["demo", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "info"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = lines_of(child.stdout.take().unwrap());
    // It prints how it can be used when it serves.
    lines.recv_timeout(PATIENCE).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    store
}

fn path(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

#[test]
fn a_backup_made_beside_a_server_is_restored_and_sound() {
    let (store, out, new) = (demo(), tempfile::tempdir().unwrap(), Store::directory());
    let file = path(&out, "backup.db");
    let server = store.serve();
    let made = store.run(&["backup", &file, "--json"]).json();
    assert_eq!(made["bytes"].as_u64().unwrap(), std::fs::metadata(&file).unwrap().len());
    assert!(store.run(&["backup", &file]).refused(1).contains("--force"));
    assert_eq!(store.run(&["backup", &file, "--force"]).code, Some(0));
    assert_eq!(store.run(&["check", "--json"]).json()["ok"], true);
    let make_key = |store: &Store| {
        let of = ["--organisation", "demo", "--environment", "production"];
        let create = ["api-key", "create", of[0], of[1], of[2], of[3], "--name", "n", "--json"];
        store.run(&create).json()["key"].as_str().unwrap().to_owned()
    };
    let key = make_key(&store);
    // The server goes on, and nothing can be restored over it.
    assert_eq!(server.get("/api/members", &key).1["totalItems"], 500);
    assert!(store.run(&["restore", &file]).refused(1).contains("another server"));
    drop(server);
    assert!(store.run(&["restore", &file]).refused(1).contains("there already"));

    let restored = new.run(&["restore", &file, "--json"]).json();
    assert_eq!(
        (&restored["schemaVersion"], &restored["migrated"]),
        (&made["schemaVersion"], &serde_json::json!([]))
    );
    let checked = new.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.out.lines().count() > 20 && checked.out.lines().all(|line| line.starts_with("ok ")),
        "{checked:?}"
    );
    let server = new.serve();
    // The key is younger than the backup.
    assert_eq!(server.get("/api/members", &key).0, 401);
    let key = make_key(&new);
    assert_eq!(server.get("/api/members", &key).1["totalItems"], 500);
}

#[test]
fn what_is_no_backup_is_refused_and_leaves_nothing() {
    let (store, out) = (Store::directory(), tempfile::tempdir().unwrap());
    store.make_acme();
    let file = path(&out, "backup.db");
    store.run(&["backup", &file, "--json"]).json();
    let bytes = std::fs::read(&file).unwrap();
    let truncated = path(&out, "truncated.db");
    std::fs::write(&truncated, &bytes[..bytes.len() / 3]).unwrap();
    let new = Store::directory();
    assert!(new.run(&["restore", &truncated]).refused(1).contains("truncated"));
    assert!(new.run(&["restore", &path(&out, "none.db")]).refused(1).contains("cannot read"));
    assert!(!new.path().join("memberpulse.db").exists());
    // A mistyped name makes no directory either.
    let nowhere = path(&out, "nowhere");
    let ran = Ran::of(memberpulse().args(["restore", "none.db", "--data-dir", &nowhere]).output().unwrap());
    let _ = ran.refused(1);
    assert!(!exists(&nowhere));
    assert!(
        Store::directory().run(&["backup", &path(&out, "other.db")]).refused(1).contains("there is no data")
    );
    let database = store.path().join("memberpulse.db");
    let refused = store.run(&["backup", database.to_str().unwrap(), "--force"]);
    assert!(refused.refused(1).contains("the database itself"));
    assert_eq!(store.run(&["organisation", "list", "--json"]).json()[0]["slug"], "acme");
    assert_eq!(store.run(&["backup"]).code, Some(2));
}

#[test]
fn an_older_backup_is_brought_up_to_date() {
    let (out, new) = (tempfile::tempdir().unwrap(), Store::directory());
    let file = path(&out, "backup.db");
    // What a version of the program left that knew the first four migrations.
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let old = db::Db::open_sqlite(db::SqliteOptions::new(&file)).await.unwrap();
        old.migrate(&app::migrations()[..4]).await.unwrap();
        old.close().await;
    });
    let restored = new.run(&["restore", &file, "--json"]).json();
    assert_eq!(restored["schemaVersion"], 4);
    assert_eq!(restored["migrated"][0], 5);
    assert_eq!(new.run(&["check", "--json"]).json()["ok"], true);
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_under_its_name() {
    let (store, out) = (Store::directory(), tempfile::tempdir().unwrap());
    store.make_acme();
    let ballast = rusqlite::Connection::open(store.path().join("memberpulse.db")).unwrap();
    ballast.execute_batch("CREATE TABLE ballast (a)").unwrap();
    for _ in 0..100 {
        ballast.execute("INSERT INTO ballast VALUES (randomblob(2000000))", []).unwrap();
    }
    drop(ballast);
    let file = path(&out, "backup.db");
    let partial = format!("{file}.partial");
    let mut child =
        store.command(&["backup", &file]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while std::fs::metadata(&partial).map_or(0, |partial| partial.len()) < 10_000_000 {
        assert!(child.try_wait().unwrap().is_none(), "it was quicker than its file was seen to grow");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!exists(&file) && exists(&partial));
    let made = store.run(&["backup", &file, "--json"]).json();
    assert!(made["bytes"].as_u64().unwrap() > 200_000_000);
    assert!(!exists(&partial));
}

#[test]
fn check_names_what_is_wrong_and_fails() {
    let store = Store::directory();
    store.make_acme();
    let damage = rusqlite::Connection::open(store.path().join("memberpulse.db")).unwrap();
    damage.execute_batch("UPDATE tenants SET sequence = 7; INSERT INTO audit_log (tenant, id, sequence, action, resource_type, actor_type, changes, created_at) SELECT id, randomblob(16), 7, 'create', 'member', 'system', '{}', 9000000000000000 FROM tenants").unwrap();
    drop(damage);
    let checked = store.run(&["check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(
        checked.out.contains("WRONG") && checked.out.contains("acme/sandbox: the tenant's own 7"),
        "{checked:?}"
    );
    assert!(checked.err.starts_with("error: 1 of "), "{checked:?}");
    let checked = store.run(&["check", "--json"]);
    assert_eq!((checked.code, checked.out.lines().count()), (Some(1), 1));
    let document: Json = serde_json::from_str(&checked.out).unwrap();
    let wrong: Vec<&Json> =
        document["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "wrong").collect();
    assert_eq!((&document["ok"], wrong.len()), (&Json::from(false), 1));
    assert_eq!(
        (&wrong[0]["name"], &wrong[0]["count"]),
        (&Json::from("changes-without-gaps"), &Json::from(2))
    );
    assert!(Store::directory().run(&["check"]).refused(1).contains("there is no data"));
}

#[test]
fn postgres_is_checked_and_backed_up_by_its_own_tools() {
    let store = Store::postgres();
    store.make_acme();
    let checked = store.run(&["check", "--json"]).json();
    assert_eq!(checked["ok"], true);
    assert_eq!(checked["checks"][0]["status"], "skipped");
    for command in ["backup", "restore"] {
        let ran = store.run(&[command, "/tmp/my backup.dump"]);
        let text = ran.refused(1);
        assert!(text.contains("pg_dump --format=custom --file='/tmp/my backup.dump' "), "{text}");
        assert!(
            text.contains("pg_restore --exit-on-error --single-transaction --no-owner --dbname="),
            "{text}"
        );
    }
}
