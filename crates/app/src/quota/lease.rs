//! Leases of a tenant's budget: taken, looked up and given back in the database.

use db::{DbError, Param, Row};
use domain::Timestamp;

use super::Held;
use crate::app::App;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::{FIND_QUOTA, LOCK_QUOTA, RETURN_QUOTA, STORE_QUOTA};
use crate::tenant::Tenant;

/// Most requests in one lease, where the limit is not so large that a hundredth of it is more.
const LARGEST: u32 = 250;
/// A lease is at most this part of what is left, so that little lies idle near the end.
const PART: u32 = 20;

impl App {
    /// Takes a block of the budget; none when nothing is left. Starts a new window when the last
    /// one has ended.
    pub(super) async fn lease(&self, tenant: &Tenant, limit: u32, now: Timestamp) -> Result<Held, Failure> {
        let tenant = tenant.clone();
        let leased = self.db().write(move |tx| {
            let tenant = tenant.clone();
            Box::pin(async move {
                let mut tx = ScopedTx::new(tx, &tenant);
                // Locks the row, so that two servers never lease the same requests.
                let params = vec![Param::Integer(now.as_micros())];
                let stored = tx.optional(&LOCK_QUOTA, params, |row| read(row, now)).await?;
                let mut held = stored.unwrap_or_else(|| unused(now));
                if !held.is_running(now) {
                    held = unused(now);
                }
                let left = limit.saturating_sub(held.used);
                held.unspent = (left / PART).clamp(1, LARGEST.max(limit / 100)).min(left);
                held.used += held.unspent;
                let params =
                    vec![Param::Integer(held.window_start.as_micros()), Param::Integer(i64::from(held.used))];
                tx.execute(&STORE_QUOTA, params).await?;
                Ok::<Held, DbError>(held)
            })
        });
        Ok(leased.await?)
    }

    /// What the database knows, without taking anything.
    pub(super) async fn stored_quota(&self, tenant: &Tenant, now: Timestamp) -> Result<Held, Failure> {
        let stored = tenant.optional(self.db(), &FIND_QUOTA, Vec::new(), |row| read(row, now)).await?;
        Ok(stored.unwrap_or_else(|| unused(now)))
    }

    pub(super) async fn return_lease(
        &self,
        tenant: &Tenant,
        window_start: Timestamp,
        unspent: u32,
    ) -> Result<(), Failure> {
        let tenant = tenant.clone();
        let returned = self.db().write(move |tx| {
            let tenant = tenant.clone();
            Box::pin(async move {
                let params =
                    vec![Param::Integer(i64::from(unspent)), Param::Integer(window_start.as_micros())];
                ScopedTx::new(tx, &tenant).execute(&RETURN_QUOTA, params).await
            })
        });
        Ok(returned.await.map(drop)?)
    }
}

fn read(row: &Row<'_>, now: Timestamp) -> Result<Held, DbError> {
    Ok(Held {
        // A window that begins later than now: the clock was set back, or another server's is ahead. It keeps what was
        // used, so that nothing is refilled, and ends an hour from now at the latest, so that nobody waits longer.
        window_start: Timestamp::from_micros(row.integer(0)?).min(now),
        unspent: 0,
        used: u32::try_from(row.integer(1)?).unwrap_or(u32::MAX),
        last_spent: now,
        asked: now,
    })
}

/// A window that begins now.
fn unused(now: Timestamp) -> Held {
    Held { window_start: now, unspent: 0, used: 0, last_spent: now, asked: now }
}
