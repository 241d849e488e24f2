//! The demo: one command, and its printed instructions work.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A running demo and what it printed.
struct Demo {
    serving: Serving,
    printed: String,
}

impl Demo {
    fn start(store: &Store) -> Self {
        let mut command = store.command(&["demo", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stderr.take().unwrap());
        let printing = lines_of(child.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("Ctrl+C") {
            let line = printing
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("{printed}{}", lines.iter().collect::<Vec<_>>().join("\n")));
            printed.push_str(&line);
            printed.push('\n');
        }
        let address = after(&printed, "http://").split('/').next().unwrap().to_owned();
        Self { serving: Serving { child, address, lines, log: Vec::new() }, printed }
    }

    fn production_key(&self) -> &str {
        after(&self.printed, "Production key")
    }

    fn sandbox_key(&self) -> &str {
        after(&self.printed, "Sandbox key")
    }

    /// The lines that tell how to get in, without those that tell where.
    fn credentials(&self) -> Vec<&str> {
        let wanted = ["Production key", "Sandbox key", "Administrator", "Viewer"];
        self.printed.lines().filter(|line| wanted.iter().any(|it| line.starts_with(it))).collect()
    }

    fn total(&self, plural: &str, key: &str) -> Json {
        let (status, list) = self.serving.get(&format!("/api/{plural}?itemsPerPage=1"), key);
        assert_eq!(status, 200, "{list}");
        list["totalItems"].clone()
    }

    fn totals(&self, key: &str) -> [Json; 3] {
        ["members", "events", "courses"].map(|plural| self.total(plural, key))
    }

    fn stop(self) {
        self.serving.signal(Signal::TERM);
        let (code, log) = self.serving.end();
        assert_eq!((code, log.as_str()), (Some(0), ""));
    }
}

/// The word that stands after a text.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_whitespace().next().unwrap()
}

#[test]
fn the_printed_curl_line_works() {
    let store = Store::directory();
    let demo = Demo::start(&store);
    let curl = demo.printed.lines().find(|line| line.starts_with("  curl ")).unwrap();
    let [_, header, _, url, _] = curl.split('\'').collect::<Vec<_>>()[..] else { panic!("{curl}") };
    let key = header.strip_prefix("Authorization: Bearer ").unwrap();
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (status, list) = get(address, &format!("/{path}"), key);
    assert_eq!((status, &list["totalItems"]), (200, &Json::from(500)), "{list}");
    assert_eq!(list["data"].as_array().unwrap().len(), 3);

    assert_eq!(demo.totals(demo.production_key()), [500, 24, 12]);
    assert_eq!(demo.totals(demo.sandbox_key()), [25, 4, 2]);
    let (_, me) = demo.serving.get("/api/me", demo.sandbox_key());
    assert!(me.to_string().contains("\"sandbox\"") && me.to_string().contains("\"professional\""), "{me}");
    let reference = after(&demo.printed, "API reference");
    let path = reference.strip_prefix("http://").unwrap().split_once('/').unwrap().1;
    assert!(matches!(demo.serving.get(&format!("/{path}"), "").0, 200 | 303 | 307 | 308));
    demo.stop();
}

#[test]
fn started_again_it_serves_what_is_there_and_prints_the_same_keys() {
    let store = Store::directory();
    let first = Demo::start(&store);
    let pending = first.serving.get("/api/members?status=pending&itemsPerPage=1", first.production_key()).1;
    let member = format!("/api/members/{}", pending["data"][0]["id"].as_str().unwrap());
    let deleted = request(&first.serving.address, "DELETE", &member, first.production_key());
    assert_eq!(deleted.0, 204, "{}", deleted.1);
    let credentials = first.credentials().join("\n");
    first.stop();

    let second = Demo::start(&store);
    assert_eq!(second.credentials().join("\n"), credentials);
    // What was deleted stays so.
    assert_eq!(second.totals(second.production_key()), [499, 24, 12]);
    second.stop();
}

#[test]
fn keys_are_kept_for_their_owner_only_and_made_anew_when_lost() {
    let store = Store::directory();
    let file = store.path().join("demo.json");
    let first = Demo::start(&store);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let old = first.production_key().to_owned();
    let database = std::fs::read(store.path().join("memberpulse.db")).unwrap();
    let log = std::fs::read(store.path().join("memberpulse.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(old.len()).any(|window| window == old.as_bytes());
    assert!(!holds(&database) && !holds(&log), "the database holds a key in clear");
    first.stop();

    std::fs::remove_file(&file).unwrap();
    let second = Demo::start(&store);
    assert_ne!(second.production_key(), old);
    assert_eq!(second.totals(second.production_key()), [500, 24, 12]);
    assert_eq!(second.total("members", &old), 500);
    let revoked = ["api-key", "revoke", "--organisation", "demo"];
    let keys = store
        .run(&["api-key", "list", "--organisation", "demo", "--environment", "production", "--json"])
        .json();
    for key in keys.as_array().unwrap() {
        store.run(&[&revoked[..], &[key["id"].as_str().unwrap()]].concat());
    }
    second.stop();

    // A key that was revoked is not printed again.
    let third = Demo::start(&store);
    assert_eq!(third.total("members", third.production_key()), 500);
    third.stop();
}

#[test]
fn the_data_is_the_same_on_every_machine() {
    let people = || {
        let store = Store::directory();
        let demo = Demo::start(&store);
        let path = "/api/members?order[memberNumber]=asc&itemsPerPage=100&fields=memberNumber,firstName,lastName,email";
        let list = demo.serving.get(path, demo.production_key()).1;
        demo.stop();
        list["data"].clone()
    };
    let one = people();
    assert_eq!(one.as_array().unwrap().len(), 100);
    assert_eq!(one, people());
}

#[test]
fn killed_at_any_moment_it_is_finished_by_the_next_start() {
    let store = Store::directory();
    for milliseconds in [5, 20, 50, 100, 200, 400, 800] {
        let mut child =
            store.command(&["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let demo = Demo::start(&store);
    assert_eq!(demo.totals(demo.production_key()), [500, 24, 12]);
    assert_eq!(demo.totals(demo.sandbox_key()), [25, 4, 2]);
    demo.stop();
}

#[test]
fn it_keeps_out_of_the_data_of_others() {
    let store = Store::directory();
    store.make_acme();
    assert!(store.run(&["demo", "--listen", "127.0.0.1:0"]).refused(1).contains("other organisations"));
    let url = ["demo", "--database-url", "postgres://x@127.0.0.1:1/x"];
    let ran = Ran::of(memberpulse().args(url).output().unwrap());
    assert!(ran.refused(2).contains("--database-url"), "{ran:?}");
}

#[test]
fn commands_work_beside_it() {
    let store = Store::directory();
    let demo = Demo::start(&store);
    let users = store.run(&["user", "list", "--organisation", "demo", "--json"]).json();
    let roles: Vec<&str> =
        users.as_array().unwrap().iter().map(|user| user["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["ROLE_CLIENT_ADMIN", "ROLE_CLIENT_USER"]);
    // An organisation of one's own beside it does not keep it from starting again.
    store.make_acme();
    let (_, key) = store.make_key();
    assert_eq!(demo.total("members", &key), 0);
    demo.stop();
    Demo::start(&store).stop();
}
