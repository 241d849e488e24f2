//! Black-box tests of the whole application: through the router, or where HTTP has no part in it through
//! the use cases. Folders mirror URLs. Nearly all run twice, on SQLite and on PostgreSQL: see `scripts/test`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

mod api;
mod authorisation_coverage;
mod cli;
mod guides;
mod integrations;
mod metrics;
mod openapi;
mod plans;
mod portal;
mod properties;
mod representations;
mod staff;
mod statements;
mod tenancy;
mod trust;
mod web;
mod webhooks;
