//! What came of one attempt: the start of an answer, or the reason why there is none.
//!
//! Kept for the delivery log, so everything here has a bound. It must never hold what was sent.

use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;

use crate::failure::Failure;
use crate::schedule::Verdict;

/// One attempt to deliver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// When it began.
    pub started: Timestamp,
    /// How long until the head of the answer was there, or the attempt had failed.
    pub duration: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver answered, whatever it said.
    Responded(Answer),
    /// There is no answer.
    Failed(Failure),
}

/// An answer, up to its bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, in the order of the answer; cut after 8 KiB.
    pub headers: Vec<(String, String)>,
    /// The first 4 KiB of the body, as they came: neither decompressed nor decoded.
    pub body_start: Bytes,
    /// Whether that is the whole body.
    pub body_complete: bool,
    /// How long the receiver wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Attempt {
    /// The attempt as the schedule sees it (spec: API §8): 2xx is success, 410 the end.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.outcome {
            Outcome::Responded(answer) if answer.is_success() => Verdict::Delivered,
            Outcome::Responded(answer) if answer.status == 410 => Verdict::Gone,
            Outcome::Responded(answer) => Verdict::Failed { retry_after: answer.retry_after },
            Outcome::Failed(_) => Verdict::Failed { retry_after: None },
        }
    }

    /// Why it was no success and what to do, for people; none when it was one.
    #[must_use]
    pub fn explain(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Responded(answer) => answer.explain(),
            Outcome::Failed(failure) => Some(&failure.message),
        }
    }
}

impl Answer {
    /// Whether the receiver has taken the delivery.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn explain(&self) -> Option<&'static str> {
        Some(match self.status {
            200..300 => return None,
            300..400 => {
                "The receiver answered with a redirect to another address. Redirects are not followed: give the webhook \
                 the final address."
            }
            401 | 403 => {
                "The receiver did not let the delivery in. Check the secret there, and the webhook's own headers here."
            }
            404 | 405 => "The receiver does not know this address. Check the webhook's URL.",
            408 => "The receiver was too slow to read the delivery. It is tried again.",
            410 => "The receiver wants no more deliveries. The webhook is switched off.",
            413 => {
                "The delivery is too large for the receiver. Raise the limit there, or send fewer fields by a mapping."
            }
            429 => "The receiver gets more deliveries than it wants at a time. It is tried again later.",
            400..500 => "The receiver refused the delivery. The start of its answer may say why.",
            500..600 => "The receiver has a fault of its own. The delivery is tried again.",
            _ => "The receiver answered with a status that means no success. Check the receiver.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    fn answered(status: u16, retry_after: Option<Duration>) -> Attempt {
        let headers = Vec::new();
        let answer = Answer { status, headers, body_start: Bytes::new(), body_complete: true, retry_after };
        attempt(Outcome::Responded(answer))
    }

    fn attempt(outcome: Outcome) -> Attempt {
        Attempt { started: Timestamp::from_micros(0), duration: Duration::ZERO, outcome }
    }

    #[test]
    fn only_2xx_is_success_and_only_410_the_end() {
        let minute = Some(Duration::from_mins(1));
        for status in 100..1_000 {
            let expected = match status {
                200..300 => Verdict::Delivered,
                410 => Verdict::Gone,
                _ => Verdict::Failed { retry_after: minute },
            };
            assert_eq!(answered(status, minute).verdict(), expected, "{status}");
            assert_eq!(answered(status, None).explain().is_none(), (200..300).contains(&status), "{status}");
        }
        let failure = Failure { kind: FailureKind::TimedOut, message: "too slow".to_owned() };
        let failed = attempt(Outcome::Failed(failure));
        assert_eq!(failed.verdict(), Verdict::Failed { retry_after: None });
        assert_eq!(failed.explain(), Some("too slow"));
    }
}
