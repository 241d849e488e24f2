//! Chance that comes out the same each time.

use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};

/// A seeded generator. Named by its algorithm, which does not change with the library.
pub(super) struct Dice(ChaCha12Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most.max(least))
    }

    /// True in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of the items; there is at least one.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.0.random_range(0..items.len())]
    }

    /// One of the items by weight.
    pub(super) fn weighted<'a, T>(&mut self, items: &'a [(i64, T)]) -> &'a T {
        let total = items.iter().map(|(weight, _)| weight).sum::<i64>();
        let mut at = self.between(1, total);
        for (weight, item) in items {
            at -= weight;
            if at <= 0 {
                return item;
            }
        }
        &items[0].1
    }

    /// Some of the items, each once, in their order.
    pub(super) fn some<'a, T>(&mut self, items: &'a [T], least: i64, most: i64) -> Vec<&'a T> {
        let wanted = usize::try_from(self.between(least, most)).unwrap_or(0).min(items.len());
        let mut chosen = Vec::with_capacity(wanted);
        for (index, item) in items.iter().enumerate() {
            let left = i64::try_from(items.len() - index).unwrap_or(1);
            let needed = i64::try_from(wanted - chosen.len()).unwrap_or(0);
            if self.between(1, left) <= needed {
                chosen.push(item);
            }
        }
        chosen
    }
}
