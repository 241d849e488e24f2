//! API keys: their form, making, finding, revoking (API §2).

mod authenticate;
mod format;
mod manage;

pub(crate) use authenticate::KeyCache;
pub use authenticate::{Credential, KeyRefusal};
pub(crate) use format::base62;
pub use format::environment_of as key_environment;
pub use manage::{KeyDetails, NewKey, NewKeyRequest};
