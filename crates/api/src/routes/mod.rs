//! The one table of routes, and the router that is made from it. The OpenAPI document and the tests of isolation and
//! authorisation are made from the table too.

mod handlers;
mod kind;
mod methods;
mod router;
mod table;

pub(crate) use handlers::add;
pub use kind::RouteKind;
pub(crate) use kind::makes_a_record;
pub use router::router;
pub use table::{RouteInfo, routes};
