//! The plan's limit as answers show it: headers of the IETF draft and their older X- kin (API §7).

use std::sync::{Arc, OnceLock};

use app::{Charge, Credential, QUOTA_WINDOW_SECONDS, QuotaState};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::json::write_integer;
use domain::{Problem, ProblemKind, Timestamp};
use parking_lot::Mutex;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Where authentication leaves what it charged, for the edge to show.
#[derive(Clone, Default)]
pub(crate) struct ChargeSlot(Arc<Mutex<Option<Shown>>>, Arc<OnceLock<Arc<Credential>>>);

enum Shown {
    Charge(Charge),
    State(QuotaState),
}

impl ChargeSlot {
    /// Notes with which key the request came.
    pub(crate) fn with_key(&self, key: &Arc<Credential>) {
        drop(self.1.set(key.clone()));
    }

    /// The key that the request came with, if it is one that counts.
    pub(crate) fn key(&self) -> Option<&Credential> {
        self.1.get().map(Arc::as_ref)
    }

    /// Notes that the request was charged.
    pub(crate) fn charged(&self, charge: Charge) {
        *self.0.lock() = Some(Shown::Charge(charge));
    }

    /// Notes the state of a limit that is shown but not charged.
    pub(crate) fn free(&self, state: QuotaState) {
        *self.0.lock() = Some(Shown::State(state));
    }

    /// Writes the headers; an answer that costs nothing is refunded first.
    pub(crate) fn finish(&self, headers: &mut HeaderMap, costs_nothing: bool, now: Timestamp) {
        let state = match self.0.lock().take() {
            None => return,
            Some(Shown::State(state)) => state,
            Some(Shown::Charge(mut charge)) => {
                if costs_nothing {
                    charge.refund();
                }
                charge.state
            }
        };
        write(headers, state, now);
    }
}

fn write(headers: &mut HeaderMap, state: QuotaState, now: Timestamp) {
    let QuotaState { limit, remaining, reset } = state;
    let mut put = |name: HeaderName, parts: [(&[u8], i64); 2]| {
        let mut text = Vec::with_capacity(32);
        text.extend_from_slice(b"\"hour\"");
        for (key, number) in parts {
            text.extend_from_slice(key);
            write_integer(&mut text, number);
        }
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    put(POLICY, [(b";q=", limit.into()), (b";w=", QUOTA_WINDOW_SECONDS)]);
    put(RATE_LIMIT, [(b";r=", remaining.into()), (b";t=", state.seconds_left(now).into())]);
    headers.insert(X_LIMIT, HeaderValue::from(limit));
    headers.insert(X_REMAINING, HeaderValue::from(remaining));
    headers.insert(X_RESET, HeaderValue::from(reset.as_seconds()));
}

/// The refusal of a request over the limit of who is signed in.
pub(crate) fn session_exceeded(state: QuotaState, now: Timestamp) -> Problem {
    let seconds = state.seconds_left(now).max(1);
    let detail = format!("Your {} requests of this hour are used", state.limit);
    Problem::new(ProblemKind::RateLimitExceeded, detail)
        .hint(format!("Wait {seconds} seconds. Programs use an API key, not a session."))
        .retry_after(seconds)
        .code("quota-exceeded")
}

/// The refusal of a request over the limit.
pub(crate) fn exceeded(state: QuotaState, now: Timestamp) -> Problem {
    let seconds = state.seconds_left(now).max(1);
    let detail = format!("The organisation's {} requests of this hour are used", state.limit);
    Problem::new(ProblemKind::RateLimitExceeded, detail)
        .hint(format!("Wait {seconds} seconds; spread requests, use batches, filters and webhooks, or choose a larger plan."))
        .retry_after(seconds)
        .code("quota-exceeded")
}
