//! What the API and the portal have in common as surfaces over HTTP: ids of requests, where clients are,
//! limits of time and length, the headers of every answer, and lists that are sent as streams.
//!
//! What a list is asked for, and how a failure is shown, is up to each surface.

mod client;
mod client_address;
mod counts;
mod export;
mod guard;
mod headers;
mod request_id;
mod route;
mod same_origin;
mod session_cookie;
mod session_limit;
mod site;
mod spans;

pub use client::client_of;
pub use client_address::{ClientAddress, find as find_client_address};
pub use counts::Counts;
pub use export::export;
pub use guard::{Cut, FILE_TIME, guard};
pub use headers::{OWN_HEADERS, put_headers};
pub use request_id::{RequestId, RequestIds};
pub use route::route;
pub use same_origin::is_same_origin;
pub use session_cookie::SessionCookie;
pub use session_limit::SessionLimit;
pub use site::{Site, same_host};
pub use spans::{note_answer, request_span};
