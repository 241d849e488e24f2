//! One writer of the mixed load, as a careful client is: it repeats what was not answered, with the same
//! `Idempotency-Key` or under `If-Match`, until it knows; or now and then never asks. It tells the model what it
//! sent and what was answered. No two writers write one record.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};
use testkit::program::{Answer, send};

use crate::load::Servers;
use crate::model::{Model, State};

/// Between two changes of one writer: the load is meant to be mixed, not to spend the plan's limit in a minute.
const PACE: Duration = Duration::from_millis(8);

/// A record of this writer that is there.
#[derive(Clone, Debug)]
struct Own {
    name: String,
    id: String,
    version: u64,
    mark: String,
    list: &'static str,
}

/// A change that is to be made.
#[derive(Debug)]
struct Change {
    method: &'static str,
    path: String,
    body: Option<Json>,
    /// The version that it is made on.
    on: Option<u64>,
    /// The `Idempotency-Key`.
    key: Option<String>,
    /// What each record is when it is done; its list, and its id where it has one yet.
    effects: Vec<(String, State, &'static str, Option<String>)>,
    /// Whether it was sent before, and no answer came.
    tried: bool,
}

pub(crate) struct Writer {
    number: usize,
    bearer: String,
    dice: u64,
    made: u32,
    own: Vec<Own>,
    pending: Option<Change>,
    /// What no server may answer.
    pub(crate) wrong: Vec<String>,
}

impl Writer {
    pub(crate) fn new(number: usize, key: &str) -> Self {
        Self {
            number,
            bearer: format!("Bearer {key}"),
            // Any odd number, other for each.
            dice: 0x9E37_79B9_7F4A_7C15 ^ ((number as u64) << 7),
            made: 0,
            own: Vec::new(),
            pending: None,
            wrong: Vec::new(),
        }
    }

    /// Writes until told to stop; what is not answered by then stays open.
    pub(crate) fn run(&mut self, servers: &Servers, model: &Mutex<Model>, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let change = self.pending.take().unwrap_or_else(|| self.choose());
            self.attempt(change, servers, model);
            std::thread::sleep(PACE);
        }
    }

    /// Ends what is open; answers whether nothing is.
    pub(crate) fn settle(&mut self, servers: &Servers, model: &Mutex<Model>) -> bool {
        if let Some(change) = self.pending.take() {
            self.attempt(change, servers, model);
        }
        self.pending.is_none()
    }

    fn attempt(&mut self, mut change: Change, servers: &Servers, model: &Mutex<Model>) {
        for (name, state, _, _) in &change.effects {
            model.lock().unwrap().sent(name, state.clone());
        }
        let address = servers.pick(self.number);
        let version = change.on.map(|version| format!("\"{version}\""));
        let mut headers = vec![("Authorization", self.bearer.as_str())];
        headers.extend(version.as_deref().map(|version| ("If-Match", version)));
        headers.extend(change.key.as_deref().map(|key| ("Idempotency-Key", key)));
        let answer = send(&address, change.method, &change.path, &headers, change.body.as_ref());
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => self.done(change, &answer, model),
            // The attempt that was not answered was done: nobody else changes this record.
            Ok(answer) if change.tried && change.on.is_some() && matches!(answer.status, 404 | 412) => {
                self.apply(&change, model);
            }
            // Its first sending still runs (409), the plan's limit is reached (429).
            Ok(answer)
                if answer.status == 429 || (answer.status == 409 && change.key.is_some() && change.tried) =>
            {
                std::thread::sleep(Duration::from_millis(100));
                self.pending = Some(change);
            }
            Ok(answer) if answer.status < 500 => {
                let (method, path) = (change.method, &change.path);
                self.wrong
                    .push(format!("{method} {path}: {} {} after {change:?}", answer.status, answer.body));
                for (name, ..) in &change.effects {
                    model.lock().unwrap().refused(name);
                }
            }
            _ => {
                std::thread::sleep(Duration::from_millis(20));
                // Some clients never ask again: what became of it stays open.
                if change.key.is_some() || change.on.is_some() {
                    change.tried = true;
                    self.pending = Some(change);
                }
            }
        }
    }

    fn done(&mut self, mut change: Change, answer: &Answer, model: &Mutex<Model>) {
        let results = answer.body["results"].as_array();
        for (index, (name, state, _, id)) in change.effects.iter_mut().enumerate() {
            let shown = match results {
                Some(results) => results.get(index).unwrap_or(&Json::Null),
                None => &answer.body,
            };
            if id.is_none() {
                *id = shown["id"].as_str().map(str::to_owned);
            }
            let of_it = shown["id"].as_str() == id.as_deref() && id.is_some();
            if let (State::Live(version, mark), true) = (&*state, of_it && results.is_none()) {
                let marks = [&shown["city"], &shown["name"]];
                if shown["version"] != *version || !marks.iter().any(|it| it.as_str() == Some(mark)) {
                    self.wrong.push(format!("{name} should be {state:?}, the answer is {shown}"));
                }
            }
            if results.is_some() && !matches!(shown["status"].as_str(), Some("created" | "updated")) {
                self.wrong.push(format!("{name} in a batch: {shown}"));
            }
        }
        self.apply(&change, model);
    }

    fn apply(&mut self, change: &Change, model: &Mutex<Model>) {
        let mut model = model.lock().unwrap();
        for (name, state, list, id) in &change.effects {
            model.done(name, state.clone());
            self.own.retain(|own| own.name != *name);
            if let (State::Live(version, mark), Some(id)) = (state, id) {
                let (name, id, mark) = (name.clone(), id.clone(), mark.clone());
                self.own.push(Own { name, id, version: *version, mark, list });
            }
        }
    }

    fn choose(&mut self) -> Change {
        let count = self.own.iter().filter(|own| own.list == "members").count();
        if count < 4 {
            return self.make_member();
        }
        match self.roll(14) {
            0..4 => self.make_member(),
            4 => self.make_event(),
            5..9 => self.patch(),
            9 => self.put(),
            10 => self.delete(),
            11 | 12 => self.batch(),
            _ => self.merge(),
        }
    }

    fn make_member(&mut self) -> Change {
        let (name, mark) = self.new_name();
        let keyed = self.roll(2) == 0;
        Change {
            method: "POST",
            path: "/api/members".to_owned(),
            body: Some(member(&name, &mark)),
            on: None,
            key: keyed.then(|| format!("make {name}")),
            effects: vec![(name, State::live(1, &mark), "members", None)],
            tried: false,
        }
    }

    fn make_event(&mut self) -> Change {
        let (name, mark) = self.new_name();
        Change {
            method: "POST",
            path: "/api/events".to_owned(),
            body: Some(json!({"externalId": name, "name": mark, "eventType": "online"})),
            on: None,
            key: Some(format!("make {name}")),
            effects: vec![(name, State::live(1, &mark), "events", None)],
            tried: false,
        }
    }

    fn patch(&mut self) -> Change {
        let index = self.roll(self.own.len());
        let mark = self.new_mark();
        let field = if self.own[index].list == "members" { "city" } else { "name" };
        let body = json!({ field: mark });
        change_of(&self.own[index], "PATCH", Some(body), |version| State::Live(version, mark))
    }

    fn put(&mut self) -> Change {
        let own = self.member();
        let mark = self.new_mark();
        let body = member(&own.name, &mark);
        change_of(&own, "PUT", Some(body), |version| State::Live(version, mark))
    }

    fn delete(&mut self) -> Change {
        let index = self.roll(self.own.len());
        change_of(&self.own[index], "DELETE", None, State::Gone)
    }

    /// A new member and a change of another, both or neither.
    fn batch(&mut self) -> Change {
        let own = self.member();
        let (name, mark) = self.new_name();
        // No two records share a mark: a merge of such two would change nothing.
        let other = self.new_mark();
        let items = json!([member(&name, &mark), {"externalId": own.name, "city": other}]);
        Change {
            method: "POST",
            path: "/api/members/batch".to_owned(),
            body: Some(json!({"mode": "upsert", "matchBy": "externalId", "atomic": true, "items": items})),
            on: None,
            key: Some(format!("batch {name}")),
            effects: vec![
                (name, State::live(1, &mark), "members", None),
                (own.name, State::live(own.version + 1, &other), "members", Some(own.id)),
            ],
            tried: false,
        }
    }

    /// One member goes, another takes its mark.
    fn merge(&mut self) -> Change {
        let from = self.member();
        let into = loop {
            let other = self.member();
            if other.name != from.name {
                break other;
            }
        };
        Change {
            method: "POST",
            path: format!("/api/members/{}/merge", from.id),
            body: Some(json!({"into": into.id, "take": ["city"]})),
            on: None,
            key: Some(format!("merge {}", from.name)),
            effects: vec![
                (from.name, State::Gone(from.version + 1), "members", Some(from.id)),
                (into.name, State::live(into.version + 1, &from.mark), "members", Some(into.id)),
            ],
            tried: false,
        }
    }

    fn member(&mut self) -> Own {
        loop {
            let index = self.roll(self.own.len());
            if self.own[index].list == "members" {
                return self.own[index].clone();
            }
        }
    }

    fn new_name(&mut self) -> (String, String) {
        self.made += 1;
        (format!("w{}-{}", self.number, self.made), self.new_mark())
    }

    fn new_mark(&mut self) -> String {
        format!("Mark {}", self.roll(1_000_000_000))
    }

    /// Xorshift: load that looks the same on every run.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as usize % sides
    }
}

fn change_of(
    own: &Own,
    method: &'static str,
    body: Option<Json>,
    state: impl FnOnce(u64) -> State,
) -> Change {
    Change {
        method,
        path: format!("/api/{}/{}", own.list, own.id),
        body,
        on: Some(own.version),
        key: None,
        effects: vec![(own.name.clone(), state(own.version + 1), own.list, Some(own.id.clone()))],
        tried: false,
    }
}

fn member(name: &str, mark: &str) -> Json {
    let email = format!("{name}@example.org");
    json!({"externalId": name, "firstName": "Jo", "lastName": "Lim", "email": email, "city": mark})
}
