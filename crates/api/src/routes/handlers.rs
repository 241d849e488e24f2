//! Which handler answers a kind of route.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};

use super::kind::RouteKind;
use crate::handlers::{
    batch, changes, entry, error_pages, health, hydra, imports, integration_status, integrations, me,
    personal_data, rate_limit, read, syncs, webhooks, write,
};
use crate::state::ApiState;
use crate::{docs, openapi};

/// Adds the handler of a route to its path.
pub(super) fn on_route(
    methods: MethodRouter<ApiState>,
    method: Method,
    kind: RouteKind,
) -> MethodRouter<ApiState> {
    match kind {
        RouteKind::Entry => add(methods, method, entry::entry),
        RouteKind::Me => add(methods, method, me::me),
        RouteKind::RateLimit => add(methods, method, rate_limit::rate_limit),
        RouteKind::OpenApiJson => add(methods, method, openapi::serve_json),
        RouteKind::OpenApiYaml => add(methods, method, openapi::serve_yaml),
        RouteKind::Docs => add(methods, method, docs::page),
        RouteKind::DocsAsset => add(methods, method, docs::asset),
        RouteKind::HydraDocs => add(methods, method, hydra::documentation),
        RouteKind::HydraContext => add(methods, method, hydra::context),
        RouteKind::ErrorIndex => add(methods, method, error_pages::index),
        RouteKind::ErrorPage => add(methods, method, error_pages::page),
        RouteKind::Healthz => add(methods, method, health::healthz),
        RouteKind::Readyz => add(methods, method, health::readyz),
        RouteKind::List(it) => add(methods, method, move |state, request| read::list(state, request, it)),
        RouteKind::Get(it) => add(methods, method, move |state, request| read::get(state, request, it)),
        RouteKind::Create(it) => {
            add(methods, method, move |state, request| write::create(state, request, it))
        }
        RouteKind::Batch(it) => add(methods, method, move |state, request| batch::batch(state, request, it)),
        RouteKind::Replace(it) => {
            add(methods, method, move |state, request| write::replace(state, request, it))
        }
        RouteKind::Patch(it) => add(methods, method, move |state, request| write::patch(state, request, it)),
        RouteKind::Delete(it) => {
            add(methods, method, move |state, request| write::delete(state, request, it))
        }
        RouteKind::Act(it, action) => {
            add(methods, method, move |state, request| write::act(state, request, it, action))
        }
        RouteKind::RotateSecret(it) => {
            add(methods, method, move |state, request| webhooks::rotate_secret(state, request, it))
        }
        RouteKind::Erase(it) => {
            add(methods, method, move |state, request| personal_data::erase(state, request, it))
        }
        RouteKind::PersonalData(it) => {
            add(methods, method, move |state, request| personal_data::show(state, request, it))
        }
        RouteKind::TestWebhook => add(methods, method, webhooks::test),
        RouteKind::RecoverDeliveries => add(methods, method, webhooks::recover),
        RouteKind::WebhookHealth => add(methods, method, webhooks::health),
        RouteKind::GetDelivery => add(methods, method, webhooks::delivery),
        RouteKind::RetryDelivery => add(methods, method, webhooks::retry),
        RouteKind::EventTypes => add(methods, method, webhooks::event_types),
        RouteKind::Changes => add(methods, method, changes::changes),
        RouteKind::ReplaceFieldMapping => add(methods, method, integrations::replace_field_mapping),
        RouteKind::PreviewFieldMapping => add(methods, method, integrations::preview_field_mapping),
        RouteKind::Sync => add(methods, method, syncs::sync),
        RouteKind::RetrySync => add(methods, method, syncs::retry),
        RouteKind::IntegrationChanges => add(methods, method, changes::of_integration),
        RouteKind::Import(it, call) => {
            add(methods, method, move |state, request| imports::imports(state, request, it, call))
        }
        RouteKind::IntegrationStatus => add(methods, method, integration_status::status),
        RouteKind::Staff(call) => call.on(methods),
    }
}

pub(crate) fn add<H, T>(methods: MethodRouter<ApiState>, method: Method, handler: H) -> MethodRouter<ApiState>
where
    H: Handler<T, ApiState>,
    T: 'static,
{
    // The table holds only methods that axum knows.
    match MethodFilter::try_from(method) {
        Ok(filter) => methods.on(filter, handler),
        Err(_) => methods,
    }
}
