//! A server is told to stop while clients read and write, on connections that they keep and on fresh ones: whoever was let
//! in gets a whole answer, whoever was not is refused, and what was answered is there (architecture, habits: graceful stop).

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;

use super::hearer::{Hearer, feed};
use super::*;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Json,
    /// Whether it says that the connection is closed after it.
    pub(super) last: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Missing {
    /// The connection ended before anything of an answer came.
    Nothing,
    /// It ended within the answer.
    Part(String),
}

/// Sends a request and reads its answer, no byte more.
pub(super) fn exchange(connection: &mut TcpStream, request: &str) -> Result<Answer, Missing> {
    if connection.write_all(request.as_bytes()).is_err() {
        return Err(Missing::Nothing);
    }
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| {
        let mut part = [0; 4_096];
        match connection.read(&mut part) {
            Ok(read) if read > 0 => {
                bytes.extend_from_slice(&part[..read]);
                Ok(())
            }
            _ if bytes.is_empty() => Err(Missing::Nothing),
            _ => Err(Missing::Part(String::from_utf8_lossy(bytes).into_owned())),
        }
    };
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break end + 4;
        }
        more(&mut bytes)?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let whole = end + length.parse::<usize>().unwrap();
    while bytes.len() < whole {
        more(&mut bytes)?;
    }
    assert_eq!(bytes.len(), whole, "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = serde_json::from_slice(&bytes[end..]).unwrap_or(Json::Null);
    Ok(Answer { status, body, last: head.contains("\r\nconnection: close\r\n") })
}

/// What clients did and saw.
#[derive(Default)]
struct Seen {
    next: AtomicU32,
    answers: AtomicU32,
    /// Ids of members that the server said it made.
    made: Mutex<BTreeSet<String>>,
    /// Connections that the system had let in, but the server had not.
    turned_away: AtomicU32,
    stopping: AtomicBool,
}

impl Seen {
    /// Works until nobody listens any more; on one connection for as long as the server lets it, or on a fresh one for
    /// each request. Of those that keep theirs, some let it be idle for a moment between requests.
    fn work(&self, address: &str, key: &str, client: u64) {
        let (keeps, pause) = (client.is_multiple_of(2), Duration::from_millis(2 * client));
        loop {
            let mut connection = match TcpStream::connect(address) {
                Ok(connection) => connection,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
                    assert!(self.stopping.load(Ordering::Relaxed), "it refuses before it was told to stop");
                    return;
                }
            };
            connection.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut first = true;
            loop {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let request = request(address, key, number);
                match exchange(&mut connection, &request) {
                    Ok(answer) => {
                        self.note(&answer, number);
                        if answer.last || !keeps {
                            break;
                        }
                        std::thread::sleep(pause);
                    }
                    // The system completes connections by itself, also in the moment when the door is closed.
                    Err(Missing::Nothing) if first && self.stopping.load(Ordering::Relaxed) => {
                        self.turned_away.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    Err(Missing::Nothing) => panic!("a request is lost (first on its connection: {first})"),
                    Err(Missing::Part(part)) => panic!("an answer is cut off: {part}"),
                }
                first = false;
            }
        }
    }

    fn note(&self, answer: &Answer, number: u32) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        assert_eq!(answer.status, if writes(number) { 201 } else { 200 }, "{}", answer.body);
        if writes(number) {
            self.made.lock().unwrap().insert(answer.body["id"].as_str().unwrap().to_owned());
        }
    }
}

pub(super) fn writes(number: u32) -> bool {
    number.is_multiple_of(2)
}

pub(super) fn request(address: &str, key: &str, number: u32) -> String {
    let head = format!("Host: {address}\r\nAuthorization: Bearer {key}\r\n");
    if !writes(number) {
        return format!("GET /api/me HTTP/1.1\r\n{head}\r\n");
    }
    let body = json!({"firstName": "Jo", "lastName": "Lim", "email": format!("jo{number}@example.org")});
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST /api/members HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn no_request_is_lost(store: &Store, options: &[&str]) {
    let options = [
        options,
        &["--allow-private-webhooks", "--webhook-retries", "50ms,50ms,100ms,200ms,400ms,1s,1s,1s,1s,1s"],
    ]
    .concat();
    store.run(&["organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json"]).json();
    let (_, key) = store.make_key();
    let hearer = Hearer::start();
    let server = store.serve_with(&options);
    let webhook = json!({"url": hearer.url, "events": ["*"]});
    assert_eq!(post(&server.address, "/api/webhooks", &key, &webhook).0, 201);

    let seen = Seen::default();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let (seen, address, key) = (&seen, &server.address, &key);
            scope.spawn(move || seen.work(address, key, client));
        }
        wait_until(|| seen.made.lock().unwrap().len() > 50);
        seen.stopping.store(true, Ordering::Relaxed);
        server.signal(Signal::TERM);
    });
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"stopped\"") && !log.contains("cut off"), "{log}");
    assert!(!log.contains("did not end in time"), "{log}");

    let server = store.serve_with(&options);
    let made = seen.made.into_inner().unwrap();
    let events = feed(&server, &key);
    // Each that was acknowledged, and none that was not: whoever got no answer can safely ask again.
    let stored: BTreeSet<String> = events.iter().map(|(_, record)| record.clone()).collect();
    assert_eq!((stored == made, events.len()), (true, made.len()), "turned away: {:?}", seen.turned_away);
    wait_until(|| {
        let heard = hearer.heard.lock().unwrap();
        events.iter().all(|(event, _)| heard.contains(event))
    });
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    assert_eq!(store.run(&["check", "--json"]).json()["ok"], true);
}

#[test]
fn a_stop_under_load_loses_no_request_on_sqlite() {
    no_request_is_lost(&Store::directory(), &[]);
}

#[test]
fn a_stop_under_load_loses_no_request_on_postgresql() {
    no_request_is_lost(&Store::postgres(), &[]);
}

#[test]
fn a_delayed_stop_under_load_loses_no_request() {
    no_request_is_lost(&Store::directory(), &["--shutdown-delay", "300ms"]);
}

/// The load balancer is told first; whoever comes meanwhile is served and asked to leave.
#[test]
fn a_server_that_is_about_to_stop_serves_but_is_not_ready() {
    let store = Store::directory();
    let server = store.serve_with(&["--shutdown-delay", "2s"]);
    let mut kept = connect(&server.address);
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert!(!exchange(&mut kept, request).unwrap().last);
    server.signal(Signal::TERM);
    let ready =
        || exchange(&mut connect(&server.address), "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    wait_until(|| ready().status == 503);
    let answer = ready();
    assert!(answer.body["detail"].as_str().unwrap().contains("about to stop"), "{}", answer.body);
    let answer = exchange(&mut kept, request).unwrap();
    assert_eq!((answer.status, answer.last), (200, true));
    let fresh = exchange(&mut connect(&server.address), request).unwrap();
    assert_eq!((fresh.status, fresh.last), (200, true));
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("about to stop"), "{log}");
}

#[test]
fn a_second_signal_ends_the_delay() {
    let store = Store::directory();
    let server = store.serve_with(&["--shutdown-delay", "5m"]);
    server.signal(Signal::TERM);
    wait_until(|| server.get("/readyz", "").0 == 503);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(1));
}
