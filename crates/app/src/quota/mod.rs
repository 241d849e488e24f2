//! Plan limits (API §7): requests an hour for each tenant, exact in sum over all servers.
//!
//! A server leases blocks of the hour's budget from the database and spends them in memory, so that
//! most requests need no round trip. A lease counts as used from the moment it is taken: a restart
//! refills nothing, and a killed server can only lose what it had leased. Blocks shrink as the
//! budget does, and idle ones are given back.

mod lease;

use std::collections::HashMap;
use std::sync::Arc;

use domain::Timestamp;
use parking_lot::{Mutex, RwLock};

use crate::app::App;
use crate::failure::Failure;
use crate::organisations::Plan;
use crate::tenant::Tenant;

/// Seconds of a window.
pub const WINDOW: i64 = 3_600;

/// Seconds after which an unspent lease is given back.
const IDLE: i64 = 5;

/// Requests an hour that each plan allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanLimits {
    /// Of the standard plan.
    pub standard: u32,
    /// Of the professional plan.
    pub professional: u32,
    /// Of the enterprise plan.
    pub enterprise: u32,
}

impl Default for PlanLimits {
    fn default() -> Self {
        Self { standard: 1_000, professional: 5_000, enterprise: 25_000 }
    }
}

impl PlanLimits {
    /// Requests an hour of a plan.
    #[must_use]
    pub const fn of(self, plan: Plan) -> u32 {
        match plan {
            Plan::Standard => self.standard,
            Plan::Professional => self.professional,
            Plan::Enterprise => self.enterprise,
        }
    }
}

/// The state of a tenant's limit, as answers show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotaState {
    /// Requests an hour.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// When the window ends.
    pub reset: Timestamp,
}

impl QuotaState {
    /// Seconds until the window ends, rounded up.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> u32 {
        let micros = self.reset.as_micros().saturating_sub(now.as_micros()).max(0);
        u32::try_from(micros.saturating_add(999_999) / 1_000_000).unwrap_or(u32::MAX)
    }
}

/// One request's claim on the budget.
#[derive(Clone, Debug)]
pub struct Charge {
    budget: Arc<Budget>,
    window_start: Timestamp,
    /// The state after the claim.
    pub state: QuotaState,
    /// Whether there was something left.
    pub granted: bool,
}

impl Charge {
    /// Gives the claim back: the answer costs nothing (304).
    pub fn refund(&mut self) {
        if !self.granted {
            return;
        }
        let mut held = self.budget.held.lock();
        if held.window_start == self.window_start {
            held.unspent += 1;
            self.state.remaining = (self.state.remaining + 1).min(self.state.limit);
        }
        self.granted = false;
    }
}

/// All budgets that this server holds a part of.
#[derive(Default)]
pub(crate) struct Quotas(RwLock<HashMap<i64, Arc<Budget>>>);

/// What this server holds of one tenant's budget.
#[derive(Debug)]
struct Budget {
    tenant: Tenant,
    held: Mutex<Held>,
    /// Only one request of this server leases at a time; the others wait for what it brings.
    leasing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    window_start: Timestamp,
    /// Requests that may be served without asking.
    unspent: u32,
    /// What the database said was used, this server's lease included, when it was last asked.
    used: u32,
    last_spent: Timestamp,
    /// When the database was last asked for more.
    asked: Timestamp,
}

impl Held {
    fn is_running(&self, now: Timestamp) -> bool {
        // What was leased before a clock was set back may be spent; the next lease lets the window begin again.
        now.as_micros().saturating_sub(self.window_start.as_micros()) < WINDOW * 1_000_000
    }

    /// Whether nothing was left a moment ago: refusals then cost no round trip. Other servers give
    /// idle leases back, so the database is asked again after a second.
    fn is_exhausted(&self, limit: u32, now: Timestamp) -> bool {
        let just_asked = (0..1_000_000).contains(&now.as_micros().saturating_sub(self.asked.as_micros()));
        self.is_running(now) && self.used >= limit && self.unspent == 0 && just_asked
    }

    fn state(&self, limit: u32, now: Timestamp) -> QuotaState {
        if !self.is_running(now) {
            return QuotaState { limit, remaining: limit, reset: now.plus_seconds(WINDOW) };
        }
        let spent = self.used.saturating_sub(self.unspent);
        QuotaState {
            limit,
            remaining: limit.saturating_sub(spent),
            reset: self.window_start.min(now).plus_seconds(WINDOW),
        }
    }
}

impl Budget {
    /// Spends one request of what is held, if anything is.
    fn spend(self: &Arc<Self>, limit: u32, now: Timestamp) -> Option<Charge> {
        let mut held = self.held.lock();
        if !held.is_running(now) || held.unspent == 0 {
            return None;
        }
        held.unspent -= 1;
        held.last_spent = now;
        let (window_start, state) = (held.window_start, held.state(limit, now));
        Some(Charge { budget: self.clone(), window_start, state, granted: true })
    }
}

impl App {
    /// Claims one request of the tenant's budget.
    pub async fn charge(&self, tenant: &Tenant) -> Result<Charge, Failure> {
        let limit = self.limits().of(tenant.organisation().plan);
        let budget = self.budget(tenant);
        if let Some(charge) = budget.spend(limit, self.now()) {
            return Ok(charge);
        }
        let _turn = budget.leasing.lock().await;
        let now = self.now();
        if let Some(charge) = budget.spend(limit, now) {
            return Ok(charge);
        }
        let held = *budget.held.lock();
        if !held.is_exhausted(limit, now) {
            let mut leased = self.lease(tenant, limit, now).await?;
            let mut held = budget.held.lock();
            if held.window_start == leased.window_start {
                // Something may have been refunded while the database was asked.
                leased.unspent += held.unspent;
            }
            *held = leased;
        }
        if let Some(charge) = budget.spend(limit, now) {
            return Ok(charge);
        }
        let held = *budget.held.lock();
        let state = held.state(limit, now);
        Ok(Charge { budget: budget.clone(), window_start: held.window_start, state, granted: false })
    }

    /// The state of the tenant's limit, without a claim.
    pub async fn quota_state(&self, tenant: &Tenant) -> Result<QuotaState, Failure> {
        let limit = self.limits().of(tenant.organisation().plan);
        let now = self.now();
        let unspent = {
            let budget = self.budget(tenant);
            let held = budget.held.lock();
            if held.is_running(now) { Some((held.window_start, held.unspent)) } else { None }
        };
        let mut stored = self.stored_quota(tenant, now).await?;
        if let Some((window_start, unspent)) = unspent
            && window_start == stored.window_start
        {
            stored.unspent = unspent;
        }
        Ok(stored.state(limit, now))
    }

    fn budget(&self, tenant: &Tenant) -> Arc<Budget> {
        if let Some(budget) = self.quotas().0.read().get(&tenant.key()) {
            return budget.clone();
        }
        let mut budgets = self.quotas().0.write();
        let nothing = Held {
            window_start: Timestamp::from_micros(i64::MIN / 2),
            unspent: 0,
            used: 0,
            last_spent: Timestamp::from_micros(0),
            asked: Timestamp::from_micros(i64::MIN / 2),
        };
        let new = || Budget {
            tenant: tenant.clone(),
            held: Mutex::new(nothing),
            leasing: tokio::sync::Mutex::new(()),
        };
        budgets.entry(tenant.key()).or_insert_with(|| Arc::new(new())).clone()
    }

    /// Gives unspent leases back: those that were idle for a while, or all of them at a stop.
    pub async fn release_quota(&self, all: bool) -> Result<(), Failure> {
        let budgets: Vec<Arc<Budget>> = self.quotas().0.read().values().cloned().collect();
        let now = self.now();
        for budget in budgets {
            let _turn = budget.leasing.lock().await;
            let returned = {
                let mut held = budget.held.lock();
                let idle = now.as_micros() - held.last_spent.as_micros() > IDLE * 1_000_000;
                if held.unspent == 0 || !held.is_running(now) || !(all || idle) {
                    continue;
                }
                let returned = *held;
                held.used = held.used.saturating_sub(held.unspent);
                held.unspent = 0;
                returned
            };
            self.return_lease(&budget.tenant, returned.window_start, returned.unspent).await?;
        }
        Ok(())
    }
}
