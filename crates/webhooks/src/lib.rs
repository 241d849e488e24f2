//! From a change to somebody else's server: webhooks are signed, guarded, sent and scheduled here.
//!
//! The sender makes one attempt and says what came of it; the schedule says when the next one is due. Neither
//! may ever know a table, a tenant or a resource. The dispatcher brings them together with the queue that
//! `app` keeps.

pub mod attempt;
pub mod dispatcher;
pub mod failure;
pub mod guard;
pub mod resolver;
mod retry_after;
pub mod schedule;
pub mod sender;
pub mod signature;

pub use attempt::{Answer, Attempt, Outcome};
pub use dispatcher::{Dispatcher, DispatcherSettings};
pub use failure::{Failure, FailureKind};
pub use guard::Guard;
pub use resolver::{LookingUp, Lookup, SystemLookup};
pub use schedule::{Disabled, Next, Schedule, Verdict};
pub use sender::{Outgoing, Sender, Settings};
pub use signature::Secret;
