//! A server's life: how it starts, why it refuses to, and how it stops.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// What a server says that does not start.
fn refusal(store: &Store, arguments: &[&str]) -> String {
    let arguments: Vec<&str> =
        ["serve", "--listen", "127.0.0.1:0"].iter().chain(arguments).copied().collect();
    store.run(&arguments).refused(1).to_owned()
}

#[test]
fn it_answers_and_stops_when_told_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let store = Store::directory();
        let server = store.serve();
        assert_eq!(server.get("/healthz", "").0, 200);
        assert_eq!(server.get("/readyz", "").0, 200);
        // A client that keeps its connection is no reason to wait.
        let mut idle = connect(&server.address);
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut [0; 12]).unwrap();
        server.signal(signal);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("\"stopped\"") && !log.contains("cut off"), "{log}");
        // Closed in order: nothing is left in the write-ahead log.
        assert!(!store.path().join("memberpulse.db-wal").exists());
    }
}

#[test]
fn the_guides_are_served() {
    let store = Store::directory();
    let server = store.serve();
    for path in ["/docs", "/docs/webhooks", "/docs/style.css"] {
        assert_eq!(server.get(path, "").0, 200, "{path}");
    }
    assert_eq!(server.get("/docs/nothing", "").0, 404);
}

#[test]
fn a_request_that_runs_is_finished_first() {
    let store = Store::directory();
    store.make_acme();
    let (_, key) = store.make_key();
    let server = store.serve();
    let body = r#"{"firstName":"Jane","lastName":"Doe","email":"jane@example.org"}"#;
    let (first, rest) = body.split_at(20);
    let mut connection = connect(&server.address);
    let head = format!(
        "POST /api/members HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    // It asks for the body when it is at work on the request.
    let mut going_on = [0; 25];
    connection.read_exact(&mut going_on).unwrap();
    assert_eq!(going_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write_all(first.as_bytes()).unwrap();
    server.signal(Signal::TERM);
    wait_until(|| TcpStream::connect(&server.address).is_err());
    connection.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(connection).0, 201);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_second_signal_stops_at_once() {
    let store = Store::directory();
    let server = store.serve();
    let mut half = connect(&server.address);
    half.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let address = server.address.clone();
    // The server has read the half request when it has answered one that came later.
    assert_eq!(server.get("/healthz", "").0, 200);
    server.signal(Signal::TERM);
    wait_until(|| TcpStream::connect(&address).is_err());
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("second signal"), "{log}");
}

#[test]
fn a_data_directory_has_one_server() {
    let store = Store::directory();
    let server = store.serve();
    let said = refusal(&store, &[]);
    assert!(said.contains(&format!("process {}", server.child.id())), "{said}");
    assert!(said.contains(store.path().to_str().unwrap()), "{said}");
    assert_eq!(server.get("/healthz", "").0, 200);
    // Killed, it leaves nothing behind that would keep the next one off.
    server.signal(Signal::KILL);
    assert_eq!(server.end().0, None);
    assert_eq!(store.serve().get("/healthz", "").0, 200);
}

#[test]
fn two_servers_share_a_postgresql_database() {
    let store = Store::postgres();
    let (one, other) = (store.serve(), store.serve());
    store.make_acme();
    let (_, key) = store.make_key();
    assert_eq!((one.get("/api/me", &key).0, other.get("/api/me", &key).0), (200, 200));
}

#[test]
fn the_data_is_for_its_owner_only() {
    let store = Store::directory();
    let inner = store.path().join("deep/data");
    let ran =
        memberpulse().args(["organisation", "create", "--name", "A", "--data-dir"]).arg(&inner).output();
    assert_eq!(ran.unwrap().status.code(), Some(0));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&inner.join("memberpulse.db")), 0o600);
}

#[test]
fn what_keeps_it_from_starting_is_said_in_one_line() {
    let store = Store::directory();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = store.run(&["serve", "--listen", &address]);
    let said = ran.refused(1);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    // A file stands where the directory should be.
    let file = store.path().join("file");
    std::fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("data")] {
        let ran = memberpulse().args(["serve", "--data-dir"]).arg(&place).output().unwrap();
        let ran = Ran::of(ran);
        let said = ran.refused(1);
        assert!(said.contains(place.to_str().unwrap()) && said.contains("--data-dir"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    std::fs::write(
        store.path().join("memberpulse.db"),
        "not a database, but long enough to be taken for one",
    )
    .unwrap();
    let said = refusal(&store, &[]);
    assert!(said.contains("memberpulse.db") && said.contains("backup"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    let nobody = Ran::of(
        memberpulse().args(["serve", "--database-url", "postgres://x@127.0.0.1:1/x"]).output().unwrap(),
    );
    let said = nobody.refused(1);
    assert!(said.contains("PostgreSQL"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// Nobody but the superuser may write where the mode forbids it, and tests may run as superuser: then a
/// directory that is read-only by its nature stands in.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let superuser = std::fs::write(directory.path().join("probe"), "").is_ok();
    let place = if superuser { Path::new("/proc/self") } else { directory.path() };
    for command in ["serve", "demo"] {
        let ran = Ran::of(memberpulse().args([command, "--data-dir"]).arg(place).output().unwrap());
        let said = ran.refused(1);
        assert!(said.contains(place.to_str().unwrap()) && said.contains("writable"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn half_a_head_and_no_more_is_no_request() {
    let store = Store::directory();
    let server = store.serve();
    let mut large = connect(&server.address);
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "a".repeat(70_000));
    // It may end the connection before it has read all of it.
    drop(large.write_all(head.as_bytes()));
    let mut status = [0; 12];
    large.read_exact(&mut status).unwrap();
    assert_eq!(status, *b"HTTP/1.1 431");
    // An address of 30 KB is read, so that its refusal is a problem document.
    let (status, problem) = server.get(&format!("/api/members?search={}", "a".repeat(30_000)), "");
    assert_eq!((status, &problem["status"]), (414, &Json::from(414)));
}

#[test]
fn the_public_address_is_the_one_that_was_given() {
    let store = Store::directory();
    let file = store.path().join("memberpulse.toml");
    std::fs::write(&file, "public-url = \"https://api.example.org/\"").unwrap();
    let here = store.serve();
    let (_, document) = here.get("/api/openapi.json", "");
    assert!(document["servers"].to_string().contains(&here.address), "{}", document["servers"]);
    here.signal(Signal::TERM);
    here.end();
    let mut command =
        store.command(&["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let line = lines_of(child.stderr.take().unwrap()).recv_timeout(PATIENCE).unwrap();
    let (_, address) = line.split_once("http://").unwrap_or_else(|| panic!("{line}"));
    let (_, document) = get(address.trim(), "/api/openapi.json", "");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        document["servers"].to_string().contains("\"https://api.example.org\""),
        "{}",
        document["servers"]
    );
}

#[test]
fn figures_have_a_listener_of_their_own_if_wanted() {
    let store = Store::directory();
    let beside = store.serve();
    assert_eq!(beside.get("/metrics", "").0, 200);
    beside.signal(Signal::TERM);
    assert_eq!(beside.end().0, Some(0));
    let server = store.serve_with(&["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(server.get("/metrics", "").0, 404);
    let told = server.lines.recv_timeout(PATIENCE).unwrap();
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!(told["message"], "showing figures at /metrics");
    let address = told["address"].as_str().unwrap();
    assert_eq!(get(address, "/metrics", "").0, 200);
    assert_eq!(get(address, "/api/me", "").0, 404);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    assert!(refusal(&store, &["--metrics-listen", &taken]).contains("another port with --metrics-listen"));
}
