//! What must be in the store after everything that was sent: certain where a write was acknowledged, either of
//! two where no answer came. Knows records by the name that their writer gave them, and never how they are stored.

use std::collections::{BTreeMap, BTreeSet};

/// What became of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// It was never made.
    Absent,
    /// It is there in this version, with the mark that its last change left.
    Live(u64, String),
    /// It was deleted with this version.
    Gone(u64),
}

impl State {
    pub(crate) fn live(version: u64, mark: &str) -> Self {
        Self::Live(version, mark.to_owned())
    }
}

/// One event of the feed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    /// The event's own id.
    pub(crate) event: String,
    /// The record's name.
    pub(crate) name: String,
    /// The record after the change.
    pub(crate) state: State,
}

/// What is known of one record.
#[derive(Debug)]
struct Record {
    /// As the last acknowledged write left it.
    sure: State,
    /// As a write would leave it that was sent and not answered.
    maybe: Option<State>,
}

/// What the writers know.
#[derive(Default, Debug)]
pub(crate) struct Model {
    records: BTreeMap<String, Record>,
    /// Every acknowledged write.
    acknowledged: Vec<(String, State)>,
}

impl Model {
    /// A write was answered: the record is surely so.
    pub(crate) fn done(&mut self, name: &str, state: State) {
        self.acknowledged.push((name.to_owned(), state.clone()));
        self.records.insert(name.to_owned(), Record { sure: state, maybe: None });
    }

    /// A write is sent: until it is answered, the record may be as before or so.
    pub(crate) fn sent(&mut self, name: &str, state: State) {
        let record = self.records.entry(name.to_owned());
        record.or_insert(Record { sure: State::Absent, maybe: None }).maybe = Some(state);
    }

    /// The write was refused: nothing was done.
    pub(crate) fn refused(&mut self, name: &str) {
        if let Some(record) = self.records.get_mut(name) {
            record.maybe = None;
        }
    }

    /// How many writes were acknowledged.
    pub(crate) fn count(&self) -> usize {
        self.acknowledged.len()
    }

    /// What is wrong with a feed: read from its beginning, so that it must hold every change once.
    pub(crate) fn judge_feed(&self, feed: &[Entry]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut last: BTreeMap<&str, &State> = BTreeMap::new();
        let mut events = BTreeSet::new();
        for (entry, expected) in feed.iter().zip(1..) {
            if entry.sequence != expected {
                wrong.push(format!("sequence {} stands where {expected} belongs", entry.sequence));
            }
            if !events.insert(&entry.event) {
                wrong.push(format!("two changes have the event {}", entry.event));
            }
            let before = match last.get(entry.name.as_str()) {
                None | Some(State::Absent) => 0,
                Some(State::Live(version, _)) => *version,
                Some(State::Gone(_)) => u64::MAX - 1,
            };
            let (State::Live(version, _) | State::Gone(version)) = &entry.state else { continue };
            if *version != before + 1 {
                let (name, state) = (&entry.name, &entry.state);
                wrong.push(format!("{name}: {state:?} follows {:?}", last.get(name.as_str())));
            }
            last.insert(&entry.name, &entry.state);
        }
        let told: BTreeMap<(&str, u64), &State> =
            feed.iter().map(|it| (key(&it.name, &it.state), &it.state)).collect();
        for (name, state) in &self.acknowledged {
            let found = told.get(&key(name, state));
            if found != Some(&state) {
                wrong.push(format!("{name}: {state:?} was acknowledged, the feed has {found:?}"));
            }
        }
        for name in last.keys() {
            if !self.records.contains_key(*name) {
                wrong.push(format!("{name} is in the feed, and nobody made it"));
            }
        }
        for (name, record) in &self.records {
            let shown = last.get(name.as_str()).copied().unwrap_or(&State::Absent);
            if !record.admits(shown) {
                wrong.push(format!("{name} is {shown:?} at the end of the feed; known is {record:?}"));
            }
        }
        wrong
    }

    /// What is wrong with the stored records.
    pub(crate) fn judge_records(&self, stored: &BTreeMap<String, State>) -> Vec<String> {
        let unknown = stored.keys().filter(|name| !self.records.contains_key(*name));
        let mut wrong: Vec<String> =
            unknown.map(|name| format!("{name} is stored, and nobody made it")).collect();
        for (name, record) in &self.records {
            let shown = stored.get(name).unwrap_or(&State::Absent);
            if !record.admits(shown) {
                wrong.push(format!("{name} is stored as {shown:?}; known is {record:?}"));
            }
        }
        wrong
    }
}

impl Record {
    fn admits(&self, state: &State) -> bool {
        self.sure == *state || self.maybe.as_ref() == Some(state)
    }
}

/// What identifies a change.
fn key<'a>(name: &'a str, state: &State) -> (&'a str, u64) {
    match state {
        State::Absent => (name, 0),
        State::Live(version, _) | State::Gone(version) => (name, *version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64, name: &str, state: State) -> Entry {
        Entry { sequence, event: format!("evt_{sequence}"), name: name.to_owned(), state }
    }

    /// Made, changed; another was made and its deletion was not answered.
    fn model() -> Model {
        let mut model = Model::default();
        model.done("a", State::live(1, "x"));
        model.done("a", State::live(2, "y"));
        model.done("b", State::live(1, "z"));
        model.sent("b", State::Gone(2));
        model
    }

    fn feed() -> Vec<Entry> {
        vec![
            entry(1, "a", State::live(1, "x")),
            entry(2, "b", State::live(1, "z")),
            entry(3, "a", State::live(2, "y")),
        ]
    }

    #[test]
    fn either_outcome_of_an_unanswered_write_is_admitted() {
        let mut feed = feed();
        assert_eq!(model().judge_feed(&feed), [""; 0]);
        feed.push(entry(4, "b", State::Gone(2)));
        assert_eq!(model().judge_feed(&feed), [""; 0]);
        for b in [State::live(1, "z"), State::Gone(2)] {
            let stored = [("a".to_owned(), State::live(2, "y")), ("b".to_owned(), b)].into();
            assert_eq!(model().judge_records(&stored), [""; 0]);
        }
    }

    #[test]
    fn what_is_wrong_is_found() {
        type Break = fn(&mut Vec<Entry>);
        let broken: [(&str, Break); 8] = [
            ("acknowledged", |feed| drop(feed.pop())),
            ("belongs", |feed| feed[2].sequence = 4),
            ("two changes", |feed| feed[2].event = "evt_1".to_owned()),
            ("acknowledged", |feed| feed[2].state = State::live(2, "other")),
            ("follows", |feed| feed.push(entry(4, "a", State::live(2, "y")))),
            ("follows", |feed| feed.push(entry(4, "a", State::live(1, "x")))),
            ("nobody", |feed| feed.push(entry(4, "c", State::live(1, "x")))),
            ("known is", |feed| feed.push(entry(4, "a", State::live(3, "never sent")))),
        ];
        for (expected, breaks) in broken {
            let mut feed = feed();
            breaks(&mut feed);
            let wrong = model().judge_feed(&feed);
            assert!(wrong.iter().any(|it| it.contains(expected)), "{expected}: {wrong:?}");
        }
        for stored in [
            vec![("a", State::live(2, "y"))],
            vec![("a", State::live(1, "x")), ("b", State::live(1, "z"))],
            vec![("a", State::live(2, "y")), ("b", State::live(1, "z")), ("c", State::live(1, "z"))],
        ] {
            let stored = stored.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
            assert_eq!(model().judge_records(&stored).len(), 1);
        }
    }

    #[test]
    fn a_refused_write_is_as_if_it_was_never_sent() {
        let mut model = model();
        model.refused("b");
        assert_eq!(model.judge_feed(&feed()), [""; 0]);
        let mut feed = feed();
        feed.push(entry(4, "b", State::Gone(2)));
        assert_eq!(model.judge_feed(&feed).len(), 1);
    }
}
