//! What is kept of changes: the feed, the audit log, what is left of deleted records.

use crate::changes;
use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    /// Forgets some audit rows that are older than they are kept (domain §6).
    PRUNE_AUDIT = "DELETE FROM audit_log WHERE (tenant, id) IN \
        (SELECT tenant, id FROM audit_log WHERE created_at <= ? LIMIT 1000)";
}

of_tenant! {
    /// Adds a row to the audit log.
    INSERT_AUDIT = TenantSql::insert(
        "audit_log",
        &[
            "id",
            "sequence",
            "action",
            "resource_type",
            "resource_id",
            "actor_type",
            "actor_id",
            "impersonator_id",
            "ip_address",
            "user_agent",
            "request_id",
            "changes",
            "created_at",
        ],
    );

    /// Adds a row to the change feed.
    INSERT_CHANGE = TenantSql::insert(
        "changes",
        &[
            "sequence",
            "id",
            "type",
            "resource",
            "record_id",
            "version",
            "origin_type",
            "origin_id",
            "integration_id",
            "data",
            "previous",
            "created_at",
        ],
    );

    /// Keeps what is left of a deleted record.
    INSERT_TOMBSTONE = TenantSql::insert(
        "tombstones",
        &["resource", "id", "version", "created_at", "updated_at", "merged_into", "external_id"],
    );

    /// What is left of one deleted record.
    FIND_TOMBSTONE = TenantSql::select("merged_into", "tombstones", "AND resource = ? AND id = ?");

    /// The next changes of the tenant.
    CHANGES_AFTER = TenantSql::select(changes::COLUMNS, "changes", "AND sequence > ? ORDER BY sequence LIMIT ?");

    /// One change of the tenant.
    FIND_CHANGE = TenantSql::select(changes::COLUMNS, "changes", "AND sequence = ?");

    /// When a change was made.
    CHANGE_TIME = TenantSql::select("created_at", "changes", "AND sequence = ?");

    /// The number of the oldest change that is kept.
    OLDEST_CHANGE = TenantSql::select("MIN(sequence)", "changes", "");

    /// Forgets the oldest changes up to a number that were made up to a moment.
    PRUNE_CHANGES = TenantSql::delete("changes", "AND sequence <= ? AND created_at <= ?");
}
