//! The JSON API over HTTP: routes, credentials, representations, problems on the wire.
//!
//! Handlers are thin: they read the request, call one use case of `app`, and write the answer. No
//! SQL and no rule of the business is known here.

mod body;
mod caller;
mod client_address;
mod config;
mod credentials;
mod docs;
mod edge;
mod error;
mod etag;
mod handlers;
mod idempotency;
mod negotiate;
mod openapi;
mod problem_document;
mod query;
mod rate_limit;
mod representation;
mod routes;
mod same_origin;
mod session_cookie;
mod session_limit;
mod state;
mod throttle;

pub use config::Config;
pub use credentials::client_of;
pub use handlers::staff::StaffCall;
pub use openapi::{openapi_json, openapi_yaml};
pub use routes::{RouteInfo, RouteKind, router, routes};
pub use same_origin::is_same_origin;
pub use session_cookie::SessionCookie;
