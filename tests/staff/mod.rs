//! Staff: signing in, sessions, support, and what they manage.

mod sessions;

use app::Client;

pub(crate) use testkit::PASSWORD;

/// Somebody at this address.
pub(crate) fn at(address: &str) -> Client {
    Client { address: Some(address.parse().unwrap()), ..Client::default() }
}
