//! The one table of routes. The router, the OpenAPI document and the tests of isolation and
//! authorisation are all made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, Failure, Surface};
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, any, get};
use domain::definition::{Action, Effect, Registry, Resource};
use domain::resources::{AUDIT_LOG, DELIVERY, INTEGRATION, OWN, SYNC_LOG, WEBHOOK};
use domain::{Problem, ProblemKind};
use edge::{Counts, RequestIds, SessionLimit};

use crate::config::Config;
use crate::error::ApiError;
use crate::handlers::imports::ImportCall;
use crate::handlers::staff::StaffCall;
use crate::handlers::{
    batch, changes, entry, error_pages, health, hydra, imports, integration_status, integrations, me,
    metrics, personal_data, rate_limit, read, syncs, webhooks, write,
};
use crate::openapi::Documents;
use crate::openapi::words::capitalised;
use crate::representation::linked_data;
use crate::state::{ApiState, Shared};
use crate::throttle::Throttle;
use crate::{docs, openapi, outermost};

/// A route of the API.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: String,
    /// The name of the operation in the OpenAPI document.
    pub operation_id: String,
    /// The scope that a key needs; none where no key or any key is enough.
    pub scope: Option<String>,
    /// Whether a credential is needed at all.
    pub authenticated: bool,
    /// Whether only a session opens it, never a key; `scope` is then a capability that no key carries.
    pub session_only: bool,
    /// What it does.
    pub kind: RouteKind,
}

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum RouteKind {
    /// `GET /api`
    Entry,
    /// `GET /api/me`
    Me,
    /// `GET /api/rate-limit`
    RateLimit,
    /// `GET /api/openapi.json`
    OpenApiJson,
    /// `GET /api/openapi.yaml`
    OpenApiYaml,
    /// `GET /api/docs`
    Docs,
    /// `GET /api/docs/{file}`
    DocsAsset,
    /// `GET /api/docs.jsonld`
    HydraDocs,
    /// `GET /api/contexts/{class}`
    HydraContext,
    /// `GET /errors`
    ErrorIndex,
    /// `GET /errors/{type}`
    ErrorPage,
    /// `GET /healthz`
    Healthz,
    /// `GET /readyz`
    Readyz,
    /// `GET /api/members`
    List(&'static Resource),
    /// `POST /api/members`
    Create(&'static Resource),
    /// `POST /api/members/batch`
    Batch(&'static Resource),
    /// `GET /api/members/{id}`
    Get(&'static Resource),
    /// `PUT /api/members/{id}`
    Replace(&'static Resource),
    /// `PATCH /api/members/{id}`
    Patch(&'static Resource),
    /// `DELETE /api/members/{id}`
    Delete(&'static Resource),
    /// `POST /api/events/{id}/publish`
    Act(&'static Resource, &'static Action),
    /// `POST /api/webhooks/{id}/rotate-secret`
    RotateSecret(&'static Resource),
    /// `POST /api/webhooks/{id}/test`
    TestWebhook,
    /// `POST /api/webhooks/{id}/recover`
    RecoverDeliveries,
    /// `GET /api/webhooks/{id}/health`
    WebhookHealth,
    /// `GET /api/webhooks/{id}/deliveries/{deliveryId}`
    GetDelivery,
    /// `POST /api/webhooks/{id}/deliveries/{deliveryId}/retry`
    RetryDelivery,
    /// `POST /api/members/{id}/erase`
    Erase(&'static Resource),
    /// `GET /api/members/{id}/personal-data`
    PersonalData(&'static Resource),
    /// `GET /api/webhook-event-types`
    EventTypes,
    /// `GET /api/changes`
    Changes,
    /// `PUT /api/integrations/{id}/field-mapping`
    ReplaceFieldMapping,
    /// `POST /api/integrations/{id}/field-mapping/preview`
    PreviewFieldMapping,
    /// `POST /api/integrations/{id}/sync`
    Sync,
    /// `POST /api/integrations/{id}/sync-log/{syncEntryId}/retry`
    RetrySync,
    /// `GET /api/integrations/{id}/changes`
    IntegrationChanges,
    /// `POST /api/members/imports` and its like
    Import(&'static Resource, ImportCall),
    /// `GET /api/integrations/{id}/status`
    IntegrationStatus,
    /// `POST /api/session` and its like
    Staff(StaffCall),
}

impl RouteKind {
    /// The resource that the route is about, if it is about one.
    #[must_use]
    pub const fn resource(self) -> Option<&'static Resource> {
        match self {
            Self::List(it)
            | Self::Create(it)
            | Self::Batch(it)
            | Self::Get(it)
            | Self::Replace(it)
            | Self::Patch(it)
            | Self::Delete(it)
            | Self::Act(it, _)
            | Self::Import(it, _)
            | Self::RotateSecret(it)
            | Self::Erase(it)
            | Self::PersonalData(it) => Some(it),
            Self::TestWebhook | Self::RecoverDeliveries | Self::WebhookHealth => Some(&WEBHOOK),
            Self::GetDelivery | Self::RetryDelivery => Some(&DELIVERY),
            Self::ReplaceFieldMapping
            | Self::PreviewFieldMapping
            | Self::Sync
            | Self::IntegrationChanges
            | Self::IntegrationStatus => Some(&INTEGRATION),
            Self::RetrySync => Some(&SYNC_LOG),
            _ => None,
        }
    }
}

/// All routes of a server with these resources.
#[must_use]
pub fn routes(registry: Registry, config: &Config) -> Vec<RouteInfo> {
    let open = |path: &str, operation_id: &str, kind| RouteInfo {
        method: Method::GET,
        path: path.to_owned(),
        operation_id: operation_id.to_owned(),
        scope: None,
        authenticated: false,
        session_only: false,
        kind,
    };
    let errors = config.problem_path();
    let mut all = vec![
        open("/api", "getEntryPoint", RouteKind::Entry),
        RouteInfo { authenticated: true, ..open("/api/me", "getMe", RouteKind::Me) },
        RouteInfo { authenticated: true, ..open("/api/rate-limit", "getRateLimit", RouteKind::RateLimit) },
        open("/api/openapi.json", "getOpenApiJson", RouteKind::OpenApiJson),
        open("/api/openapi.yaml", "getOpenApiYaml", RouteKind::OpenApiYaml),
        open("/api/docs", "getDocs", RouteKind::Docs),
        open("/api/docs/{file}", "getDocsAsset", RouteKind::DocsAsset),
        open("/api/docs.jsonld", "getHydraDocs", RouteKind::HydraDocs),
        open("/api/contexts/{class}", "getHydraContext", RouteKind::HydraContext),
        open(errors, "listErrorTypes", RouteKind::ErrorIndex),
        open(&format!("{errors}/{{type}}"), "getErrorType", RouteKind::ErrorPage),
        open("/healthz", "getHealth", RouteKind::Healthz),
        open("/readyz", "getReadiness", RouteKind::Readyz),
    ];
    all.extend(registry.iter().flat_map(of_resource));
    all.extend(OWN.iter().flat_map(of_resource));
    all.extend(of_webhooks());
    all.extend(of_integrations());
    all.extend(StaffCall::ALL.iter().map(|&call| RouteInfo {
        method: call.method(),
        path: call.path().to_owned(),
        operation_id: call.operation_id().to_owned(),
        scope: call.capability().map(str::to_owned),
        authenticated: call.is_authenticated(),
        session_only: call.is_session_only(),
        kind: RouteKind::Staff(call),
    }));
    all
}

/// A route for keys that carry a scope.
fn scoped(
    method: Method,
    path: &str,
    operation_id: impl Into<String>,
    scope: &str,
    kind: RouteKind,
) -> RouteInfo {
    RouteInfo {
        method,
        path: path.to_owned(),
        operation_id: operation_id.into(),
        scope: Some(scope.to_owned()),
        authenticated: true,
        session_only: false,
        kind,
    }
}

/// What webhooks have beside the calls of all resources (API §8).
fn of_webhooks() -> Vec<RouteInfo> {
    let (webhook, delivery) = (WEBHOOK.item_path(), DELIVERY.item_path());
    let (read, write) = (WEBHOOK.read_scope(), WEBHOOK.write_scope());
    let post = |path: String, operation_id, kind| scoped(Method::POST, &path, operation_id, &write, kind);
    vec![
        post(format!("{webhook}/test"), "testWebhook", RouteKind::TestWebhook),
        scoped(
            Method::GET,
            &format!("{webhook}/health"),
            "getWebhookHealth",
            &read,
            RouteKind::WebhookHealth,
        ),
        post(format!("{webhook}/recover"), "recoverDeliveries", RouteKind::RecoverDeliveries),
        scoped(Method::GET, &delivery, "getDelivery", &read, RouteKind::GetDelivery),
        post(format!("{delivery}/retry"), "retryDelivery", RouteKind::RetryDelivery),
        scoped(
            Method::GET,
            "/api/webhook-event-types",
            "listWebhookEventTypes",
            &read,
            RouteKind::EventTypes,
        ),
        scoped(Method::GET, "/api/changes", "listChanges", "changes:read", RouteKind::Changes),
    ]
}

/// What integrations have beside the calls of all resources (API §9).
fn of_integrations() -> Vec<RouteInfo> {
    let (item, read, write) = (INTEGRATION.item_path(), INTEGRATION.read_scope(), INTEGRATION.write_scope());
    let status = format!("{item}/status");
    let (retry, changes) = (format!("{}/retry", SYNC_LOG.item_path()), format!("{item}/changes"));
    let (mapping, preview) = (format!("{item}/field-mapping"), format!("{item}/field-mapping/preview"));
    vec![
        scoped(Method::PUT, &mapping, "replaceFieldMapping", &write, RouteKind::ReplaceFieldMapping),
        scoped(Method::POST, &preview, "previewFieldMapping", &write, RouteKind::PreviewFieldMapping),
        scoped(Method::POST, &format!("{item}/sync"), "syncIntegration", &write, RouteKind::Sync),
        scoped(Method::POST, &retry, "retrySync", &write, RouteKind::RetrySync),
        scoped(Method::GET, &status, "getIntegrationStatus", &read, RouteKind::IntegrationStatus),
        scoped(
            Method::GET,
            &changes,
            "listIntegrationChanges",
            "changes:read",
            RouteKind::IntegrationChanges,
        ),
    ]
}

/// Records and settings can be read and changed, a log only be read.
fn of_resource(resource: &'static Resource) -> Vec<RouteInfo> {
    let one = capitalised(resource.name);
    let many = capitalised(resource.plural);
    let (list, item) = (resource.list_path(), resource.item_path());
    let (read, write) = (resource.read_scope(), resource.write_scope());
    let mut all = vec![scoped(Method::GET, &list, format!("list{many}"), &read, RouteKind::List(resource))];
    // What belongs to another record is shown by a call of its own, with all there is to it.
    if resource.parent.is_none() {
        all.push(scoped(Method::GET, &item, format!("get{one}"), &read, RouteKind::Get(resource)));
    }
    if !resource.is_versioned() {
        return all;
    }
    if resource.is_in_feed() {
        let batch = format!("{list}/batch");
        all.push(scoped(Method::POST, &batch, format!("batch{many}"), &write, RouteKind::Batch(resource)));
        all.extend(ImportCall::ALL.iter().map(|&call| {
            let path = format!("{list}{}", call.path());
            let scope = if call.method() == Method::GET { &read } else { &write };
            let id = openapi::imports::operation_id(call, resource);
            scoped(call.method(), &path, id, scope, RouteKind::Import(resource, call))
        }));
    }
    if resource.personal {
        let (erase, data) = (format!("{item}/erase"), format!("{item}/personal-data"));
        all.push(scoped(Method::POST, &erase, format!("erase{one}"), &write, RouteKind::Erase(resource)));
        // Who reads the audit log sees all that was ever kept of a record.
        let (scope, kind) = (AUDIT_LOG.read_scope(), RouteKind::PersonalData(resource));
        all.push(scoped(Method::GET, &data, format!("get{one}PersonalData"), &scope, kind));
    }
    if resource.secret {
        let rotate = format!("{item}/rotate-secret");
        let kind = RouteKind::RotateSecret(resource);
        all.push(scoped(Method::POST, &rotate, format!("rotate{one}Secret"), &write, kind));
    }
    all.extend([
        scoped(Method::POST, &list, format!("create{one}"), &write, RouteKind::Create(resource)),
        scoped(Method::PUT, &item, format!("replace{one}"), &write, RouteKind::Replace(resource)),
        scoped(Method::PATCH, &item, format!("patch{one}"), &write, RouteKind::Patch(resource)),
        scoped(Method::DELETE, &item, format!("delete{one}"), &write, RouteKind::Delete(resource)),
    ]);
    all.extend(resource.actions.iter().map(|action| {
        let path = format!("{item}/{}", action.name);
        let kind = RouteKind::Act(resource, action);
        scoped(Method::POST, &path, format!("{}{one}", action.name), &write, kind)
    }));
    all
}

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

/// Adds the handler of a route to its path.
fn on_route(methods: MethodRouter<ApiState>, method: Method, kind: RouteKind) -> MethodRouter<ApiState> {
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

/// Answers OPTIONS, and refuses every method that a path does not have, with `Allow` (RFC 9110 §10.2.1).
fn with_other_methods(methods: MethodRouter<ApiState>, allowed: &[Method]) -> MethodRouter<ApiState> {
    let mut names: Vec<&str> = Vec::new();
    for method in allowed {
        names.push(method.as_str());
        if method == Method::GET {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    let names = names.join(", ");
    let allow = HeaderValue::from_str(&names).unwrap_or(HeaderValue::from_static("OPTIONS"));
    let takes_patches = allowed.contains(&Method::PATCH);
    methods.fallback(move |request: Request| {
        let answer = answer_other_method(request.method(), &names, allow.clone(), takes_patches);
        async move { answer }
    })
}

fn answer_other_method(method: &Method, names: &str, allow: HeaderValue, takes_patches: bool) -> Response {
    if method != Method::OPTIONS {
        let problem = Problem::new(ProblemKind::MethodNotAllowed, format!("This path takes {names}"));
        return ApiError::from(problem).header(header::ALLOW, allow).into_response();
    }
    let mut response: Response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ALLOW, allow);
    if takes_patches {
        let patches = HeaderValue::from_static("application/merge-patch+json, application/json");
        response.headers_mut().insert("accept-patch", patches);
    }
    response
}

/// Whether an action answers with a new record.
pub(crate) fn makes_a_record(action: &Action) -> bool {
    matches!(action.effect, Effect::Clone)
}
