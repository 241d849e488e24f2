//! Making, listing and revoking keys.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::access::key_scopes;
use domain::resources::INTEGRATION;
use domain::text::did_you_mean;
use domain::{KeyId, Problem, RecordId, Timestamp, Violation};
use ipnet::IpNet;
use serde_json::Value as Json;

use super::format;
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::staff::Act;
use crate::store::system::{FIND_KEY_OF, INSERT_KEY, LIST_KEYS, REVOKE_KEY};
use crate::store::{Schema, ScopedTx};
use crate::tenant::Tenant;

/// What is needed to make a key.
#[derive(Clone, Debug)]
pub struct NewKeyRequest {
    /// What it is for, 1–100 characters.
    pub name: String,
    /// Its scopes; all that exist when none are given.
    pub scopes: Option<Vec<String>>,
    /// When it ends to be valid.
    pub expires_at: Option<Timestamp>,
    /// The addresses (CIDR) that may use it; any when empty.
    pub allowed_ips: Vec<IpNet>,
    /// The integration that it belongs to.
    pub integration: Option<RecordId>,
}

/// A new key. The only time that the key itself is seen.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key itself.
    pub key: String,
    /// What is kept of it, and may be shown later.
    pub details: KeyDetails,
}

/// A new key about to be stored.
pub(crate) struct InsertKey {
    params: Vec<Param>,
    audit: AuditEntry,
    /// The integration that it belongs to, and how that is found.
    integration: Option<(RecordId, Arc<Schema>)>,
}

impl InsertKey {
    /// Stores the key and its audit row.
    pub(crate) async fn run(&self, tx: &mut ScopedTx<'_, '_>) -> Result<(), Failure> {
        if let Some((id, schema)) = &self.integration {
            // Against its being deleted at the same time.
            tx.lock().await?;
            if tx.optional(&schema.get, vec![Param::Uuid(id.uuid())], |_| Ok(())).await?.is_none() {
                let message = format!("There is no integration {id}.");
                let violation = Violation::new("integrationId", "unknown_reference", message);
                return Err(Problem::validation(vec![violation]).into());
            }
        }
        tx.execute(&INSERT_KEY, self.params.clone()).await?;
        Ok(self.audit.clone().insert(tx).await?)
    }
}

/// A key as it is listed.
#[derive(Clone, Debug)]
pub struct KeyDetails {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Its last four characters.
    pub last_four: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// The addresses that may use it; any when empty.
    pub allowed_ips: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends to be valid.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_ip: Option<String>,
    /// The integration that it belongs to.
    pub integration: Option<RecordId>,
}

/// Characters of the secret that are shown with the prefix.
const SHOWN: usize = 4;

impl App {
    /// Makes a key for a tenant.
    pub async fn create_key(
        &self,
        tenant: &Tenant,
        act: impl Into<Act<NewKey>>,
        new: NewKeyRequest,
    ) -> Result<NewKey, Failure> {
        let act = act.into();
        let (made, insert) = self.prepare_key(tenant, &act.actor, &new)?;
        let now = self.now();
        let shared = Arc::new((self.clone(), tenant.clone(), insert, act, made.clone()));
        let stored = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (app, tenant, insert, act, made) = &*shared;
                insert.run(&mut ScopedTx::new(tx, tenant)).await?;
                act.keep(app, tx, made, now).await
            })
        });
        stored.await?;
        Ok(made)
    }

    /// A new key that is not stored yet.
    pub(crate) fn prepare_key(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        new: &NewKeyRequest,
    ) -> Result<(NewKey, InsertKey), Failure> {
        let known = key_scopes(self.registry());
        let scopes = check(new, &known)?;
        let now = self.now();
        let key = format::render(tenant.environment(), self.random_bytes()?);
        let shown = format::prefix(tenant.environment()).len() + SHOWN;
        let details = KeyDetails {
            id: KeyId::new(now, self.random_bytes()?),
            name: new.name.trim().to_owned(),
            prefix: key[..shown].to_owned(),
            last_four: key[key.len() - 4..].to_owned(),
            scopes,
            allowed_ips: new.allowed_ips.iter().map(ToString::to_string).collect(),
            created_by: actor.id().unwrap_or_else(|| actor.type_name().to_owned()),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
            last_used_ip: None,
            integration: new.integration,
        };
        let json = |texts: &[String]| Param::Text(Json::from(texts).to_string());
        let text = |text: &String| Param::Text(text.clone());
        let params = vec![
            Param::Uuid(details.id.uuid()),
            text(&details.name),
            Param::Bytes(format::hash(&key).to_vec()),
            text(&details.prefix),
            text(&details.last_four),
            json(&details.scopes),
            json(&details.allowed_ips),
            text(&details.created_by),
            details.integration.map_or(Param::Null, |id| Param::Uuid(id.uuid())),
            Param::Integer(now.as_micros()),
            details.expires_at.map_or(Param::Null, |end| Param::Integer(end.as_micros())),
        ];
        let told = [
            ("name", Json::from(details.name.clone())),
            ("prefix", Json::from(details.prefix.clone())),
            ("scopes", Json::from(details.scopes.clone())),
        ];
        let integration = details.integration.map(|id| ("integrationId", Json::from(id.to_string())));
        let told =
            told.into_iter().chain(integration).map(|(name, value)| (name.to_owned(), value)).collect();
        let audit = AuditEntry::act(self, "key_created", "api_key", Some(details.id.to_string()), actor)?;
        let schema = self.schema(&INTEGRATION)?;
        let integration = new.integration.map(|id| (id, schema));
        let insert = InsertKey { params, audit: audit.telling(&told), integration };
        Ok((NewKey { key, details }, insert))
    }

    /// One key of a tenant.
    pub async fn key(&self, tenant: &Tenant, id: KeyId) -> Result<KeyDetails, Failure> {
        let params = vec![Param::Uuid(id.uuid())];
        let found = tenant.optional(self.db(), &FIND_KEY_OF, params, read_details).await?;
        Ok(found.ok_or_else(Problem::not_found)?)
    }

    /// The keys of a tenant, oldest first.
    pub async fn keys_of(&self, tenant: &Tenant) -> Result<Vec<KeyDetails>, Failure> {
        let mut keys = Vec::new();
        let each = |row: &Row<'_>| {
            keys.push(read_details(row)?);
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &LIST_KEYS, Vec::new(), each).await?;
        Ok(keys)
    }

    /// Revokes a key at once; a key that is already revoked stays as it is.
    pub async fn revoke_key(&self, tenant: &Tenant, actor: &Actor, id: KeyId) -> Result<(), Failure> {
        self.key(tenant, id).await?;
        let now = self.now();
        let audit = AuditEntry::act(self, "key_revoked", "api_key", Some(id.to_string()), actor)?;
        let params = vec![Param::Integer(now.as_micros()), Param::Uuid(id.uuid())];
        self.run_scoped_audited(tenant, &REVOKE_KEY, params, audit).await
    }
}

fn read_details(row: &Row<'_>) -> Result<KeyDetails, DbError> {
    let list = |column: usize| {
        serde_json::from_str(row.text(column)?)
            .map_err(|_| DbError::Corrupt("an API key has an unreadable list".to_owned()))
    };
    let moment = |column: usize| Ok(row.optional_integer(column)?.map(Timestamp::from_micros));
    Ok(KeyDetails {
        id: row.uuid(0)?.into(),
        name: row.text(1)?.to_owned(),
        prefix: row.text(2)?.to_owned(),
        last_four: row.text(3)?.to_owned(),
        scopes: list(4)?,
        allowed_ips: list(5)?,
        created_by: row.text(6)?.to_owned(),
        created_at: Timestamp::from_micros(row.integer(7)?),
        expires_at: moment(8)?,
        revoked_at: moment(9)?,
        last_used_at: moment(10)?,
        last_used_ip: row.optional_text(11)?.map(str::to_owned),
        integration: row.optional_uuid(12)?.map(RecordId::from),
    })
}

/// Checks the request and answers with the scopes of the key.
fn check(new: &NewKeyRequest, known: &[String]) -> Result<Vec<String>, Failure> {
    let mut violations = Vec::new();
    if new.name.trim().is_empty() || new.name.chars().count() > 100 {
        let message = "The name must have 1 to 100 characters.";
        violations.push(Violation::new("name", "invalid_length", message));
    }
    let Some(wanted) = &new.scopes else {
        return if violations.is_empty() {
            Ok(known.to_vec())
        } else {
            Err(Problem::validation(violations).into())
        };
    };
    for scope in wanted.iter().filter(|scope| !known.contains(scope)) {
        let near = did_you_mean(scope, known.iter().map(String::as_str));
        let message = format!("There is no scope {scope}.{near} The scopes are {}.", known.join(", "));
        violations.push(Violation::new("scopes", "unknown_scope", message));
    }
    if wanted.is_empty() {
        violations.push(Violation::new("scopes", "required", "Name at least one scope, or all."));
    }
    if !violations.is_empty() {
        return Err(Problem::validation(violations).into());
    }
    // In the order of the matrix, each once.
    Ok(known.iter().filter(|scope| wanted.contains(scope)).cloned().collect())
}
