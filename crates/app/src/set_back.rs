//! A clock that was set back: whatever waits for a moment would wait that much longer, a delivery that failed once
//! for hours. Found by a clock that nobody sets; set forward, a clock makes things due early and needs nothing.

use std::time::{Duration, Instant};

use db::{Param, Weight};
use domain::Timestamp;

use crate::app::App;
use crate::failure::Failure;
use crate::store::System;
use crate::store::system::{MOVE_DELIVERIES, MOVE_IMPORTS, MOVE_SYNCS};

/// Corrections up to this cost a wait nothing that matters.
const TOLERANCE: Duration = Duration::from_secs(10);

/// What both clocks showed at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    clock: Timestamp,
    steady: Instant,
}

impl Seen {
    pub(crate) fn now(app: &App) -> Self {
        Self { clock: app.now(), steady: Instant::now() }
    }
}

impl App {
    /// Looks at the clock again; moves what waits when it was set back since it was seen.
    pub(crate) async fn follow_clock(&self, seen: Seen) -> Result<Seen, Failure> {
        let now = Seen::now(self);
        let passed = i64::try_from((now.steady - seen.steady).as_micros()).unwrap_or(i64::MAX);
        let expected = seen.clock.as_micros().saturating_add(passed);
        let back = expected.saturating_sub(now.clock.as_micros());
        if back > i64::try_from(TOLERANCE.as_micros()).unwrap_or(i64::MAX) {
            tracing::warn!(
                seconds = back / 1_000_000,
                "the clock was set back: what waits is moved by as much"
            );
            self.move_waits(back).await?;
        }
        Ok(now)
    }

    /// Moves the moments for which deliveries, failed records and leases wait by so many microseconds. Where two servers
    /// see the same clock, both do it: something is done earlier then, and nothing is left out.
    pub async fn move_waits(&self, back: i64) -> Result<(), Failure> {
        let (now, back) = (Param::Integer(self.now().as_micros()), Param::Integer(back));
        let both = [now.clone(), back.clone()];
        let deliveries = [&both[..], &both[..], &[now.clone(), now.clone()]].concat();
        let others = vec![back, now];
        let tenants = self.db().all(Weight::Short, System::TENANTS, &[], |row| row.integer(0)).await?;
        for tenant in tenants {
            let Some(tenant) = self.tenant_by_key(tenant).await? else { continue };
            self.run_scoped(&tenant, &MOVE_DELIVERIES, deliveries.clone()).await?;
            self.run_scoped(&tenant, &MOVE_SYNCS, others.clone()).await?;
            self.run_scoped(&tenant, &MOVE_IMPORTS, others.clone()).await?;
        }
        Ok(())
    }
}
