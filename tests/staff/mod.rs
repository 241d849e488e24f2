//! Staff: signing in, sessions, support, and what they manage.

mod sessions;

use app::{Actor, Client, NewUser, Organisation, User};
use domain::access::Role;
use testkit::TestApp;

/// A password that the rules let through.
pub(crate) const PASSWORD: &str = "Correct-Horse-9";

/// A member of staff with [`PASSWORD`].
pub(crate) async fn user(
    app: &TestApp,
    organisation: Option<&Organisation>,
    email: &str,
    role: Role,
) -> User {
    let new = NewUser {
        email: email.to_owned(),
        first_name: Some("Jo".to_owned()),
        last_name: None,
        role,
        password: Some(PASSWORD.to_owned()),
    };
    app.app.create_user(&Actor::system(), organisation, new).await.unwrap()
}

/// Somebody at this address.
pub(crate) fn at(address: &str) -> Client {
    Client { address: Some(address.parse().unwrap()), ..Client::default() }
}
