//! What was just committed and waits to be sent: the change wakes the dispatcher, so that nothing has to
//! look again and again. What is missed here, since a server was killed or the change was made by another
//! process, the dispatcher finds by itself a little later.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Tenants with new changes, and webhooks with something to send again.
#[derive(Debug, Default)]
pub struct Wakes {
    waiting: Mutex<Waiting>,
    bell: Notify,
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

    /// A delivery became due out of turn.
    pub(crate) fn due(&self) {
        self.waiting.lock().deliveries = true;
        self.bell.notify_one();
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
