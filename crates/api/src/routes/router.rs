//! The API as a service, made from the table of routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, Failure, Surface};
use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, any, get};
use domain::Problem;
use edge::{Counts, RequestIds, SessionLimit};

use super::handlers::on_route;
use super::methods::with_other_methods;
use super::table::routes;
use crate::config::Config;
use crate::error::ApiError;
use crate::handlers::metrics;
use crate::openapi::Documents;
use crate::outermost;
use crate::representation::linked_data;
use crate::state::{ApiState, Shared};
use crate::throttle::Throttle;

/// The API as a service. What it does not know is answered 404; a router that serves other things beside it can
/// be put in its place as the fallback, except below `/api`.
pub fn router(app: App, config: Config) -> Result<Router, Failure> {
    let table = routes(app.registry(), &config);
    let counts = {
        let routes = table.iter().map(|it| (&it.method, it.path.as_str(), it.operation_id.as_str()));
        Counts::new(&app, Surface::Api, routes)
    };
    let mut by_path: BTreeMap<String, (MethodRouter<ApiState>, Vec<Method>)> = BTreeMap::new();
    for route in table {
        let (methods, allowed) = by_path.entry(route.path.clone()).or_default();
        *methods = on_route(std::mem::take(methods), route.method.clone(), route.kind);
        allowed.push(route.method);
    }
    let request_ids = RequestIds::new(app.random_bytes()?);
    let documentation_link = linked_data::documentation_link(&config.public_url);
    let state = Arc::new(Shared {
        documentation_link,
        app,
        session_limit: SessionLimit::new(config.session_limit),
        config,
        request_ids,
        throttle: Throttle::new(),
        documents: Documents::default(),
        counts,
    });
    let mut router = Router::new();
    if state.config.metrics {
        router = router.route("/metrics", get(metrics::metrics));
    }
    for (path, (methods, allowed)) in by_path {
        router = router.route(&path, with_other_methods(methods, &allowed));
    }
    let nothing = || async { ApiError::from(Problem::not_found()) };
    let router = router
        // Everything below /api is answered here, whoever answers what lies beside it.
        .route("/api/", any(nothing))
        .route("/api/{*rest}", any(nothing))
        .fallback(nothing)
        .layer(axum::middleware::from_fn_with_state(state.clone(), outermost::outermost))
        .with_state(state);
    Ok(router)
}
