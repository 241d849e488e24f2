//! The JSON API over HTTP: routes, credentials, representations, problems on the wire.
//!
//! Handlers are thin: they read the request, call one use case of `app`, and write the answer. No
//! SQL and no rule of the business is known here.

mod body;
mod caller;
mod config;
mod credentials;
mod docs;
mod error;
mod etag;
mod handlers;
mod idempotency;
mod negotiate;
mod openapi;
mod outermost;
mod problem_document;
mod query;
mod rate_limit;
mod representation;
mod routes;
mod state;
mod throttle;

pub use config::Config;
pub use handlers::imports::ImportCall;
pub use handlers::metrics::metrics_router;
pub use handlers::staff::StaffCall;
pub use openapi::{openapi_json, openapi_yaml};
pub use routes::{RouteInfo, RouteKind, router, routes};
