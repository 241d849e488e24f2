//! What becomes of webhooks: attempts, and what waits.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use db::{Row, Weight};
use domain::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;
use crate::failure::Failure;
use crate::store::System;

/// How an attempt to deliver ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptOutcome {
    /// The receiver has it.
    Delivered,
    /// The receiver answered, but not with a 2xx.
    Refused,
    /// There was no answer: no connection, a certificate that cannot be trusted, a time-out.
    Unreachable,
}

impl AttemptOutcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Bounds in seconds: from a receiver next door to the longest wait that is allowed.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

type GaugeF64 = Gauge<f64, AtomicU64>;

#[derive(Debug)]
pub(super) struct WebhookMetrics {
    attempts: Family<[(&'static str, &'static str); 1], Counter>,
    seconds: Histogram,
    disabled: Counter,
    waiting: Gauge,
    oldest: GaugeF64,
    failing: Gauge,
    behind: Gauge,
    database_up: Gauge,
}

/// What waits to be delivered, over all tenants.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Queue {
    waiting: i64,
    /// Seconds since the delivery that has been due for longest became due.
    oldest: f64,
    failing: i64,
    behind: i64,
}

impl WebhookMetrics {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let new = Self {
            attempts: Family::default(),
            seconds: Histogram::new(SECONDS),
            disabled: Counter::default(),
            waiting: Gauge::default(),
            oldest: GaugeF64::default(),
            failing: Gauge::default(),
            behind: Gauge::default(),
            database_up: Gauge::default(),
        };
        // What never happened is 0, not missing: rates begin at the first.
        for outcome in [AttemptOutcome::Delivered, AttemptOutcome::Refused, AttemptOutcome::Unreachable] {
            drop(new.attempts.get_or_create_owned(&[("outcome", outcome.name())]));
        }
        registry.register("webhook_attempts", "Attempts to deliver, by outcome", new.attempts.clone());
        registry.register_with_unit(
            "webhook_attempt_duration",
            "Time that receivers took",
            Unit::Seconds,
            new.seconds.clone(),
        );
        registry.register(
            "webhooks_disabled",
            "Webhooks switched off since they failed",
            new.disabled.clone(),
        );
        registry.register(
            "webhook_deliveries_waiting",
            "Deliveries that wait for their first or next attempt, of all servers",
            new.waiting.clone(),
        );
        registry.register_with_unit(
            "webhook_queue_age",
            "For how long the delivery that is due for longest has been due, of all servers",
            Unit::Seconds,
            new.oldest.clone(),
        );
        registry.register("webhooks_failing", "Webhooks whose last delivery failed", new.failing.clone());
        registry.register("changes_to_queue", "Changes not queued for webhooks yet", new.behind.clone());
        registry.register("database_up", "Whether the database answers: 1 or 0", new.database_up.clone());
        new
    }

    pub(super) fn attempt(&self, outcome: AttemptOutcome, seconds: f64) {
        self.attempts.get_or_create(&[("outcome", outcome.name())]).inc();
        self.seconds.observe(seconds);
    }

    pub(super) fn disabled(&self) {
        self.disabled.inc();
    }

    /// Shows what was found; what could not be looked at keeps its last figures.
    pub(super) fn show_queue(&self, found: Option<Queue>) {
        self.database_up.set(i64::from(found.is_some()));
        if let Some(queue) = found {
            self.waiting.set(queue.waiting);
            self.oldest.set(queue.oldest);
            self.failing.set(queue.failing);
            self.behind.set(queue.behind);
        }
    }
}

impl App {
    /// Looks at what waits: by the partial index of what waits, whatever the log holds.
    pub(super) async fn webhook_queue(&self) -> Result<Queue, Failure> {
        let now = self.now();
        let read = |row: &Row<'_>| {
            let due = row.optional_integer(1)?.map_or(now, Timestamp::from_micros);
            let age = now.as_micros().saturating_sub(due.as_micros());
            Ok(Queue {
                waiting: row.integer(0)?,
                oldest: Duration::from_micros(u64::try_from(age).unwrap_or(0)).as_secs_f64(),
                failing: row.integer(2)?,
                behind: row.integer(3)?,
            })
        };
        let found = self.db().optional(Weight::Long, System::WEBHOOK_QUEUE, &[], read).await?;
        Ok(found.unwrap_or_default())
    }
}
