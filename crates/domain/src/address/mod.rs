//! Where webhooks may be sent (spec: API §8): which network addresses belong to the public internet,
//! and which URLs may be targets at all.
//!
//! Pure: what a name resolves to is asked elsewhere, and each address that comes out of it is judged
//! here. Nothing in this module may ever be told to let metadata services or link-local addresses by.

mod reach;
mod target;

pub use reach::Reach;
pub use target::{Refusal, TargetRules, check_name, check_target, explain, is_localhost};
