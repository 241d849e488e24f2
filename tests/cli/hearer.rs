//! What tests of starts, stops and kills share: a receiver of webhooks that fails one in three, and the whole feed.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::*;

/// What a receiver of webhooks got: the ids of events.
pub(super) struct Hearer {
    pub(super) url: String,
    pub(super) heard: Arc<Mutex<BTreeSet<String>>>,
}

impl Hearer {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(BTreeSet::new()));
        let (shared, count) = (heard.clone(), Arc::new(AtomicU32::new(0)));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (heard, count) = (shared.clone(), count.clone());
                std::thread::spawn(move || hear(connection, &heard, &count));
            }
        });
        Self { url, heard }
    }
}

/// Reads one delivery; what breaks off, since its sender was killed, is nothing.
fn hear(mut connection: TcpStream, heard: &Mutex<BTreeSet<String>>, count: &AtomicU32) -> Option<()> {
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut bytes = Vec::new();
    let (head, length) = loop {
        let mut part = [0; 4_096];
        let read = connection.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            break (end + 4, length?);
        }
    };
    while bytes.len() < head + length {
        let mut part = [0; 4_096];
        let read = connection.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
    }
    let event: Json = serde_json::from_slice(&bytes[head..head + length]).ok()?;
    let fails = count.fetch_add(1, Ordering::Relaxed) % 3 == 2;
    if !fails {
        heard.lock().unwrap().insert(event["id"].as_str()?.to_owned());
    }
    let status = if fails { "500 Internal Server Error" } else { "204 No Content" };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(answer.as_bytes()).ok()
}

/// Every event of the feed: its id and the record's.
pub(super) fn feed(server: &Serving, key: &str) -> Vec<(String, String)> {
    feed_of(&server.address, key)
}

/// The same of a server at this address.
pub(super) fn feed_of(address: &str, key: &str) -> Vec<(String, String)> {
    let (mut all, mut cursor) = (Vec::new(), "0".to_owned());
    loop {
        let (status, page) = get(address, &format!("/api/changes?limit=1000&cursor={cursor}"), key);
        assert_eq!(status, 200, "{page}");
        for event in page["data"].as_array().unwrap() {
            assert_eq!(event["sequence"], all.len() + 1, "the feed has no gaps");
            let text = |value: &Json| value.as_str().unwrap().to_owned();
            all.push((text(&event["id"]), text(&event["data"]["id"])));
        }
        page["nextCursor"].as_str().unwrap().clone_into(&mut cursor);
        if page["hasMore"] == false {
            return all;
        }
    }
}
