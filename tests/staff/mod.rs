//! Staff: signing in, sessions, support, and what they manage.

mod api_keys;
mod organisation;
mod overview;
mod platform;
mod session;
mod sessions;
mod tenancy;
mod users;

use app::Client;

pub(crate) use testkit::PASSWORD;

/// Somebody at this address.
pub(crate) fn at(address: &str) -> Client {
    Client { address: Some(address.parse().unwrap()), ..Client::default() }
}
