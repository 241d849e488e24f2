//! What makes an integrator trust the API: exact limits, safe repetition.

mod audit_log;
mod check;
mod clock;
mod erasure;
mod idempotency;
mod import;
mod quota;
