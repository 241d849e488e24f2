//! What is counted of the work, for operators: shown at `/metrics` in the text form of OpenMetrics (spec: API §10).
//!
//! Counting must cost next to nothing, and nothing counted names a tenant, a person or an address: whoever reads the
//! figures learns how much is done, not by whom.

mod database;
mod http;
mod webhooks;

use db::Db;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use crate::app::App;
use database::DatabaseCollector;
use http::HttpMetrics;
use webhooks::WebhookMetrics;

pub use http::{RouteMetrics, Surface};
pub use webhooks::AttemptOutcome;

/// All that one server counts. What it counts begins anew with the process.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    http: HttpMetrics,
    webhooks: WebhookMetrics,
}

impl Metrics {
    pub(crate) fn new(db: &Db) -> Self {
        let mut registry = Registry::with_prefix("memberpulse");
        let http = HttpMetrics::registered(&mut registry);
        let webhooks = WebhookMetrics::registered(&mut registry);
        registry.register_collector(Box::new(DatabaseCollector::new(db.clone())));
        Self { registry, http, webhooks }
    }
}

impl Metrics {
    /// Counts a refused attempt to show who one is, by a `key` or a `password`.
    pub(crate) fn failed_authentication(&self, by: &'static str) {
        self.http.failed_authentication(by);
    }
}

impl App {
    /// What counts the requests of a route; asked for once, when the route is made.
    #[must_use]
    pub fn route_metrics(&self, surface: Surface, operation: &str) -> RouteMetrics {
        self.metrics().http.route(surface, operation)
    }

    /// Counts an attempt to deliver to a webhook, and the seconds that it took.
    pub fn count_attempt(&self, outcome: AttemptOutcome, seconds: f64) {
        self.metrics().webhooks.attempt(outcome, seconds);
    }

    /// Counts a webhook that was switched off since it failed.
    pub fn count_disabled_webhook(&self) {
        self.metrics().webhooks.disabled();
    }

    /// All figures, in the text form of OpenMetrics 1.0. A database that does not answer is told as
    /// `memberpulse_database_up 0`, and what is in memory is shown all the same.
    pub async fn metrics_text(&self) -> String {
        let queue = self.webhook_queue().await;
        if let Err(failure) = &queue {
            tracing::warn!(error = failure.inside(), "the queue of webhooks could not be looked at");
        }
        self.metrics().webhooks.show_queue(queue.ok());
        let mut out = String::with_capacity(16 * 1024);
        if text::encode(&mut out, &self.metrics().registry).is_err() {
            tracing::error!("the figures could not be written as a whole");
        }
        out
    }
}
