//! Requests by route and status.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Which face of the server was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surface {
    /// The JSON API.
    Api,
    /// The Client Portal.
    Portal,
}

impl Surface {
    const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Portal => "portal",
        }
    }
}

/// Surface and operation.
type Route = [(&'static str, Arc<str>); 2];
/// Surface, operation and status.
type Answer = [(&'static str, Arc<str>); 3];

/// Bounds in seconds: from a read of one record to a request that is cut off.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug)]
pub(super) struct HttpMetrics {
    answers: Family<Answer, Counter>,
    seconds: Family<Route, Histogram>,
    failed_authentications: Family<[(&'static str, &'static str); 1], Counter>,
}

impl HttpMetrics {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let new = Self {
            answers: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            failed_authentications: Family::default(),
        };
        // What never happened is 0, not missing: rates begin at the first.
        for by in ["key", "password"] {
            drop(new.failed_authentications.get_or_create_owned(&[("by", by)]));
        }
        registry.register(
            "http_requests",
            "Answered requests by surface, operation and status",
            new.answers.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer",
            Unit::Seconds,
            new.seconds.clone(),
        );
        registry.register(
            "failed_authentications",
            "Requests with a key that is refused, refused attempts to sign in",
            new.failed_authentications.clone(),
        );
        new
    }

    pub(super) fn route(&self, surface: Surface, operation: &str) -> RouteMetrics {
        let route = [("surface", surface.name().into()), ("operation", operation.into())];
        RouteMetrics {
            seconds: self.seconds.get_or_create_owned(&route),
            answers: RwLock::default(),
            family: self.answers.clone(),
            route,
        }
    }

    pub(super) fn failed_authentication(&self, by: &'static str) {
        self.failed_authentications.get_or_create(&[("by", by)]).inc();
    }
}

/// What counts the requests of one route.
#[derive(Debug)]
pub struct RouteMetrics {
    seconds: Histogram,
    /// By status: few for each route, which are found faster than in the family of all.
    answers: RwLock<Vec<(u16, Counter)>>,
    family: Family<Answer, Counter>,
    route: Route,
}

impl RouteMetrics {
    /// Counts an answered request.
    pub fn answered(&self, status: u16, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
        if let Some((_, counter)) = self.answers.read().iter().find(|(known, _)| *known == status) {
            counter.inc();
            return;
        }
        let [surface, operation] = self.route.clone();
        let counter =
            self.family.get_or_create_owned(&[surface, operation, ("status", status.to_string().into())]);
        counter.inc();
        let mut answers = self.answers.write();
        // Another request may have been here meanwhile.
        if !answers.iter().any(|(known, _)| *known == status) {
            answers.push((status, counter));
        }
    }
}
