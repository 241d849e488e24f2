//! Failed attempts to authenticate, limited for each client address (API §2).

use std::net::IpAddr;

use app::network;
use domain::Timestamp;
use quick_cache::sync::Cache;

/// Failures allowed in a window, and its length in seconds.
const ALLOWED: u32 = 100;
const WINDOW: i64 = 60;

/// Addresses remembered at once; the least used are forgotten first.
const ADDRESSES: usize = 20_000;

/// Counts of failures by address.
pub(crate) struct Throttle(Cache<IpAddr, Window>);

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    failures: u32,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ADDRESSES))
    }

    /// Notes a failure. When there were too many, answers with the seconds to wait.
    pub(crate) fn failed(&self, from: IpAddr, now: Timestamp) -> Option<u32> {
        let key = network(from);
        let age = |window: &Window| now.as_micros().saturating_sub(window.began.as_micros());
        let running = |window: &Window| age(window) < WINDOW * 1_000_000;
        let known = self.0.get(&key).filter(running);
        let mut window = known.unwrap_or(Window { began: now, failures: 0 });
        // After a clock was set back, it ends a minute from now.
        window.began = window.began.min(now);
        window.failures = window.failures.saturating_add(1);
        self.0.insert(key, window);
        if window.failures <= ALLOWED {
            return None;
        }
        let left = WINDOW - age(&window) / 1_000_000;
        u32::try_from(left.max(1)).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn too_many_failures_of_one_network_have_to_wait() {
        let throttle = Throttle::new();
        let start = Timestamp::from_micros(1_000_000_000);
        let address = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
        for attempt in 0..100 {
            assert_eq!(throttle.failed(address(attempt), start), None);
        }
        assert_eq!(throttle.failed(address(7), start.plus_seconds(20)), Some(40));
        let elsewhere = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 1));
        assert_eq!(throttle.failed(elsewhere, start), None);
        assert_eq!(throttle.failed(address(7), start), Some(60), "the clock was set back");
        assert_eq!(throttle.failed(address(7), start.plus_seconds(60)), None);
    }
}
