//! Webhooks: which events wait to be sent where, and what became of them (API §8).
//!
//! A change and its event are one transaction. From the feed events are queued for each webhook
//! ([`fan_out`]), rows of the queue are leased to the server that sends them ([`claim`]), and what
//! became of an attempt is stored ([`outcome`]). How something is sent is not known here.

mod claim;
pub(crate) mod endpoint;
mod fan_out;
mod headers;
mod health;
mod log;
mod outcome;

pub use claim::Job;
pub use endpoint::Endpoint;
pub use fan_out::{FannedOut, Room};
pub(crate) use health::HOURS_KEPT;
pub use health::{WebhookHealth, WebhookHour};
pub use log::{Attempts, DeliveryDetails};
pub use outcome::{AttemptRecord, Verdict as DeliveryVerdict};
