//! The server is killed at arbitrary moments under load, while its webhooks go to a receiver that fails one in
//! three: nothing that was acknowledged is lost, and nothing is told of that was not done (quality, reliability).
//!
//! A few kills here; `MEMBERPULSE_KILLS=50` for as many as one likes.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use super::hearer::{Hearer, feed};
use super::*;

/// Sends a JSON body; nothing when the server is gone before it answers in full.
fn post(address: &str, path: &str, key: &str, body: &Json) -> Option<(u16, Json)> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all((head + &body).as_bytes()).ok()?;
    let mut text = String::new();
    connection.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}

/// Makes members until the server is gone; keeps the ids of those that were acknowledged.
fn write(
    address: &str,
    key: &str,
    next: &AtomicU32,
    stop: &AtomicBool,
    acknowledged: &Mutex<BTreeSet<String>>,
) {
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = json!({"firstName": "Jo", "lastName": "Lim", "email": format!("jo{number}@example.org")});
        if let Some((201, made)) = post(address, "/api/members", key, &body) {
            acknowledged.lock().unwrap().insert(made["id"].as_str().unwrap().to_owned());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the test runs is for whoever runs it to say")]
fn kills() -> u32 {
    std::env::var("MEMBERPULSE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_undone_is_told() {
    let options = [
        "--allow-private-webhooks",
        "--webhook-timeout",
        "2s",
        "--webhook-retries",
        "50ms,50ms,100ms,100ms,200ms,200ms,400ms,400ms,1s,1s,1s,1s,1s,1s",
    ];
    let store = Store::directory();
    store.run(&["organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json"]).json();
    let (_, key) = store.make_key();
    let hearer = Hearer::start();
    let server = store.serve_with(&options);
    let webhook = json!({"url": hearer.url, "events": ["*"]});
    let (status, webhook) = post(&server.address, "/api/webhooks", &key, &webhook).unwrap();
    assert_eq!(status, 201, "{webhook}");
    drop(server);

    let acknowledged = Mutex::new(BTreeSet::new());
    let next = AtomicU32::new(0);
    for round in 0..kills() {
        let mut server = store.serve_with(&options);
        let stop = AtomicBool::new(false);
        let before = acknowledged.lock().unwrap().len();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| write(&server.address, &key, &next, &stop, &acknowledged));
            }
            // Not a time that anything in the server goes by.
            std::thread::sleep(Duration::from_millis(60 + u64::from(round * 137 % 411)));
            // On a busy machine nothing may have been written by then.
            wait_until(|| acknowledged.lock().unwrap().len() > before + 3);
            kill_process(Pid::from_child(&server.child), Signal::KILL).unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        server.child.wait().unwrap();
    }

    let server = store.serve_with(&options);
    let list =
        format!("/api/webhooks/{}/deliveries?itemsPerPage=1&status=pending", webhook["id"].as_str().unwrap());
    // What the last killed server had leased is taken over when the leases end.
    wait_until(|| {
        // Each look costs requests.
        std::thread::sleep(Duration::from_millis(200));
        let events = feed(&server, &key);
        let heard = hearer.heard.lock().unwrap().clone();
        events.iter().all(|(event, _)| heard.contains(event)) && server.get(&list, &key).1["totalItems"] == 0
    });
    let events = feed(&server, &key);
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 20, "too little was written: {}", acknowledged.len());
    let told: BTreeSet<&String> = events.iter().map(|(_, record)| record).collect();
    assert!(acknowledged.iter().all(|id| told.contains(id)), "an acknowledged change is not in the feed");
    assert_eq!(told.len(), events.len(), "each record has one event");
    let ids: BTreeSet<&String> = events.iter().map(|(event, _)| event).collect();
    let heard = hearer.heard.lock().unwrap().clone();
    assert!(heard.iter().all(|id| ids.contains(id)), "something was told of that is not in the feed");
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    assert_eq!(store.run(&["check", "--json"]).json()["ok"], true);
}
