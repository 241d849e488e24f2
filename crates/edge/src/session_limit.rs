//! The limit of requests by session: one of its own for each user, higher than the plans' (API §7). It keeps
//! a script in a browser from harming others; each server counts for itself, and so does each surface.

use std::fmt;

use app::{QUOTA_WINDOW_SECONDS, QuotaState};
use domain::{Timestamp, UserId};
use quick_cache::sync::Cache;

/// Users remembered at once; the least active are forgotten first.
const USERS: usize = 20_000;

/// Counts of requests by user.
pub struct SessionLimit {
    users: Cache<UserId, Window>,
    /// Requests an hour.
    limit: u32,
}

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    used: u32,
}

impl fmt::Debug for SessionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLimit").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl SessionLimit {
    /// A limit of so many requests an hour.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self { users: Cache::new(USERS), limit }
    }

    /// Counts a request; answers with the state, and whether there was something left.
    pub fn charge(&self, user: UserId, now: Timestamp) -> (QuotaState, bool) {
        let window = self.window(user, now);
        let granted = window.used < self.limit;
        let window = Window { used: window.used.saturating_add(u32::from(granted)), ..window };
        self.users.insert(user, window);
        (self.state_of(window), granted)
    }

    /// The state, without counting anything.
    #[must_use]
    pub fn state(&self, user: UserId, now: Timestamp) -> QuotaState {
        self.state_of(self.window(user, now))
    }

    /// The window that runs; one begins with the first request after the last has ended.
    fn window(&self, user: UserId, now: Timestamp) -> Window {
        let running = |window: &Window| {
            let age = now.as_micros().saturating_sub(window.began.as_micros());
            age < QUOTA_WINDOW_SECONDS * 1_000_000
        };
        let known = self.users.get(&user).filter(running).unwrap_or(Window { began: now, used: 0 });
        // After a clock was set back, it ends an hour from now.
        Window { began: known.began.min(now), ..known }
    }

    fn state_of(&self, window: Window) -> QuotaState {
        QuotaState {
            limit: self.limit,
            remaining: self.limit.saturating_sub(window.used),
            reset: window.began.plus_seconds(QUOTA_WINDOW_SECONDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_so_many_requests_and_ends() {
        let limit = SessionLimit::new(2);
        let start = Timestamp::from_micros(1_000_000_000);
        let user = UserId::new(start, [1; 10]);
        let left = |at: Timestamp| {
            let (state, granted) = limit.charge(user, at);
            (state.remaining, granted)
        };
        assert_eq!([left(start), left(start), left(start)], [(1, true), (0, true), (0, false)]);
        assert!(limit.charge(UserId::new(start, [2; 10]), start).1, "each user has its own");
        assert_eq!(left(start.plus_seconds(3_599)), (0, false));
        assert_eq!(left(start.plus_seconds(3_600)), (1, true));
        assert_eq!(limit.state(user, start.plus_seconds(3_601)).remaining, 1);
        // A clock that is set back refills nothing, and makes nobody wait for more than an hour.
        let limit = SessionLimit::new(1);
        assert!(limit.charge(user, start.plus_seconds(7_200)).1);
        assert!(!limit.charge(user, start).1);
        assert_eq!(limit.state(user, start).reset, start.plus_seconds(3_600));
        assert!(limit.charge(user, start.plus_seconds(3_600)).1);
    }
}
