//! One attempt of one delivery: signed now, sent, judged, told to the recorder.

use std::time::Duration;

use app::db::SPANS;
use app::{AttemptOutcome, AttemptRecord, DeliveryVerdict, Job};
use bytes::Bytes;
use domain::event_types::TEST;
use domain::webhook_headers::MASK;
use domain::{RecordId, Timestamp};
use tracing::{Instrument as _, Span, field};

use super::Dispatcher;
use super::recorder::Outcome;
use crate::attempt::{self, Attempt};
use crate::schedule::{Disabled, Next, Verdict};
use crate::sender::Outgoing;
use crate::signature::{self, Secret};

/// An answer that took less than this is quick.
const QUICK: Duration = Duration::from_millis(250);

/// Time that must be left of a lease for an attempt beside the receiver's: to store what came of it.
const MARGIN: i64 = 2_000_000;

impl Dispatcher {
    /// Makes the attempt; whether the receiver was quick.
    pub(super) async fn attempt(&self, job: &Job) -> bool {
        let inner = &self.0;
        let Ok(_permit) = inner.at_once.acquire().await else { return false };
        let started = inner.app.now();
        let longest = i64::try_from(inner.settings.timeout.as_micros()).unwrap_or(i64::MAX);
        if started.as_micros().saturating_add(longest).saturating_add(MARGIN) > job.lease_until.as_micros() {
            // It waited too long: another server may take it before the attempt is over.
            inner.rooms.more(job.endpoint.id);
            return false;
        }
        let Some(headers) = signed(job, started) else {
            tracing::error!(webhook = %job.endpoint.id, "a delivery cannot be signed");
            return false;
        };
        let span = span(job);
        let attempt = inner
            .sender
            .send(Outgoing {
                url: job.endpoint.url.clone(),
                headers: headers.clone(),
                body: Bytes::from_owner(job.body.clone()),
                timeout: inner.settings.timeout,
                started,
            })
            .instrument(span.clone())
            .await;
        note(&span, &attempt);
        drop(span);
        let outcome = match (&attempt.outcome, attempt.verdict()) {
            (_, Verdict::Delivered) => AttemptOutcome::Delivered,
            (attempt::Outcome::Responded(_), _) => AttemptOutcome::Refused,
            (attempt::Outcome::Failed(_), _) => AttemptOutcome::Unreachable,
        };
        inner.app.count_attempt(outcome, attempt.duration.as_secs_f64());
        let quick = attempt.verdict() == Verdict::Delivered && attempt.duration < QUICK;
        self.judge(job, headers, attempt).await;
        quick
    }

    /// Decides what happens next, and tells it to the recorder.
    async fn judge(&self, job: &Job, headers: Vec<(String, String)>, attempt: Attempt) {
        let inner = &self.0;
        let (tenant, webhook) = (&job.endpoint.tenant, job.endpoint.id);
        let verdict = attempt.verdict();
        let lease = i64::try_from(inner.settings.lease.as_micros()).unwrap_or(i64::MAX);
        let read = Timestamp::from_micros(job.lease_until.as_micros().saturating_sub(lease));
        let known = inner.rooms.failing_since(job, read);
        let failing_since = (verdict != Verdict::Delivered).then(|| known.unwrap_or(attempt.started));
        if known != failing_since {
            inner.rooms.saw(webhook, attempt.started, failing_since);
            self.tell(Outcome::Health { tenant: tenant.clone(), webhook, failing_since }).await;
        }
        let number = job.attempts.saturating_add(1);
        let next = if job.event_type == TEST && verdict != Verdict::Delivered {
            Next::GiveUp
        } else {
            let random = inner.app.random_bytes().map_or(0, u64::from_be_bytes);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            inner.settings.schedule.next(number, verdict, failing_since, inner.app.now(), random)
        };
        let verdict = match next {
            Next::Done => DeliveryVerdict::Succeeded,
            Next::RetryAt(at) => DeliveryVerdict::Retry(at),
            Next::GiveUp | Next::Disable(_) => DeliveryVerdict::Failed,
        };
        self.tell(Outcome::Attempt(Box::new(record(job, number, headers, attempt, verdict)))).await;
        if let Next::Disable(why) = next {
            self.disable(tenant, webhook, why).await;
        }
    }

    async fn disable(&self, tenant: &app::Tenant, webhook: RecordId, why: Disabled) {
        let reason = match why {
            Disabled::Gone => "The receiver answered 410: it wants no more deliveries.",
            Disabled::Failing => "Nothing could be delivered for five days.",
        };
        self.0.rooms.clear(webhook);
        self.0.app.count_disabled_webhook();
        let reason = reason.to_owned();
        self.tell(Outcome::Disable { tenant: tenant.clone(), webhook, reason }).await;
    }

    async fn tell(&self, outcome: Outcome) {
        // The recorder outlives everybody who tells it something.
        let _ = self.0.outcomes.send(outcome).await;
    }
}

/// The span of an attempt in traces: a trace of its own, since whoever made the change does not wait for it. Who receives
/// what is not in it. Receivers are not sent its id: they are others' systems.
fn span(job: &Job) -> Span {
    tracing::info_span!(
        target: SPANS,
        "delivery",
        otel.name = "POST webhook",
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = "POST",
        http.request.resend_count = job.attempts,
        http.response.status_code = field::Empty,
        "error.type" = field::Empty,
        "memberpulse.event.type" = job.event_type,
    )
}

fn note(span: &Span, attempt: &Attempt) {
    match &attempt.outcome {
        attempt::Outcome::Responded(answer) => {
            span.record("http.response.status_code", i64::from(answer.status));
        }
        attempt::Outcome::Failed(_) => {
            span.record("error.type", "unreachable");
        }
    }
    if attempt.verdict() != Verdict::Delivered {
        span.record("otel.status_code", "ERROR");
    }
}

/// The customer's own headers and the signature's.
fn signed(job: &Job, now: Timestamp) -> Option<Vec<(String, String)>> {
    let secrets: Vec<Secret> =
        job.endpoint.secrets.iter().map(|secret| Secret::parse(secret)).collect::<Result<_, _>>().ok()?;
    let body = std::str::from_utf8(&job.body).ok()?;
    let signature = signature::headers(&secrets, &job.event_id, now, body).ok()?;
    let mut headers = job.endpoint.headers.clone();
    headers.extend(signature.map(|(name, value)| (name.to_owned(), value)));
    Some(headers)
}

/// The headers as the log keeps them: without the texts of the customer's own.
fn masked(job: &Job, mut sent: Vec<(String, String)>) -> Vec<(String, String)> {
    for (_, text) in sent.iter_mut().take(job.endpoint.headers.len()) {
        MASK.clone_into(text);
    }
    sent
}

fn record(
    job: &Job,
    number: i64,
    request_headers: Vec<(String, String)>,
    attempt: Attempt,
    verdict: DeliveryVerdict,
) -> AttemptRecord {
    let error = attempt.explain().map(str::to_owned);
    let (response_status, response_headers, response_body) = match attempt.outcome {
        attempt::Outcome::Responded(answer) => {
            (Some(answer.status), answer.headers, Some(text(&answer.body_start)))
        }
        attempt::Outcome::Failed(_) => (None, Vec::new(), None),
    };
    AttemptRecord {
        tenant: job.endpoint.tenant.clone(),
        webhook: job.endpoint.id,
        delivery: job.delivery,
        number,
        started_at: attempt.started,
        duration_ms: i64::try_from(attempt.duration.as_millis()).unwrap_or(i64::MAX),
        url: job.endpoint.url.clone(),
        request_headers: masked(job, request_headers),
        response_status,
        response_headers,
        response_body,
        error,
        verdict,
    }
}

/// The beginning of a body as text; no database keeps the character NUL.
fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{FFFD}")
}
