//! What is shown of a person, and what is erased: in the feed, the audit log, deliveries and kept answers.

use crate::store::TenantSql;
use crate::store::statements::of_tenant;

/// The numbers of the changes of a record.
const OF_RECORD: &str = "SELECT sequence FROM audit_log WHERE tenant = {tenant} AND resource_type = ? \
    AND resource_id = ? AND sequence IS NOT NULL";

of_tenant! {
    /// The ids of records that were merged into another one.
    MERGED_INTO = TenantSql::select("id", "tombstones", "AND resource = ? AND merged_into = ?");

    /// Leaves nothing of a record in its changes.
    ERASE_CHANGES = TenantSql::update(
        "changes",
        "data = ?, previous = '{}'",
        "AND resource = ? AND record_id = ? AND sequence IN (SELECT sequence FROM audit_log \
         WHERE tenant = {tenant} AND resource_id = ? AND sequence IS NOT NULL)",
    );

    /// Leaves nothing of what receivers answered to the changes of a record.
    ERASE_ATTEMPTS = {
        let rest = format!(
            "AND delivery_id IN (SELECT id FROM deliveries WHERE tenant = {{tenant}} AND sequence IN ({OF_RECORD}))"
        );
        TenantSql::update("delivery_attempts", "response_body = NULL", &rest)
    };

    /// Lets the changes of a record be shown, and sent if they still are, as they now are in the feed.
    ERASE_DELIVERIES = TenantSql::update("deliveries", "payload = NULL", &format!("AND sequence IN ({OF_RECORD})"));

    /// Leaves nothing of a record in the audit log but who did what when.
    ERASE_AUDIT = TenantSql::update("audit_log", "changes = '{}'", "AND resource_type = ? AND resource_id = ?");

    /// The kept answers that are not encrypted; those that are hold no records.
    LIST_ANSWERS = TenantSql::select("credential, key, body", "idempotency_keys", "AND sealed = FALSE");

    /// Replaces a kept answer.
    ERASE_ANSWER = TenantSql::update("idempotency_keys", "body = ?, status = ?", "AND credential = ? AND key = ?");

    /// Where what was told of a record was sent, how often, and from when to when.
    RECIPIENTS = {
        let rest = format!(
            "AND delivery_id IN (SELECT id FROM deliveries WHERE tenant = {{tenant}} AND sequence IN ({OF_RECORD})) \
             GROUP BY url ORDER BY url"
        );
        TenantSql::select("url, COUNT(*), MIN(started_at), MAX(started_at)", "delivery_attempts", &rest)
    };

    /// What was done with a record, oldest first.
    HISTORY = TenantSql::select(
        "action, actor_type, actor_id, changes, created_at",
        "audit_log",
        "AND resource_type = ? AND resource_id = ? ORDER BY created_at, COALESCE(sequence, 9223372036854775807), id",
    );
}
