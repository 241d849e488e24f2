//! What a route does. A kind knows the resource that it is about, and neither its path nor its handler.

use domain::definition::{Action, Effect, Resource};
use domain::resources::{DELIVERY, INTEGRATION, SYNC_LOG, WEBHOOK};

use crate::handlers::imports::ImportCall;
use crate::handlers::staff::StaffCall;

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

/// Whether an action answers with a new record.
pub(crate) fn makes_a_record(action: &Action) -> bool {
    matches!(action.effect, Effect::Clone)
}
