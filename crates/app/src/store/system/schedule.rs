//! What waits for a moment: found when it has come, moved when the clock is set back.

use domain::definition::Resource;

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    /// Failed records of integrations that are on, whose time has come to be tried again.
    DUE_SYNCS = "SELECT s.tenant, s.integration_id, s.id FROM sync_log s JOIN integrations i \
        ON i.tenant = s.tenant AND i.id = s.integration_id AND i.enabled = TRUE \
        WHERE s.status = 'retrying' AND s.next_retry_at <= ? ORDER BY s.next_retry_at LIMIT 100";
}

of_tenant! {
    /// Moves what waits for a moment, by as much as the clock was set back: deliveries, failed records, imports.
    MOVE_DELIVERIES = TenantSql::update(
        "deliveries",
        "next_attempt_at = CASE WHEN next_attempt_at > ? THEN next_attempt_at - ? ELSE next_attempt_at END, \
         lease_until = CASE WHEN lease_until > ? THEN lease_until - ? ELSE lease_until END",
        "AND status = 'pending' AND (next_attempt_at > ? OR lease_until > ?)",
    );

    MOVE_SYNCS = TenantSql::update(
        "sync_log",
        "next_retry_at = next_retry_at - ?",
        "AND status = 'retrying' AND next_retry_at > ?",
    );

    MOVE_IMPORTS = TenantSql::update(
        "imports",
        "lease_until = lease_until - ?",
        "AND status = 'running' AND lease_until > ?",
    );
}

/// Records of all tenants whose scheduled moment has come. The waiting status is written out, since
/// the partial index that answers this holds only under it.
pub(crate) fn due_statement(resource: &Resource) -> Option<String> {
    let schedule = resource.schedule?;
    let at = resource.field(schedule.at)?.column();
    Some(format!(
        "SELECT tenant, id FROM {} WHERE status = '{}' AND {at} <= ? ORDER BY {at} LIMIT 100",
        resource.table(),
        schedule.from
    ))
}
