//! Clients that do nothing, or nearly nothing, in great numbers: others are answered meanwhile, memory stays bounded,
//! and every connection is closed after its time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::program::{Serving, Store, get};

/// Connections that do nothing, whatever the length of the run.
const IDLE: usize = 10_000;

/// The server's memory under any of this, in KiB.
const MOST_MEMORY: u64 = 256 * 1024;

/// A connection is closed after 30 seconds of idleness, or of half a request.
const TIME: Duration = Duration::from_secs(30);

/// What a client sends before it does nothing more.
const BEGINNINGS: [&str; 4] = [
    "",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"email\":",
];

/// This process needs a file for each connection, and so does the server, which inherits the limit.
fn raise_open_files(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    assert!(most >= wanted, "this takes {wanted} open files: raise the hard limit, {most}, with ulimit -n");
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).unwrap();
}

/// A client that wants something finds it.
fn others_are_answered(server: &Serving, key: &str) {
    for _ in 0..50 {
        assert_eq!(server.get("/api/members?itemsPerPage=5", key).0, 200);
    }
}

fn connect(address: &str) -> TcpStream {
    let address: SocketAddr = address.parse().unwrap();
    TcpStream::connect_timeout(&address, TIME).unwrap()
}

/// Whether the server has closed a connection, after whatever it still said.
fn is_closed(mut connection: &TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    loop {
        match connection.read(&mut [0; 4_096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

fn start() -> (Store, Serving, String) {
    let store = Store::directory();
    let _ = store.run(&["organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json"]).json();
    let (_, key) = store.make_key();
    let server = store.serve();
    (store, server, key)
}

#[test]
#[ignore = "scripts/faults runs it"]
fn thousands_of_clients_do_nothing() {
    raise_open_files(IDLE as u64 + 500);
    let (_store, server, key) = start();
    let mut idle = Vec::with_capacity(IDLE);
    for number in 0..IDLE {
        let mut connection = connect(&server.address);
        connection.write_all(BEGINNINGS[number % BEGINNINGS.len()].as_bytes()).unwrap();
        idle.push(connection);
        if number % 1_000 == 999 {
            others_are_answered(&server, &key);
        }
    }
    let since = Instant::now();
    let memory = server.resident_kib();
    assert!(memory <= MOST_MEMORY, "{memory} KiB");
    // Each within its time, and some more on a busy machine.
    while !idle.is_empty() {
        assert!(since.elapsed() < TIME * 3, "{} connections are still open", idle.len());
        others_are_answered(&server, &key);
        idle.retain(|connection| !is_closed(connection));
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("{IDLE} connections: {} MiB, closed after {} s", memory / 1_024, since.elapsed().as_secs());
}

#[test]
#[ignore = "scripts/faults runs it"]
fn slow_clients_and_floods_hold_up_nobody() {
    raise_open_files(2_000);
    let (_store, server, key) = start();
    // A byte a second of a head or of a body, and an answer of which nothing is taken.
    let mut slow: Vec<TcpStream> = (0..200).map(|_| connect(&server.address)).collect();
    for (number, connection) in slow.iter_mut().enumerate() {
        let begun = if number % 2 == 0 { BEGINNINGS[3] } else { &BEGINNINGS[3][..60] };
        connection.write_all(begun.as_bytes()).unwrap();
    }
    let deaf: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut connection = connect(&server.address);
            for _ in 0..20 {
                // The longest answer that needs no key. The server may stop reading, too.
                connection.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
                drop(connection.write_all(b"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"));
            }
            connection
        })
        .collect();
    let (since, mut peak) = (Instant::now(), 0);
    while since.elapsed() < TIME * 3 {
        slow.retain_mut(|connection| !is_closed(connection) && connection.write_all(b"x").is_ok());
        // A flood of clients that go at once.
        std::thread::scope(|scope| {
            let address = &server.address;
            for _ in 0..4 {
                scope.spawn(move || (0..250).for_each(|_| drop(connect(address))));
            }
            others_are_answered(&server, &key);
        });
        peak = server.resident_kib().max(peak);
        if slow.is_empty() && since.elapsed() > TIME + Duration::from_secs(2) {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(slow.is_empty(), "{} slow clients are still served", slow.len());
    assert!(peak <= MOST_MEMORY, "{peak} KiB");
    // What a deaf client did not take is cut off: it gets no whole answer to all that it asked for.
    for connection in deaf {
        connection.set_nonblocking(false).unwrap();
        connection.set_read_timeout(Some(TIME)).unwrap();
        let mut taken = Vec::new();
        drop((&connection).read_to_end(&mut taken));
        let answers = String::from_utf8_lossy(&taken).matches("HTTP/1.1 200").count();
        assert!(answers < 20, "it was waited for");
    }
    assert_eq!(get(&server.address, "/readyz", "").0, 200);
    println!("slow and deaf clients and floods: at most {} MiB", peak / 1_024);
}
