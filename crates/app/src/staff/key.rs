//! API keys from bodies: making, rotating (API §2).

use std::net::IpAddr;
use std::sync::Arc;

use db::Param;
use domain::json::Object;
use domain::staff::{API_KEY, NEW_KEY, ROTATION};
use domain::{KeyId, Problem, Record, RecordId, Timestamp, Value, Violation};
use ipnet::IpNet;
use serde_json::Value as Json;

use super::{Act, list, moment, optional_moment, optional_text, read, read_with, text, texts};
use crate::app::App;
use crate::failure::Failure;
use crate::keys::{KeyDetails, NewKey, NewKeyRequest};
use crate::records::AuditEntry;
use crate::store::ScopedTx;
use crate::store::system::{END_KEY, REVOKE_KEY};
use crate::tenant::{Environment, Tenant};

const DAY: i64 = 24 * 3_600;

/// A network in CIDR notation, or one address.
#[must_use]
pub fn network_of(text: &str) -> Option<IpNet> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| one()).ok().map(|network| network.trunc())
}

impl KeyDetails {
    /// The key as the definition of keys has it.
    #[must_use]
    pub fn record(&self, environment: Environment) -> Record {
        let values = vec![
            Value::Id(self.id.uuid()),
            text(&self.name),
            text(environment.name()),
            text(&self.prefix),
            text(&self.last_four),
            list(&self.scopes),
            list(&self.allowed_ips),
            self.integration.map_or(Value::Null, |id| Value::Id(id.uuid())),
            optional_moment(self.expires_at),
            text(&self.created_by),
            moment(self.created_at),
            optional_moment(self.last_used_at),
            optional_text(self.last_used_ip.as_ref()),
            optional_moment(self.revoked_at),
        ];
        Record::new(&API_KEY, values)
    }

    /// Whether it is accepted at this moment.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

impl App {
    /// Makes a key for the tenant from a body.
    pub async fn make_key(
        &self,
        tenant: &Tenant,
        act: impl Into<Act<NewKey>>,
        body: &Object,
    ) -> Result<NewKey, Failure> {
        let given = body.get("allowedIps").and_then(Json::as_array).cloned().unwrap_or_default();
        // What is no text, the definition judges.
        let wrong = given
            .iter()
            .enumerate()
            .filter(|(_, network)| network.as_str().is_some_and(|text| network_of(text.trim()).is_none()));
        let wrong = wrong.map(|(index, _)| {
            let message = "Write a network such as 203.0.113.0/24 or 2001:db8::/32, or a single address.";
            Violation::new(format!("allowedIps[{index}]"), "invalid_network", message)
        });
        let new = read_with(&NEW_KEY, self.now(), body, wrong.collect())?;
        let expires_at = new.timestamp(&NEW_KEY, "expiresAt");
        self.check_future(expires_at)?;
        let networks = texts(&NEW_KEY, &new, "allowedIps");
        let request = NewKeyRequest {
            name: new.text(&NEW_KEY, "name").unwrap_or_default().to_owned(),
            scopes: Some(texts(&NEW_KEY, &new, "scopes")),
            expires_at,
            allowed_ips: networks.iter().filter_map(|text| network_of(text)).collect(),
            integration: match new.get(&NEW_KEY, "integrationId") {
                Value::Id(id) => Some(RecordId::from(*id)),
                _ => None,
            },
        };
        self.create_key(tenant, act, request).await
    }

    /// Makes a successor of a key. The old one lives on for the days that the body says, so that programs
    /// can be changed over one by one.
    pub async fn rotate_key(
        &self,
        tenant: &Tenant,
        act: impl Into<Act<NewKey>>,
        id: KeyId,
        body: &Object,
    ) -> Result<NewKey, Failure> {
        let act = act.into();
        let now = self.now();
        let wanted = read(&ROTATION, now, body)?;
        let old = self.key(tenant, id).await?;
        if !old.is_valid(now) {
            let hint = "Make a new key in its place.";
            return Err(Problem::rule("The key is revoked or has expired", hint).into());
        }
        let given = wanted.timestamp(&ROTATION, "expiresAt");
        self.check_future(given)?;
        let lived = |end: Timestamp| (end.as_micros() - old.created_at.as_micros()) / 1_000_000;
        let as_before = || old.expires_at.map(|end| now.plus_seconds(lived(end)));
        let expires_at = if body.contains_key("expiresAt") { given } else { as_before() };
        let request = NewKeyRequest {
            name: old.name.clone(),
            scopes: Some(old.scopes.clone()),
            expires_at,
            allowed_ips: old.allowed_ips.iter().filter_map(|text| network_of(text)).collect(),
            integration: old.integration,
        };
        let (made, insert) = self.prepare_key(tenant, &act.actor, &request)?;
        let overlap = wanted.integer(&ROTATION, "overlapDays").unwrap_or(0);
        let (end_sql, end) = if overlap == 0 {
            (&*REVOKE_KEY, now)
        } else {
            let end = now.plus_seconds(overlap * DAY);
            (&*END_KEY, old.expires_at.map_or(end, |own| own.min(end)))
        };
        let details = Object::from_iter([
            ("successor".to_owned(), Json::from(made.details.id.to_string())),
            ("validUntil".to_owned(), Json::from(end.to_string())),
        ]);
        let audit = AuditEntry::act(self, "key_rotated", "api_key", Some(id.to_string()), &act.actor)?
            .telling(&details);
        let shared = Arc::new((self.clone(), tenant.clone(), insert, audit, act, made.clone()));
        let stored = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (app, tenant, insert, audit, act, made) = &*shared;
                let mut scoped = ScopedTx::new(tx, tenant);
                let params = vec![Param::Integer(end.as_micros()), Param::Uuid(id.uuid())];
                if scoped.execute(end_sql, params).await? == 0 {
                    return Err(Problem::rule("The key is revoked", "Make a new key in its place.").into());
                }
                audit.clone().insert(&mut scoped).await?;
                insert.run(&mut scoped).await?;
                act.keep(app, tx, made, now).await
            })
        });
        stored.await?;
        Ok(made)
    }

    fn check_future(&self, expires_at: Option<Timestamp>) -> Result<(), Problem> {
        if expires_at.is_none_or(|end| end > self.now()) {
            return Ok(());
        }
        let message = "expiresAt must be in the future.";
        Err(Problem::validation(vec![Violation::new("expiresAt", "in_past", message)]))
    }
}
