//! When a delivery is tried again, given up, or its webhook switched off (spec: API §8).
//!
//! Pure: the moment and the randomness are arguments. It must never know why an attempt failed, beyond what
//! the receiver asked for.

use std::time::Duration;

use domain::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The times of the schedule; [`Schedule::default`] has those of the specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// How long to wait after the first, second, … attempt. After the last of them one more attempt is made.
    pub delays: Vec<Duration>,
    /// How much later than planned an attempt may be, in thousandths of the wait: deliveries that failed
    /// together do not come back together.
    pub jitter_per_mille: u32,
    /// `Retry-After` counts up to here.
    pub longest_retry_after: Duration,
    /// How long a webhook may fail without one success before it is switched off.
    pub disable_after: Duration,
}

/// What came of an attempt, as far as the schedule needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The receiver has it: any 2xx.
    Delivered,
    /// It may work later; the receiver may have said when.
    Failed {
        /// The wait asked for by `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// 410: the receiver wants no more.
    Gone,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nothing: it has arrived.
    Done,
    /// Try this delivery again, not before this moment.
    RetryAt(Timestamp),
    /// Give up this delivery; the webhook goes on with others.
    GiveUp,
    /// Give up this delivery and switch the webhook off.
    Disable(Disabled),
}

/// Why a webhook was switched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disabled {
    /// The receiver answered 410.
    Gone,
    /// Nothing but failures for too long.
    Failing,
}

impl Default for Schedule {
    fn default() -> Self {
        let seconds =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self {
            delays: seconds.map(Duration::from_secs).to_vec(),
            jitter_per_mille: 100,
            longest_retry_after: Duration::from_secs(24 * HOUR),
            disable_after: Duration::from_secs(5 * DAY),
        }
    }
}

impl Schedule {
    /// What to do after attempt number `attempt` of a delivery, counted from 1.
    ///
    /// `failing_since` is when the webhook's first failure since its last success happened, this attempt
    /// included; `random` decides how much of the jitter is used.
    #[must_use]
    pub fn next(
        &self,
        attempt: u32,
        verdict: Verdict,
        failing_since: Option<Timestamp>,
        now: Timestamp,
        random: u64,
    ) -> Next {
        let retry_after = match verdict {
            Verdict::Delivered => return Next::Done,
            Verdict::Gone => return Next::Disable(Disabled::Gone),
            Verdict::Failed { retry_after } => retry_after.unwrap_or_default().min(self.longest_retry_after),
        };
        if failing_for(failing_since, now) >= Some(self.disable_after) {
            return Next::Disable(Disabled::Failing);
        }
        let planned =
            usize::try_from(attempt).ok().and_then(|number| self.delays.get(number.checked_sub(1)?));
        match planned {
            None => Next::GiveUp,
            Some(delay) => Next::RetryAt(later(now, self.with_jitter((*delay).max(retry_after), random))),
        }
    }

    /// The wait, and at most the jitter's share of it on top: never earlier than planned or asked for.
    fn with_jitter(&self, wait: Duration, random: u64) -> Duration {
        let most = wait.as_micros().saturating_mul(u128::from(self.jitter_per_mille)) / 1_000;
        let share = most.saturating_mul(u128::from(random)) >> 64;
        wait.saturating_add(Duration::from_micros(u64::try_from(share).unwrap_or(u64::MAX)))
    }
}

/// None when it does not fail; zero when the clock was set back meanwhile.
fn failing_for(since: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let micros = now.as_micros().saturating_sub(since?.as_micros());
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_780_000_000_000_000);
    const FAILED: Verdict = Verdict::Failed { retry_after: None };

    fn ago(seconds: u64) -> Timestamp {
        NOW.plus_seconds(-i64::try_from(seconds).unwrap())
    }

    fn asks(seconds: u64) -> Verdict {
        Verdict::Failed { retry_after: Some(Duration::from_secs(seconds)) }
    }

    /// The wait in seconds without jitter.
    fn wait(attempt: u32, verdict: Verdict) -> Option<i64> {
        match Schedule::default().next(attempt, verdict, Some(ago(0)), NOW, 0) {
            Next::RetryAt(at) => Some(at.as_seconds() - NOW.as_seconds()),
            _ => None,
        }
    }

    #[test]
    fn waits_are_those_of_the_specification() {
        let waits: Vec<_> = (1..=10).map(|attempt| wait(attempt, FAILED)).collect();
        let hours = |hours: i64| Some(hours * 3_600);
        let expected = [
            Some(5),
            Some(300),
            Some(1_800),
            hours(2),
            hours(5),
            hours(10),
            hours(14),
            hours(20),
            hours(24),
            None,
        ];
        assert_eq!(waits, expected);
    }

    #[test]
    fn after_the_last_attempt_the_delivery_is_given_up() {
        let schedule = Schedule::default();
        assert_eq!(schedule.next(10, FAILED, Some(ago(0)), NOW, 0), Next::GiveUp);
        assert_eq!(schedule.next(u32::MAX, asks(60), Some(ago(0)), NOW, 0), Next::GiveUp);
        // Attempts count from 1; a 0 is nobody's plan, and loses nothing.
        assert_eq!(schedule.next(0, FAILED, Some(ago(0)), NOW, 0), Next::GiveUp);
    }

    #[test]
    fn success_and_410_end_it_at_once() {
        let schedule = Schedule::default();
        for attempt in [1, 10] {
            assert_eq!(schedule.next(attempt, Verdict::Delivered, Some(ago(6 * DAY)), NOW, 0), Next::Done);
            assert_eq!(schedule.next(attempt, Verdict::Gone, None, NOW, 0), Next::Disable(Disabled::Gone));
        }
    }

    #[test]
    fn five_days_of_failures_disable_the_webhook() {
        let schedule = Schedule::default();
        let next = |attempt, since| schedule.next(attempt, FAILED, since, NOW, 0);
        assert!(matches!(next(1, Some(ago(5 * DAY - 1))), Next::RetryAt(_)));
        assert_eq!(next(1, Some(ago(5 * DAY))), Next::Disable(Disabled::Failing));
        assert_eq!(next(10, Some(ago(5 * DAY))), Next::Disable(Disabled::Failing));
        // A clock that was set back disables nobody.
        assert!(matches!(next(1, Some(NOW.plus_seconds(86_400 * 9))), Next::RetryAt(_)));
    }

    #[test]
    fn the_later_of_plan_and_retry_after_counts_up_to_a_day() {
        assert_eq!(wait(1, asks(0)), Some(5));
        assert_eq!(wait(1, asks(120)), Some(120));
        assert_eq!(wait(4, asks(120)), Some(7_200));
        assert_eq!(wait(1, asks(3 * DAY)), Some(86_400));
    }

    #[test]
    fn jitter_only_ever_waits_longer_and_at_most_a_tenth() {
        let schedule = Schedule::default();
        let waited = |random| match schedule.next(2, FAILED, None, NOW, random) {
            Next::RetryAt(at) => at.as_micros() - NOW.as_micros(),
            other => panic!("{other:?}"),
        };
        assert_eq!(waited(0), 300_000_000);
        assert_eq!(waited(u64::MAX / 2), 315_000_000 - 1);
        assert_eq!(waited(u64::MAX), 330_000_000 - 1);
    }

    #[test]
    fn times_can_be_set() {
        let schedule = Schedule {
            delays: vec![Duration::from_millis(3)],
            jitter_per_mille: 0,
            longest_retry_after: Duration::from_millis(7),
            disable_after: Duration::from_millis(20),
        };
        let at = |micros| Next::RetryAt(Timestamp::from_micros(NOW.as_micros() + micros));
        assert_eq!(schedule.next(1, FAILED, None, NOW, u64::MAX), at(3_000));
        assert_eq!(schedule.next(1, asks(60), None, NOW, u64::MAX), at(7_000));
        assert_eq!(schedule.next(2, FAILED, None, NOW, 0), Next::GiveUp);
    }
}
