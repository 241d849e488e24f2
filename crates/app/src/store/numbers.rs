//! The numbers that a tenant gives out in order: the sequence of its changes, and its counters.
//!
//! They are read when the tenant is locked, counted in memory while changes are made, and written
//! once at the end, so that a thousand changes in one transaction cost no more than one.

use std::collections::HashMap;

/// Numbers of a locked tenant.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) stored_sequence: i64,
    pub(super) sequence: i64,
    pub(super) counters: HashMap<String, i64>,
}

impl Numbers {
    pub(super) fn at(sequence: i64) -> Self {
        Self { stored_sequence: sequence, sequence, counters: HashMap::new() }
    }

    /// The number of the next change.
    pub(super) fn next_sequence(&mut self) -> i64 {
        self.sequence += 1;
        self.sequence
    }
}
