//! Signing secrets of webhooks: made by the server, shown once, kept encrypted.
//!
//! After a rotation the new one and the old one are valid together for a day, so that a receiver can
//! change over without missing anything (API §8).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::Param;
use domain::definition::Resource;
use domain::id::AuditId;
use domain::{RecordId, Timestamp};

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::store::ScopedTx;
use crate::store::system::{EXPIRE_SECRETS, FIND_SECRETS, INSERT_SECRET, PRUNE_SECRETS};
use crate::tenant::Tenant;

/// Seconds for which an old secret is valid beside the new one: 24 hours.
const OVERLAP: i64 = 24 * 3_600;

/// A secret that was just made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSecret {
    /// The secret, `whsec_…`. Shown this once.
    pub secret: String,
    /// Until when the one before signs too.
    pub previous_expires_at: Timestamp,
}

impl App {
    /// Makes a secret in the transaction that makes its owner.
    pub(crate) async fn new_secret(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        owner: RecordId,
        now: Timestamp,
    ) -> Result<String, Failure> {
        // The form of Standard Webhooks, with as many bytes as its signature has.
        let secret = format!("whsec_{}", STANDARD.encode(self.random_bytes::<32>()?));
        let sealed = self.seal(owner.uuid().as_bytes(), secret.as_bytes())?;
        let id = AuditId::new(now, self.random_bytes()?);
        let params = vec![
            Param::Uuid(owner.uuid()),
            Param::Uuid(id.uuid()),
            Param::Bytes(sealed),
            Param::Integer(now.as_micros()),
        ];
        tx.execute(&INSERT_SECRET, params).await?;
        Ok(secret)
    }

    /// Makes a new secret for a record; the old one ends a day later.
    pub async fn rotate_secret(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        owner: RecordId,
    ) -> Result<NewSecret, Failure> {
        self.require(tenant, resource, owner).await?;
        let now = self.now();
        let end = now.plus_seconds(OVERLAP);
        let audit = AuditEntry::act(self, "secret_rotated", resource.name, Some(owner.to_string()), actor)?;
        let shared = std::sync::Arc::new((self.clone(), tenant.clone(), audit));
        let made = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (app, tenant, audit) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                // Two at once come one after the other: each old secret keeps an end.
                tx.lock().await?;
                let owned = Param::Uuid(owner.uuid());
                let (now_param, end_param) =
                    (Param::Integer(now.as_micros()), Param::Integer(end.as_micros()));
                tx.execute(&PRUNE_SECRETS, vec![owned.clone(), now_param]).await?;
                tx.execute(&EXPIRE_SECRETS, vec![end_param, owned]).await?;
                let secret = app.new_secret(&mut tx, owner, now).await?;
                audit.clone().insert(&mut tx).await?;
                Ok::<String, Failure>(secret)
            })
        });
        Ok(NewSecret { secret: made.await?, previous_expires_at: end })
    }

    /// The secrets of a record that sign now, the newest first.
    pub(crate) async fn secrets(&self, tenant: &Tenant, owner: RecordId) -> Result<Vec<String>, Failure> {
        let params = vec![Param::Uuid(owner.uuid()), Param::Integer(self.now().as_micros())];
        let mut sealed = Vec::new();
        let each = |row: &db::Row<'_>| {
            sealed.push(row.bytes(0)?.to_vec());
            Ok(())
        };
        tenant.each(self.db(), db::Weight::Short, &FIND_SECRETS, params, each).await?;
        let open = |sealed: Vec<u8>| {
            let text = self.unseal(owner.uuid().as_bytes(), &sealed)?;
            String::from_utf8(text).map_err(|_| Failure::internal("a secret that is no text"))
        };
        sealed.into_iter().map(open).collect()
    }
}
