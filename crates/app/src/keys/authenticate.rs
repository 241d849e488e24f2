//! From a presented key to a credential, or to the reason why not.

use std::net::IpAddr;
use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::{KeyId, RecordId, Timestamp};
use ipnet::IpNet;
use quick_cache::sync::Cache;

use super::format;
use crate::actor::{Actor, ActorKind, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::read_organisation;
use crate::store::System;
use crate::tenant::{Environment, Tenant};

/// A key that was recognised: whose it is and what it may do.
#[derive(Debug)]
pub struct Credential {
    /// The key's id.
    pub key: KeyId,
    /// The key's name.
    pub name: String,
    /// The organisation and environment that it belongs to.
    pub tenant: Tenant,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The integration that it belongs to.
    pub integration: Option<RecordId>,
    allowed_ips: Vec<IpNet>,
    expires_at: Option<Timestamp>,
    revoked: bool,
}

impl Credential {
    /// Whether the key carries this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|it| it == scope)
    }

    /// When the key ends to be valid.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Who acts with it at a client.
    #[must_use]
    pub fn actor(&self, client: &Client) -> Actor {
        Actor { integration: self.integration, ..Actor::new(ActorKind::ApiKey(self.key), client) }
    }
}

/// Why a key is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyRefusal {
    /// Mistyped, or not one of this server.
    Invalid,
    /// Its expiry has passed.
    Expired,
    /// It was revoked, or its organisation was closed.
    Revoked,
    /// It may not be used from this address.
    IpNotAllowed,
}

/// Recognised keys, valid while the database has not changed since they were read.
pub(crate) struct KeyCache(Cache<[u8; 32], Cached>);

#[derive(Clone)]
struct Cached {
    mark: u64,
    credential: Arc<Credential>,
}

impl KeyCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

impl App {
    /// Recognises a key presented from an address, and notes its use.
    pub async fn authenticate(
        &self,
        key: &str,
        from: Option<IpAddr>,
    ) -> Result<Result<Arc<Credential>, KeyRefusal>, Failure> {
        let known = self.recognise(key, from).await?;
        if known.is_err() {
            self.metrics().failed_authentication("key");
        }
        Ok(known)
    }

    async fn recognise(
        &self,
        key: &str,
        from: Option<IpAddr>,
    ) -> Result<Result<Arc<Credential>, KeyRefusal>, Failure> {
        let Some(credential) = self.find_key(key).await? else {
            return Ok(Err(KeyRefusal::Invalid));
        };
        let now = self.now();
        let refused = |status, refusal| {
            self.note_request(&credential.tenant, credential.key, status);
            Ok(Err(refusal))
        };
        if credential.revoked {
            return refused(401, KeyRefusal::Revoked);
        }
        if credential.expires_at.is_some_and(|end| end <= now) {
            return refused(401, KeyRefusal::Expired);
        }
        let allowed =
            |from: IpAddr| credential.allowed_ips.iter().any(|net| net.contains(&from.to_canonical()));
        if !credential.allowed_ips.is_empty() && !from.is_some_and(allowed) {
            return refused(403, KeyRefusal::IpNotAllowed);
        }
        self.usage().note(credential.key, &credential.tenant, now, from);
        Ok(Ok(credential))
    }

    async fn find_key(&self, key: &str) -> Result<Option<Arc<Credential>>, Failure> {
        let hash = format::hash(key);
        // The mark moves with every commit of any process, so that a key which was revoked elsewhere is
        // not served from here. It is read first: what commits in between only costs a look-up.
        let mark = self.db().change_mark()?;
        if let Some(mark) = mark
            && let Some(cached) = self.keys().0.get(&hash)
            && cached.mark == mark
        {
            return Ok(Some(cached.credential));
        }
        // A mistyped key is not looked for.
        if format::environment_of(key).is_none() {
            return Ok(None);
        }
        let params = [Param::Bytes(hash.to_vec())];
        let found = self.db().optional(Weight::Short, System::FIND_KEY, &params, read_credential).await?;
        let Some(credential) = found.map(Arc::new) else {
            return Ok(None);
        };
        if let Some(mark) = mark {
            self.keys().0.insert(hash, Cached { mark, credential: credential.clone() });
        }
        Ok(Some(credential))
    }
}

fn read_credential(row: &Row<'_>) -> Result<Credential, DbError> {
    let corrupt = |what: &str| DbError::Corrupt(format!("an API key has unreadable {what}"));
    let organisation = read_organisation(row, 8)?;
    let environment = Environment::by_name(row.text(7)?).ok_or_else(|| corrupt("environment"))?;
    let closed = organisation.closed_at.is_some();
    Ok(Credential {
        key: row.uuid(0)?.into(),
        tenant: Tenant::new(row.integer(1)?, Arc::new(organisation), environment),
        name: row.text(2)?.to_owned(),
        scopes: serde_json::from_str(row.text(3)?).map_err(|_| corrupt("scopes"))?,
        allowed_ips: parse_networks(row.text(4)?).ok_or_else(|| corrupt("addresses"))?,
        integration: row.optional_uuid(18)?.map(RecordId::from),
        expires_at: row.optional_integer(5)?.map(Timestamp::from_micros),
        revoked: row.optional_integer(6)?.is_some() || closed,
    })
}

fn parse_networks(json: &str) -> Option<Vec<IpNet>> {
    let texts: Vec<String> = serde_json::from_str(json).ok()?;
    texts.iter().map(|text| text.parse().ok()).collect()
}
