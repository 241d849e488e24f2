//! How long a group of writes waits for company before it is made durable. Where clients write at the
//! same time, a commit for each few of them costs far more than the wait; one who writes alone never
//! waits. It knows numbers only, neither jobs nor the database.

use std::time::Duration;

/// The longest wait for one more job: clients that were answered together come back within it.
const GAP: Duration = Duration::from_micros(400);
/// How long a group may have waited and worked when it waits again.
const LONGEST: Duration = Duration::from_millis(4);
/// Groups between two tries whether there are more clients than were seen last.
const TRY_EVERY: u32 = 16;

/// What the groups before tell about how many clients write at the same time.
#[derive(Debug)]
pub(super) struct Gather {
    /// The size at which a group is complete.
    expected: usize,
    until_try: u32,
}

impl Gather {
    pub(super) const fn new() -> Self {
        Self { expected: 1, until_try: 0 }
    }

    /// How long to wait for a further job when none is there; none when the group is complete.
    pub(super) fn wait(&self, jobs: usize, age: Duration) -> Option<Duration> {
        (jobs < self.expected && age < LONGEST).then_some(GAP)
    }

    /// Learns from a group that is done. `alone` tells that no further job came while one was waited for.
    pub(super) fn learn(&mut self, jobs: usize, alone: bool) {
        self.until_try = self.until_try.saturating_sub(1);
        if alone || jobs < self.expected {
            self.expected = jobs;
            self.until_try = TRY_EVERY;
        } else if jobs > 1 && self.until_try == 0 {
            self.expected = jobs * 2;
        } else {
            self.expected = jobs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays groups of as many jobs as there are clients; the jobs waited for in vain.
    fn play(gather: &mut Gather, clients: usize, groups: usize) -> usize {
        let mut in_vain = 0;
        for _ in 0..groups {
            // Two are there at once when there are as many; the others come while they are waited for.
            let mut jobs = clients.min(2);
            while jobs < clients && gather.wait(jobs, Duration::ZERO).is_some() {
                jobs += 1;
            }
            let alone = gather.wait(jobs, Duration::ZERO).is_some();
            in_vain += usize::from(alone);
            gather.learn(jobs, alone);
        }
        in_vain
    }

    #[test]
    fn one_client_never_waits() {
        let mut gather = Gather::new();
        assert_eq!(play(&mut gather, 1, 1_000), 0);
    }

    #[test]
    fn groups_grow_to_all_clients_and_seldom_wait_for_more() {
        let mut gather = Gather::new();
        play(&mut gather, 32, 8);
        assert_eq!(gather.wait(31, Duration::ZERO), Some(GAP));
        assert!(play(&mut gather, 32, 1_600) <= 110);
    }

    #[test]
    fn who_is_left_alone_waits_once() {
        let mut gather = Gather::new();
        play(&mut gather, 32, 8);
        assert_eq!(play(&mut gather, 1, 100), 1);
    }

    #[test]
    fn a_group_that_is_old_waits_no_more() {
        let mut gather = Gather::new();
        play(&mut gather, 32, 8);
        assert_eq!(gather.wait(2, LONGEST), None);
    }
}
