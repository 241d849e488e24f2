//! Who sends a request, as far as HTTP tells: for the audit log.

use app::Client;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};

use crate::client_address::ClientAddress;
use crate::request_id::RequestId;

/// From where a request comes.
#[must_use]
pub fn client_of(extensions: &Extensions, headers: &HeaderMap) -> Client {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).chars().take(255).collect();
    Client {
        address: extensions.get::<ClientAddress>().and_then(|ClientAddress(address)| *address),
        user_agent: headers.get(header::USER_AGENT).map(text),
        request_id: extensions.get::<RequestId>().map(|id| text(&id.0)),
    }
}
