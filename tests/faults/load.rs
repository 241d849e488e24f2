//! Where writers send to: servers come and go while they write.

use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::program::Serving;

/// The addresses of the servers that are meant to run.
#[derive(Default)]
pub(crate) struct Servers {
    addresses: RwLock<Vec<String>>,
    turn: AtomicUsize,
}

impl Servers {
    /// Sends to these from now on.
    pub(crate) fn are(&self, servers: &[&Serving]) {
        *self.addresses.write().unwrap() = servers.iter().map(|it| it.address.clone()).collect();
    }

    /// One of them; another for the next attempt.
    pub(crate) fn pick(&self, number: usize) -> String {
        let addresses = self.addresses.read().unwrap();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) + number;
        addresses[turn % addresses.len()].clone()
    }
}
