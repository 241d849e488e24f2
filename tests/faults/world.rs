//! An association under load, with a receiver of its webhooks: and the verdict on it, which asks the servers, the
//! receiver and `memberpulse check`, and compares with what the writers know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use testkit::program::{Serving, Store, post, send, wait_until};
use testkit::{Behaviour, Receiver};

use crate::load::Servers;
use crate::model::{Entry, Model, State};
use crate::writer::Writer;

/// How servers under load are started. Each wait is short, so that what fails is soon tried again.
pub(crate) const OPTIONS: &[&str] = &[
    "--allow-private-webhooks",
    "--webhook-timeout",
    "2s",
    "--webhook-retries",
    "50ms,50ms,100ms,100ms,200ms,200ms,400ms,400ms,1s,1s,1s,1s,1s,1s",
];

const WRITERS: usize = 4;

/// Longest wait for everything to settle: the leases of a killed server end after its time-out and ten seconds.
const SETTLING: Duration = Duration::from_secs(90);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) key: String,
    pub(crate) servers: Servers,
    pub(crate) model: Mutex<Model>,
    pub(crate) receiver: Receiver,
    webhook: String,
    writers: Vec<Writer>,
    feed: Vec<Entry>,
    /// Names by ids.
    names: BTreeMap<String, String>,
    // Last: the receiver lives in it.
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// An organisation with nothing in it, in this store.
    pub(crate) fn new(store: Store) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let receiver = runtime.block_on(Receiver::start());
        receiver.behave(Behaviour::FailOneInThree);
        let _ =
            store.run(&["organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json"]).json();
        let (_, key) = store.make_key();
        let server = store.serve_with(OPTIONS);
        let webhook = subscribe(&server, &key, receiver.url());
        drop(server);
        Self {
            writers: (0..WRITERS).map(|number| Writer::new(number, &key)).collect(),
            store,
            key,
            servers: Servers::default(),
            model: Mutex::default(),
            receiver,
            webhook,
            feed: Vec::new(),
            names: BTreeMap::new(),
            runtime,
        }
    }

    pub(crate) fn serve(&self) -> Serving {
        self.store.serve_with(OPTIONS)
    }

    /// Runs something on the runtime that receivers live in.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The events of the feed.
    pub(crate) fn events(&self) -> impl Iterator<Item = &str> {
        self.feed.iter().map(|entry| entry.event.as_str())
    }

    /// Writes while something happens.
    pub(crate) fn under_load<T>(&mut self, during: impl FnOnce(&Load<'_>) -> T) -> T {
        let stop = AtomicBool::new(false);
        let load = Load { servers: &self.servers, model: &self.model, store: &self.store };
        std::thread::scope(|scope| {
            for writer in &mut self.writers {
                let stop = &stop;
                scope.spawn(move || writer.run(load.servers, load.model, stop));
            }
            // A failure must end the writers too, or the scope would wait for them.
            let happened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| during(&load)));
            stop.store(true, Ordering::Relaxed);
            happened.unwrap_or_else(|failure| std::panic::resume_unwind(failure))
        })
    }

    /// Reads on in the feed of a server and compares all of it with what is known.
    pub(crate) fn judge_feed(&mut self, server: &Serving) {
        loop {
            let cursor = self.feed.len();
            let page = self.page(server, &format!("/api/changes?limit=1000&cursor={cursor}"));
            for event in page["data"].as_array().unwrap() {
                let entry = self.entry(event);
                self.feed.push(entry);
            }
            if page["hasMore"] == false {
                break;
            }
        }
        let wrong = self.model.lock().unwrap().judge_feed(&self.feed);
        none(&wrong);
    }

    /// Lets everything come to its end, and judges all of it; answers what there was.
    pub(crate) fn judge(&mut self, server: &Serving) -> String {
        self.servers.are(&[server]);
        for writer in &mut self.writers {
            wait_until(|| writer.settle(&self.servers, &self.model));
            none(&writer.wrong);
        }
        self.judge_feed(server);
        let stored = ["members", "events"].iter().flat_map(|list| self.records(server, list)).collect();
        none(&self.model.lock().unwrap().judge_records(&stored));
        let heard = self.judge_webhooks(server);
        let check = self.store.run(&["check", "--json"]);
        assert_eq!(check.json()["ok"], true, "{check:?}");
        let acknowledged = self.model.lock().unwrap().count();
        format!("{acknowledged} acknowledged, {} in the feed, {heard} deliveries", self.feed.len())
    }

    /// Every event of the feed arrives, and nothing else does.
    fn judge_webhooks(&self, server: &Serving) -> usize {
        let start = Instant::now();
        let events: BTreeSet<&str> = self.events().collect();
        let pending = format!("{}/deliveries?itemsPerPage=1&status=pending", self.webhook);
        loop {
            // Each look costs requests.
            std::thread::sleep(Duration::from_millis(300));
            let received = self.receiver.received();
            let heard: BTreeSet<&str> = received.iter().map(|it| it.header("webhook-id")).collect();
            let untrue: Vec<_> = heard.difference(&events).collect();
            assert!(untrue.is_empty(), "told, and not in the feed: {untrue:?}");
            let missing: Vec<_> = events.difference(&heard).collect();
            let left = self.page(server, &pending)["totalItems"].as_u64().unwrap();
            if missing.is_empty() && left == 0 {
                return received.len();
            }
            let waited = start.elapsed();
            assert!(waited < SETTLING, "{left} deliveries are left, not told: {missing:?}");
        }
    }

    fn records(&self, server: &Serving, list: &str) -> Vec<(String, State)> {
        let mut all = Vec::new();
        let first = format!("/api/{list}?itemsPerPage=100&count=false&includeDeleted=true");
        let mut path = first.clone();
        loop {
            let page = self.page(server, &path);
            for record in page["data"].as_array().unwrap() {
                let id = record["id"].as_str().unwrap();
                let name =
                    self.names.get(id).unwrap_or_else(|| panic!("{id} is stored, and not in the feed"));
                let version = record["version"].as_u64().unwrap();
                let state = if record["deletedAt"].is_null() {
                    State::live(version, mark(record))
                } else {
                    State::Gone(version)
                };
                all.push((name.clone(), state));
            }
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => return all,
            }
        }
    }

    fn entry(&mut self, event: &Json) -> Entry {
        let data = &event["data"];
        let text = |value: &Json| value.as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
        let name = text(&data["externalId"]);
        let before = self.names.insert(text(&data["id"]), name.clone());
        assert!(before.is_none_or(|before| before == name), "an id was given twice: {event}");
        let version = data["version"].as_u64().unwrap();
        // What was deleted is shown as it was before.
        let deleted = text(&event["type"]).ends_with(".deleted");
        let state = if deleted { State::Gone(version + 1) } else { State::live(version, mark(data)) };
        // Without the zone, moments with and without fractions of a second can be compared as text.
        let moment = |field: &str| text(&data[field]).trim_end_matches('Z').to_owned();
        assert!(moment("updatedAt") >= moment("createdAt"), "changed before it was made: {event}");
        Entry { sequence: event["sequence"].as_u64().unwrap(), event: text(&event["id"]), name, state }
    }

    /// A page that a server shows.
    pub(crate) fn page(&self, server: &Serving, path: &str) -> Json {
        let bearer = format!("Bearer {}", self.key);
        let answer = send(&server.address, "GET", path, &[("Authorization", &bearer)], None).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

/// What those that make things go wrong see of the load.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) servers: &'a Servers,
    pub(crate) model: &'a Mutex<Model>,
    pub(crate) store: &'a Store,
}

impl Load<'_> {
    pub(crate) fn serve(&self) -> Serving {
        let server = self.store.serve_with(OPTIONS);
        self.servers.are(&[&server]);
        server
    }

    /// Waits until so many more writes are acknowledged.
    pub(crate) fn wait_for_writes(&self, count: usize) {
        let before = self.model.lock().unwrap().count();
        wait_until(|| self.model.lock().unwrap().count() >= before + count);
    }
}

/// Subscribes a receiver to everything: the webhook's path.
pub(crate) fn subscribe(server: &Serving, key: &str, url: &str) -> String {
    let body = json!({"url": url, "events": ["*"]});
    let (status, webhook) = post(&server.address, "/api/webhooks", key, &body);
    assert_eq!(status, 201, "{webhook}");
    format!("/api/webhooks/{}", webhook["id"].as_str().unwrap())
}

/// The field that every change writes: the city of a member, the name of an event.
fn mark(record: &Json) -> &str {
    let field = if record["firstName"].is_null() { "name" } else { "city" };
    record[field].as_str().unwrap_or_else(|| panic!("no mark: {record}"))
}

#[track_caller]
fn none(wrong: &[String]) {
    let (some, count) = (wrong.iter().take(10).map(String::as_str).collect::<Vec<_>>(), wrong.len());
    assert!(wrong.is_empty(), "{count} are wrong, such as:\n{}", some.join("\n"));
}
