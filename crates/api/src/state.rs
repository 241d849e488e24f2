//! What handlers share.

use std::sync::Arc;

use app::App;
use axum::http::HeaderValue;
use edge::{Counts, RequestIds, SessionLimit};

use crate::config::Config;
use crate::openapi::Documents;
use crate::throttle::Throttle;

/// What each request gets. The framework clones it several times for each.
pub(crate) type ApiState = Arc<Shared>;

/// The application and the settings.
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) config: Config,
    pub(crate) request_ids: RequestIds,
    pub(crate) throttle: Throttle,
    pub(crate) session_limit: SessionLimit,
    pub(crate) documents: Documents,
    pub(crate) counts: Counts,
    /// The link to the Hydra documentation for clients that call the server by its public URL.
    pub(crate) documentation_link: HeaderValue,
}
