//! The sender against real receivers on this machine: what arrives, what comes back, what is refused.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is that test's failure")]

mod addresses;
mod delivering;
mod misbehaving;
mod receiver;
mod tls;
