//! Ids of requests: the client's own where it is sane, else one of ours (API §1).

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The id of a request, for handlers that pass it on.
#[derive(Clone, Debug)]
pub struct RequestId(pub HeaderValue);

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Ids for requests that bring none: a random beginning for each start of the server, then a count.
#[derive(Debug)]
pub struct RequestIds {
    beginning: String,
    count: AtomicU64,
}

impl RequestIds {
    /// Ids that begin with these random bytes.
    #[must_use]
    pub fn new(random: [u8; 8]) -> Self {
        Self { beginning: format!("req_{:016x}", u64::from_be_bytes(random)), count: AtomicU64::new(1) }
    }

    /// The id of a request: its own, or the next one.
    #[must_use]
    pub fn of(&self, headers: &HeaderMap) -> RequestId {
        let id = given(headers).unwrap_or_else(|| {
            HeaderValue::try_from(self.next()).unwrap_or(HeaderValue::from_static("unknown"))
        });
        RequestId(id)
    }

    fn next(&self) -> String {
        let mut id = String::with_capacity(self.beginning.len() + 8);
        id.push_str(&self.beginning);
        // Writing to a string cannot fail.
        let _ = write!(id, "{:08x}", self.count.fetch_add(1, Ordering::Relaxed));
        id
    }
}

/// The client's own id for the request, if it is sane: short, of letters, digits and `-_.:`.
fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let given = headers.get(REQUEST_ID)?;
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let bytes = given.as_bytes();
    (!bytes.is_empty() && bytes.len() <= LONGEST && bytes.iter().all(fine)).then(|| given.clone())
}
