//! What handlers share.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::App;
use axum::http::HeaderValue;

use crate::config::Config;
use crate::openapi::Documents;
use crate::session_limit::SessionLimit;
use crate::throttle::Throttle;

/// The application and the settings; clones are cheap.
#[derive(Clone)]
pub(crate) struct ApiState {
    pub(crate) app: App,
    pub(crate) config: Arc<Config>,
    pub(crate) request_ids: Arc<RequestIds>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) session_limit: Arc<SessionLimit>,
    pub(crate) documents: Arc<Documents>,
    /// The link to the Hydra documentation for clients that call the server by its public URL.
    pub(crate) documentation_link: HeaderValue,
}

/// Ids for requests that bring none: a random beginning for each start of the server, then a count.
pub(crate) struct RequestIds {
    beginning: String,
    count: AtomicU64,
}

impl RequestIds {
    /// Ids that begin with these random bytes.
    pub(crate) fn new(random: [u8; 8]) -> Self {
        Self { beginning: format!("req_{:016x}", u64::from_be_bytes(random)), count: AtomicU64::new(1) }
    }

    /// The next id.
    pub(crate) fn next(&self) -> String {
        let mut id = String::with_capacity(self.beginning.len() + 8);
        id.push_str(&self.beginning);
        // Writing to a string cannot fail.
        let _ = write!(id, "{:08x}", self.count.fetch_add(1, Ordering::Relaxed));
        id
    }
}
