//! The span of a request in traces (OpenTelemetry's semantic conventions for HTTP servers).
//!
//! It names the route's template and never what stands in its place, nor a query, a header or a body: nothing of a
//! person leaves with it.

use app::db::SPANS;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::Extractor;
use tracing::{Level, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::request_id::RequestId;

/// The header of W3C Trace Context that names the caller's span. What else a caller may send along (`tracestate`,
/// `baggage`) is its own affair and is not taken up.
const TRACEPARENT: &str = "traceparent";

/// What machines ask every few seconds: traces of it would bury the others.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The span of a request, which has been routed already; nothing where traces are off. `https` is whether clients
/// speak it.
#[must_use]
pub fn request_span(request: &Request, id: &RequestId, https: bool) -> Span {
    if !tracing::span_enabled!(target: SPANS, Level::INFO) {
        return Span::none();
    }
    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_some_and(|route| PROBES.contains(&route)) {
        return Span::none();
    }
    let name = if method == OTHER { "HTTP" } else { method };
    let name = route.map_or_else(|| name.to_owned(), |route| format!("{name} {route}"));
    let span = tracing::info_span!(
        target: SPANS,
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        url.scheme = if https { "https" } else { "http" },
        http.response.status_code = field::Empty,
        "error.type" = field::Empty,
        memberpulse.request.id = id.text(),
    );
    let caller = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Caller(request.headers()))
    });
    // It fails only where no layer exports spans; then nobody misses the parent.
    let _ = span.set_parent(caller);
    span
}

/// Notes how a request was answered.
pub fn note_answer(span: &Span, status: StatusCode) {
    if span.is_none() {
        return;
    }
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", status.as_str());
    }
}

const OTHER: &str = "_OTHER";

/// Methods that there are: a client's own words must not become names.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    known.into_iter().find(|known| method == known).unwrap_or(OTHER)
}

struct Caller<'r>(&'r HeaderMap);

impl Extractor for Caller<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).filter(|_| key == TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
