//! How much of each webhook may be in memory and under way: one receiver that hangs has its own few
//! places, and takes none of another's.

use std::collections::{HashMap, VecDeque};

use app::{Job, Room};
use domain::{RecordId, Timestamp};
use parking_lot::Mutex;

/// Deliveries beyond those under way that are leased for a receiver which answers quickly, so that it
/// never waits for the store. One that is slow gets no more than can be sent at once: leases end.
const AHEAD: usize = 256;

pub(super) struct Rooms {
    per_webhook: usize,
    of: Mutex<HashMap<RecordId, Place>>,
}

#[derive(Default)]
struct Place {
    /// Taken, but the deliveries are not here yet.
    taken: usize,
    queue: VecDeque<Job>,
    under_way: usize,
    /// Whether the last answer came quickly.
    quick: bool,
    /// Whether there may be more in the store.
    more: bool,
    /// What was last seen of the webhook's health, and when.
    health: Option<(Timestamp, Option<Timestamp>)>,
}

impl Place {
    fn room(&self, per_webhook: usize) -> usize {
        let most = per_webhook + if self.quick { AHEAD } else { 0 };
        most.saturating_sub(self.taken + self.queue.len() + self.under_way)
    }

    fn is_idle(&self) -> bool {
        self.taken == 0 && self.queue.is_empty() && self.under_way == 0 && !self.more
    }
}

impl Rooms {
    pub(super) fn new(per_webhook: usize) -> Self {
        Self { per_webhook, of: Mutex::default() }
    }

    /// Takes in a delivery for which room was taken.
    pub(super) fn put(&self, job: Job) {
        let mut of = self.of.lock();
        let place = of.entry(job.endpoint.id).or_default();
        place.taken = place.taken.saturating_sub(1);
        place.queue.push_back(job);
    }

    /// The next delivery of a webhook that may be sent now.
    pub(super) fn begin(&self, webhook: RecordId) -> Option<Job> {
        let mut of = self.of.lock();
        let place = of.get_mut(&webhook)?;
        if place.under_way >= self.per_webhook {
            return None;
        }
        let job = place.queue.pop_front()?;
        place.under_way += 1;
        Some(job)
    }

    /// A delivery has ended; whether more of the webhook should be leased.
    pub(super) fn end(&self, webhook: RecordId, quick: bool) -> bool {
        let mut of = self.of.lock();
        let Some(place) = of.get_mut(&webhook) else { return false };
        place.under_way = place.under_way.saturating_sub(1);
        place.quick = quick;
        if place.is_idle() {
            // Forgotten, so that memory does not grow with every webhook that ever was.
            of.remove(&webhook);
            return false;
        }
        // Leased by the dozen: each time costs a transaction.
        let low = if quick { AHEAD / 2 } else { 0 };
        place.more && place.queue.len() + place.taken <= low
    }

    /// There may be more of a webhook in the store.
    pub(super) fn more(&self, webhook: RecordId) {
        self.of.lock().entry(webhook).or_default().more = true;
    }

    /// There is no more of a webhook in the store.
    pub(super) fn no_more(&self, webhook: RecordId) {
        let mut of = self.of.lock();
        if let Some(place) = of.get_mut(&webhook) {
            place.more = false;
            if place.is_idle() {
                of.remove(&webhook);
            }
        }
    }

    /// Since when a webhook fails, as far as this dispatcher has seen since `read`, when it was last read.
    pub(super) fn failing_since(&self, job: &Job, read: Timestamp) -> Option<Timestamp> {
        let of = self.of.lock();
        match of.get(&job.endpoint.id).and_then(|place| place.health) {
            Some((seen, failing_since)) if seen >= read => failing_since,
            _ => job.endpoint.failing_since,
        }
    }

    /// Notes what was seen of a webhook's health.
    pub(super) fn saw(&self, webhook: RecordId, at: Timestamp, failing_since: Option<Timestamp>) {
        if let Some(place) = self.of.lock().get_mut(&webhook) {
            place.health = Some((at, failing_since));
        }
    }

    /// Takes away what waits for a webhook that was switched off; its leases end by themselves.
    pub(super) fn clear(&self, webhook: RecordId) {
        if let Some(place) = self.of.lock().get_mut(&webhook) {
            place.queue.clear();
            place.more = false;
        }
    }

    /// Gives no room any more; answers with what was leased and not begun.
    pub(super) fn close(&self) -> Vec<Job> {
        let mut of = self.of.lock();
        of.values_mut().flat_map(|place| std::mem::take(&mut place.queue)).collect()
    }
}

impl Room for Rooms {
    fn take(&self, webhook: RecordId, wanted: usize) -> usize {
        let mut of = self.of.lock();
        let place = of.entry(webhook).or_default();
        let granted = place.room(self.per_webhook).min(wanted);
        place.taken += granted;
        granted
    }

    fn give_back(&self, webhook: RecordId, unused: usize) {
        if let Some(place) = self.of.lock().get_mut(&webhook) {
            place.taken = place.taken.saturating_sub(unused);
        }
    }
}
