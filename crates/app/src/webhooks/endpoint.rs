//! A webhook as the dispatcher needs it: where to send what, and with which secrets to sign it.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::mapping::Mapping;
use domain::{RecordId, Timestamp, event_types};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::app::App;
use crate::changes::Change;
use crate::failure::Failure;
use crate::store::system::{ENABLED_WEBHOOKS, FIND_WEBHOOK};
use crate::tenant::Tenant;

/// A webhook that events are sent to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its id.
    pub id: RecordId,
    /// Where events are sent.
    pub url: String,
    /// Headers that are sent along.
    pub headers: Vec<(String, String)>,
    /// The secrets that sign, newest first; at least one.
    pub secrets: Vec<String>,
    /// Whether events are sent.
    pub enabled: bool,
    /// The first of the failures since the last success.
    pub failing_since: Option<Timestamp>,
    pub(super) events: Vec<String>,
    pub(super) mappings: Vec<Mapping>,
    skip_own_changes: bool,
    created_by: Option<String>,
    integration: Option<Uuid>,
    /// The tenant's last change before the webhook was made.
    since: i64,
}

impl Endpoint {
    /// Whether a change is to be sent here.
    pub(super) fn wants(&self, change: &Change) -> bool {
        change.sequence > self.since && self.may_be_sent(change)
    }

    /// Whether a change, of whatever time, is subscribed to and no echo of the webhook's own side.
    pub(super) fn may_be_sent(&self, change: &Change) -> bool {
        let same_key = self.created_by.is_some() && self.created_by == change.origin_id;
        let same_integration = self.integration.is_some() && self.integration == change.integration;
        let own = self.skip_own_changes && (same_key || same_integration);
        !own && self.events.iter().any(|subscription| event_types::covers(subscription, &change.event_type))
    }

    /// The mapping of the resource that a change is about, if this webhook has one.
    pub(super) fn mapping(&self, change: &Change) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.resource().name == change.resource)
    }
}

/// The columns that an endpoint is read from.
pub(crate) const COLUMNS: &str = "id, url, events, headers, field_mapping, skip_own_changes, created_by, failing_since, since, enabled, integration_id, (SELECT field_mapping FROM integrations \
    WHERE tenant = {tenant} AND id = webhooks.integration_id)";

impl App {
    /// The webhooks of a tenant that are switched on.
    pub(super) async fn endpoints(&self, tenant: &Tenant) -> Result<Vec<Arc<Endpoint>>, Failure> {
        let mut found = Vec::new();
        let each = |row: &Row<'_>| {
            found.push(self.read_endpoint(tenant, row)?);
            Ok(())
        };
        let params = vec![Param::Boolean(true)];
        tenant.each(self.db(), Weight::Short, &ENABLED_WEBHOOKS, params, each).await?;
        let mut all = Vec::with_capacity(found.len());
        for endpoint in found {
            all.push(Arc::new(self.with_secrets(endpoint).await?));
        }
        Ok(all)
    }

    /// A webhook of a tenant, whether it is switched on or not.
    pub(super) async fn endpoint(
        &self,
        tenant: &Tenant,
        id: RecordId,
    ) -> Result<Option<Arc<Endpoint>>, Failure> {
        let read = |row: &Row<'_>| self.read_endpoint(tenant, row);
        let found = tenant.optional(self.db(), &FIND_WEBHOOK, vec![Param::Uuid(id.uuid())], read).await?;
        match found {
            Some(endpoint) => Ok(Some(Arc::new(self.with_secrets(endpoint).await?))),
            None => Ok(None),
        }
    }

    async fn with_secrets(&self, endpoint: Endpoint) -> Result<Endpoint, Failure> {
        let secrets = self.secrets(&endpoint.tenant, endpoint.id).await?;
        Ok(Endpoint { secrets, ..endpoint })
    }

    fn read_endpoint(&self, tenant: &Tenant, row: &Row<'_>) -> Result<Endpoint, DbError> {
        let corrupt = || DbError::Corrupt("a webhook has an unreadable list or object".to_owned());
        let id = RecordId::from(row.uuid(0)?);
        let headers = self.open_headers(id, row.text(3)?);
        let headers = headers.map_err(|failure| {
            DbError::Corrupt(format!("headers of a webhook: {}", failure.inside().unwrap_or_default()))
        })?;
        let rules = |text: &str| match serde_json::from_str(text) {
            Ok(Json::Object(rules)) => Ok(rules),
            _ => Err(corrupt()),
        };
        // Where the webhook has no rules of its own for a resource, those of its integration count.
        let mut all = row.optional_text(11)?.map_or_else(|| Ok(serde_json::Map::new()), rules)?;
        all.extend(rules(row.text(4)?)?);
        let zone = domain::time::zone(&tenant.organisation().timezone).unwrap_or(jiff::tz::TimeZone::UTC);
        let mapping = |(plural, rules): (String, Json)| {
            let resource = self.registry().by_plural(&plural)?;
            Some(Mapping::parse(resource, &rules).ok()?.in_zone(zone.clone()))
        };
        Ok(Endpoint {
            tenant: tenant.clone(),
            id,
            url: row.text(1)?.to_owned(),
            events: serde_json::from_str(row.text(2)?).map_err(|_| corrupt())?,
            headers,
            mappings: all.into_iter().filter_map(mapping).collect(),
            skip_own_changes: row.optional_boolean(5)?.unwrap_or(false),
            created_by: row.optional_text(6)?.map(str::to_owned),
            failing_since: row.optional_integer(7)?.map(Timestamp::from_micros),
            since: row.integer(8)?,
            integration: row.optional_uuid(10)?,
            secrets: Vec::new(),
            enabled: row.optional_boolean(9)?.unwrap_or(false),
        })
    }
}
