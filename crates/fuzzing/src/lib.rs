//! What must hold for any bytes that a reader is given, one check for each reader that strangers can reach.
//!
//! The fuzz targets in fuzz/ and the test of this crate call the same functions. A check that fails says so by
//! a panic. Nothing of this is in the product, and nothing here knows who makes up the bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a check that fails is the finding"
)]

mod addresses;
mod files;
mod keys;
mod mappings;
mod queries;
mod records;

use domain::definition::Resource;
use domain::input::Context;
use domain::resources::{OWN, REGISTRY};
use domain::time::Timestamp;

/// Panics when what must hold does not hold for these bytes.
pub type Check = fn(&[u8]);

/// Every check by the name of its fuzz target.
pub const CHECKS: &[(&str, Check)] = &[
    ("addresses", addresses::check),
    ("files", files::check),
    ("keys", keys::check),
    ("mappings", mappings::check),
    ("queries", queries::check),
    ("records", records::check),
];

/// Runs the check of this name.
pub fn check(name: &str, data: &[u8]) {
    let (_, check) = CHECKS.iter().find(|(known, _)| *known == name).expect("a known check");
    check(data);
}

/// The resource whose plural name the text is.
fn resource(plural: &str) -> Option<&'static Resource> {
    REGISTRY.iter().chain(OWN.iter()).find(|resource| resource.plural == plural)
}

/// 2026-11-24 in Sydney: the same in each run, so that a finding can be seen again.
fn now() -> Timestamp {
    Timestamp::from_micros(1_795_478_400_000_000)
}

/// An organisation in which an integration may write, of the past too.
fn context() -> Context {
    Context { integration: true, allow_past: true, ..Context::new(now(), "Australia/Sydney", "AU") }
}
