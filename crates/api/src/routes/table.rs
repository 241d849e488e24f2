//! The one table of routes: method, path, operation, who may. It must never know a handler.

use axum::http::Method;
use domain::definition::{Registry, Resource};
use domain::resources::{AUDIT_LOG, DELIVERY, INTEGRATION, OWN, SYNC_LOG, WEBHOOK};

use super::kind::RouteKind;
use crate::config::Config;
use crate::handlers::imports::ImportCall;
use crate::handlers::staff::StaffCall;
use crate::openapi;
use crate::openapi::words::capitalised;

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
