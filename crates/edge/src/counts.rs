//! Counts requests by route, for operators.

use std::collections::HashMap;

use app::{App, RouteMetrics, Surface};
use axum::extract::MatchedPath;
use axum::http::{Extensions, Method};

/// The counters of all routes of a surface.
#[derive(Debug)]
pub struct Counts {
    by_path: HashMap<String, Vec<(Method, RouteMetrics)>>,
    /// What belongs to no route: unknown addresses, other methods.
    other: RouteMetrics,
}

impl Counts {
    /// Counters for these routes: method, path and the operation's name.
    pub fn new<'a>(
        app: &App,
        surface: Surface,
        routes: impl IntoIterator<Item = (&'a Method, &'a str, &'a str)>,
    ) -> Self {
        let mut by_path: HashMap<String, Vec<(Method, RouteMetrics)>> = HashMap::new();
        for (method, path, operation) in routes {
            let counts = app.route_metrics(surface, operation);
            by_path.entry(path.to_owned()).or_default().push((method.clone(), counts));
        }
        Self { by_path, other: app.route_metrics(surface, "other") }
    }

    /// What counts a request, which has been routed already.
    #[must_use]
    pub fn of(&self, method: &Method, extensions: &Extensions) -> &RouteMetrics {
        let methods = extensions.get::<MatchedPath>().and_then(|path| self.by_path.get(path.as_str()));
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let route = methods.and_then(|methods| methods.iter().find(|(known, _)| known == method));
        route.map_or(&self.other, |(_, counts)| counts)
    }
}
