//! What was just committed and waits to be sent: the change wakes the dispatcher, so that nothing has to
//! look again and again. What is missed here, since a server was killed or the change was made by another
//! process, the dispatcher finds by itself a little later.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use db::Engine;
use domain::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::app::App;
use crate::tenant::Tenant;

/// Tenants with new changes, and webhooks with something to send again.
#[derive(Debug, Default)]
pub struct Wakes {
    waiting: Mutex<Waiting>,
    bell: Notify,
    beat: AtomicI64,
}

/// The channel on which processes without a dispatcher tell those with one (PostgreSQL).
const CHANNEL: &str = "memberpulse_changes";

/// How long changes are gathered before they are told of: each telling is a statement.
const GATHERED: Duration = Duration::from_millis(50);

impl App {
    /// A change of the tenant is durable: wakes the dispatcher, here or in another process.
    pub(crate) fn changed(&self, tenant: &Tenant) {
        let first = self.wakes().is_quiet();
        self.wakes().changed(tenant.key());
        let elsewhere = self.wakes().last_beat().is_none() && self.db().engine() == Engine::Postgres;
        if first && elsewhere {
            let app = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(GATHERED).await;
                for tenant in app.wakes().unheard() {
                    if let Err(error) = app.db().announce(CHANNEL, &tenant.to_string()).await {
                        tracing::debug!(%error, "a change was not announced; it is found a little later");
                    }
                }
            });
        }
    }

    /// Hears of changes that other processes make, for the dispatcher; returns when `stop` turns true, or
    /// at once where the engine cannot tell.
    pub async fn hear_changes(&self, mut stop: watch::Receiver<bool>) {
        let Some(mut heard) = self.db().listen(CHANNEL) else { return };
        loop {
            tokio::select! {
                payload = heard.recv() => match payload.map(|text| text.parse()) {
                    Some(Ok(tenant)) => self.wakes().changed(tenant),
                    Some(Err(_)) => {}
                    None => return,
                },
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}

/// What was rung for since somebody last looked.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Numbers of tenants with changes that no webhook was told of.
    pub tenants: BTreeSet<i64>,
    /// Whether there may be deliveries that are due.
    pub deliveries: bool,
}

impl Wakes {
    /// A change of the tenant is durable.
    pub(crate) fn changed(&self, tenant: i64) {
        if self.waiting.lock().tenants.insert(tenant) {
            self.bell.notify_one();
        }
    }

    /// The numbers of tenants whose changes nobody in this process will look at.
    fn unheard(&self) -> BTreeSet<i64> {
        std::mem::take(&mut self.waiting.lock().tenants)
    }

    /// Whether nobody waits for anything yet.
    fn is_quiet(&self) -> bool {
        self.waiting.lock().tenants.is_empty()
    }

    /// A delivery became due out of turn.
    pub(crate) fn due(&self) {
        self.waiting.lock().deliveries = true;
        self.bell.notify_one();
    }

    /// The dispatcher has looked through the store.
    pub fn beat(&self, now: Timestamp) {
        self.beat.store(now.as_micros(), Ordering::Relaxed);
    }

    /// When the dispatcher last looked through the store; never where none runs.
    pub fn last_beat(&self) -> Option<Timestamp> {
        let micros = self.beat.load(Ordering::Relaxed);
        (micros != 0).then(|| Timestamp::from_micros(micros))
    }

    /// Waits until something was rung for, and takes it.
    pub async fn next(&self) -> Waiting {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock());
            if waiting.deliveries || !waiting.tenants.is_empty() {
                return waiting;
            }
            self.bell.notified().await;
        }
    }
}
