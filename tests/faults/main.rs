//! Faults: the program runs as it does for operators, something goes wrong under load, and nothing that was
//! acknowledged may be lost. `scripts/faults` runs these; in the ordinary run they are left out, but for the tests of
//! the model that judges.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]
#![cfg(target_os = "linux")]

mod clients;
mod clock;
mod cluster;
mod disk;
mod kills;
mod load;
mod model;
mod postgresql;
mod receivers;
mod servers;
mod world;
mod writer;

/// How many times as long as in the short run it takes: `scripts/faults long` says 10.
#[expect(clippy::disallowed_methods, reason = "how long the test runs is for whoever runs it to say")]
fn scale() -> u32 {
    std::env::var("MEMBERPULSE_FAULTS_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
