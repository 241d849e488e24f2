//! How a webhook does: the sums of each hour's attempts over a day, and the warnings that are due for one
//! that keeps failing (API §8).

use std::collections::BTreeMap;

use db::{DbError, Param, Row, Weight};
use domain::resources::{WEBHOOK, WEBHOOK_WARNED_AFTER};
use domain::{RecordId, Timestamp};

use super::outcome::{AttemptRecord, Verdict};
use crate::app::App;
use crate::failure::Failure;
use crate::store::system::{ADD_HOUR, FIND_HOURS};
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

const HOUR: i64 = 3_600;
/// Hours that are shown, the running one included.
const SHOWN: i64 = 24;
/// Seconds for which sums are kept.
pub(crate) const HOURS_KEPT: i64 = 3 * 24 * HOUR;

/// How a webhook has done in the last 24 hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookHealth {
    /// Each hour, oldest first, those without an attempt too.
    pub hours: Vec<WebhookHour>,
}

/// What became of the attempts of an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WebhookHour {
    /// Its first moment.
    pub start: Timestamp,
    /// Attempts that arrived.
    pub succeeded: u64,
    /// Attempts that did not.
    pub failed: u64,
    /// Milliseconds that all of them took together.
    pub duration_ms: u64,
    /// Milliseconds of the slowest one.
    pub slowest_ms: u64,
}

impl WebhookHour {
    /// Every attempt.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// Milliseconds that an attempt took on average; none without one.
    #[must_use]
    pub fn average_ms(&self) -> Option<u64> {
        self.duration_ms.checked_div(self.attempts())
    }

    fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.duration_ms += other.duration_ms;
        self.slowest_ms = self.slowest_ms.max(other.slowest_ms);
    }
}

impl WebhookHealth {
    /// All hours together, from the first one's start.
    #[must_use]
    pub fn whole(&self) -> WebhookHour {
        let start = self.hours.first().map_or(Timestamp::from_micros(0), |hour| hour.start);
        let mut whole = empty(start);
        for hour in &self.hours {
            whole.add(hour);
        }
        whole
    }
}

fn empty(start: Timestamp) -> WebhookHour {
    WebhookHour { start, succeeded: 0, failed: 0, duration_ms: 0, slowest_ms: 0 }
}

fn hour_of(moment: Timestamp) -> i64 {
    moment.as_seconds().div_euclid(HOUR) * HOUR * 1_000_000
}

/// Sums by webhook and hour. The order is the same for all who add some, so that no two wait for each other.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<(RecordId, i64), WebhookHour>);

impl Sums {
    pub(super) fn count(&mut self, attempt: &AttemptRecord) {
        let hour = hour_of(attempt.started_at);
        let sum = self.0.entry((attempt.webhook, hour)).or_insert(empty(Timestamp::from_micros(hour)));
        let took = u64::try_from(attempt.duration_ms).unwrap_or(0);
        let arrived = u64::from(attempt.verdict == Verdict::Succeeded);
        sum.add(&WebhookHour {
            start: sum.start,
            succeeded: arrived,
            failed: 1 - arrived,
            duration_ms: took,
            slowest_ms: took,
        });
    }

    /// Adds them to what is stored.
    pub(super) async fn store(&self, tx: &mut ScopedTx<'_, '_>) -> Result<(), DbError> {
        let number = |number: u64| Param::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let rows = self.0.iter().map(|((webhook, hour), sum)| {
            vec![
                Param::Uuid(webhook.uuid()),
                Param::Integer(*hour),
                number(sum.succeeded),
                number(sum.failed),
                number(sum.duration_ms),
                number(sum.slowest_ms),
            ]
        });
        tx.batch(&ADD_HOUR, rows.collect()).await.map(drop)
    }
}

impl App {
    /// How a webhook has done in the last 24 hours.
    pub async fn webhook_health(&self, tenant: &Tenant, webhook: RecordId) -> Result<WebhookHealth, Failure> {
        self.require(tenant, &WEBHOOK, webhook).await?;
        let last = hour_of(self.now());
        let start = |ago: i64| Timestamp::from_micros(last - ago * HOUR * 1_000_000);
        let mut hours: Vec<WebhookHour> = (0..SHOWN).rev().map(|ago| empty(start(ago))).collect();
        let params = vec![Param::Uuid(webhook.uuid()), Param::Integer(start(SHOWN - 1).as_micros())];
        let each = |row: &Row<'_>| {
            let number = |column: usize| Ok::<_, DbError>(u64::try_from(row.integer(column)?).unwrap_or(0));
            let hour = Timestamp::from_micros(row.integer(0)?);
            if let Some(own) = hours.iter_mut().find(|own| own.start == hour) {
                *own = WebhookHour {
                    start: hour,
                    succeeded: number(1)?,
                    failed: number(2)?,
                    duration_ms: number(3)?,
                    slowest_ms: number(4)?,
                };
            }
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &FIND_HOURS, params, each).await?;
        Ok(WebhookHealth { hours })
    }

    /// Raises the warnings of webhooks that have failed for as long; answers how many.
    pub async fn warn_of_webhooks(&self) -> Result<u64, Failure> {
        let now = self.now();
        let mut raised = 0;
        // The highest first: it is what a webhook gets that nobody looked at for days.
        for (level, after) in WEBHOOK_WARNED_AFTER.into_iter().rev() {
            let params = vec![
                Param::Integer(level),
                Param::Integer(now.as_micros()),
                Param::Integer(now.plus_seconds(-after).as_micros()),
                Param::Integer(level),
            ];
            raised += self.run(System::RAISE_WARNING, params).await?;
        }
        Ok(raised)
    }
}
