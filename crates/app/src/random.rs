//! The one place where randomness comes from.

use std::fmt::Debug;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::failure::Failure;

/// Where ids and keys get their random bytes from.
pub trait Random: Send + Sync + Debug {
    /// Fills the buffer with random bytes; fails when the system has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Failure>;
}

/// The operating system's generator, for everything that must not be guessed.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's randomness")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Failure> {
        getrandom::fill(buffer)
            .map_err(|error| Failure::internal(format!("the system gives no random bytes: {error}")))
    }
}

/// A generator that gives the same bytes each time, for tests and sample data.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// A generator with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Failure> {
        self.0.lock().fill_bytes(buffer);
        Ok(())
    }
}
