//! What becomes of keys and webhooks when their integration is deleted: the keys are revoked, the webhooks
//! switched off, in the same transaction. Nothing may go on with the access of a connection that is gone.

use db::Param;
use domain::RecordId;
use serde_json::{Value as Json, json};

use crate::failure::Failure;
use crate::records::{AuditEntry, Work};
use crate::store::ScopedTx;
use crate::store::integrations::{
    KEYS_OF_INTEGRATION, LEAVE_KEYS, LEAVE_SYNC_LINKS, LEAVE_SYNC_LOG, LEAVE_WEBHOOKS,
    WEBHOOKS_OF_INTEGRATION,
};
use crate::store::system::REVOKE_KEY;

/// Why a webhook is off.
const REASON: &str = "Its integration was deleted.";

impl Work {
    /// Ends what belongs to an integration that is deleted; audited.
    pub(crate) async fn leave_integration(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        integration: RecordId,
    ) -> Result<(), Failure> {
        let own = || vec![Param::Uuid(integration.uuid())];
        let now = Param::Integer(self.now.as_micros());
        for key in tx.all(&KEYS_OF_INTEGRATION, own(), |row| row.uuid(0)).await? {
            tx.execute(&REVOKE_KEY, vec![now.clone(), Param::Uuid(key)]).await?;
            self.audit_left(tx, "key_revoked", "api_key", key.to_string(), integration, None).await?;
        }
        tx.execute(&LEAVE_KEYS, own()).await?;
        tx.execute(&LEAVE_SYNC_LOG, own()).await?;
        tx.execute(&LEAVE_SYNC_LINKS, own()).await?;
        let read = |row: &db::Row<'_>| Ok((row.uuid(0)?, row.optional_boolean(1)?.unwrap_or(false)));
        let webhooks = tx.all(&WEBHOOKS_OF_INTEGRATION, own(), read).await?;
        let params =
            vec![Param::Boolean(false), Param::Text(REASON.to_owned()), now, Param::Uuid(integration.uuid())];
        tx.execute(&LEAVE_WEBHOOKS, params).await?;
        for (webhook, enabled) in webhooks {
            self.audit_left(tx, "update", "webhook", webhook.to_string(), integration, Some(enabled)).await?;
        }
        Ok(())
    }

    async fn audit_left(
        &self,
        tx: &mut ScopedTx<'_, '_>,
        action: &'static str,
        resource_type: &'static str,
        id: String,
        integration: RecordId,
        enabled: Option<bool>,
    ) -> Result<(), Failure> {
        let audit = AuditEntry::act(&self.app, action, resource_type, Some(id), &self.actor)?;
        let mut changes = json!({"integrationId": {"old": integration.to_string(), "new": Json::Null}});
        if let Some(enabled) = enabled {
            changes["enabled"] = json!({"old": enabled, "new": false});
            changes["disabledReason"] = json!({"old": Json::Null, "new": REASON});
        }
        let audit = AuditEntry { changes: changes.to_string(), ..audit };
        Ok(audit.insert(tx).await?)
    }
}
