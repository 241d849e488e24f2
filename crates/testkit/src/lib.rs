//! What tests of the whole application stand on: an application on a fresh store of either engine,
//! clients that check every answer, and a fourth resource.
//!
//! A part that fails says so by a panic, which is the test's failure. Nothing of this is in the product.

mod app;
mod browser;
mod client;
mod dispatching;
mod examples;
mod model;
mod page;
mod postgres;
mod problem;
pub mod program;
mod receiver;
mod response;
mod venue;

pub use app::{Engine, LAYOUTS, PASSWORD, REGISTRY, START, TestApp, api_of, start};
pub use browser::Browser;
pub use client::{Call, Client};
pub use dispatching::Dispatching;
pub use examples::{example_body, is_writable, minimal_body};
pub use model::{Model, Parameters};
pub use postgres::TestDatabase;
pub use receiver::{Behaviour, Received, Receiver};
pub use response::Response;
pub use venue::{VENUE, VENUE_LAYOUT, venue_migration};

/// Makes two tests of each function, `name::sqlite` and `name::postgres`, each with a fresh [`TestApp`].
///
/// ```text
/// on_both_engines! {
///     async fn a_member_can_be_made(app: TestApp) {
///         …
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn check($app: $crate::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check($crate::TestApp::new($crate::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check($crate::TestApp::new($crate::Engine::Postgres).await).await;
            }
        }
    )*};
}
