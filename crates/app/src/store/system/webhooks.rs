//! Webhooks and how they do.

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};
use crate::webhooks::endpoint;

outside_tenants! {
    /// Webhooks that are on and have deliveries which are due and not leased: from one webhook of the
    /// index to the next, however many deliveries each has.
    DUE_WEBHOOKS = "WITH RECURSIVE waiting (id) AS ( \
        SELECT (SELECT webhook_id FROM deliveries WHERE status = 'pending' ORDER BY webhook_id LIMIT 1) \
        UNION ALL SELECT (SELECT webhook_id FROM deliveries WHERE status = 'pending' AND webhook_id > waiting.id \
        ORDER BY webhook_id LIMIT 1) FROM waiting WHERE waiting.id IS NOT NULL) \
        SELECT w.tenant, w.id FROM waiting JOIN webhooks w ON w.id = waiting.id AND w.enabled = TRUE \
        WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending' \
        AND d.next_attempt_at <= ? AND d.lease_until <= ?)";
    /// What waits for webhooks that are on, since when, how many of these fail, and what is not queued yet. Reads
    /// nothing but the index of what waits, and no more of that than is of use: a scrape must stay cheap.
    WEBHOOK_QUEUE = "SELECT CAST(COALESCE(SUM(q.waiting), 0) AS BIGINT), MIN(q.oldest), \
        CAST(COALESCE(SUM(q.failing), 0) AS BIGINT), \
        (SELECT CAST(COALESCE(SUM(t.sequence - COALESCE(f.sequence, 0)), 0) AS BIGINT) FROM tenants t \
        LEFT JOIN fanouts f ON f.tenant = t.id) FROM (SELECT \
        (SELECT COUNT(*) FROM (SELECT 1 AS one FROM deliveries d WHERE d.webhook_id = w.id \
        AND d.status = 'pending' LIMIT 100000) l) AS waiting, \
        (SELECT MIN(d.next_attempt_at) FROM deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending') AS oldest, \
        CASE WHEN w.failing_since IS NULL THEN 0 ELSE 1 END AS failing FROM webhooks w WHERE w.enabled = TRUE) q";
    /// Raises the warning of webhooks that have failed since before a moment.
    RAISE_WARNING = "UPDATE webhooks SET warning_level = ?, version = version + 1, updated_at = ? \
        WHERE failing_since <= ? AND warning_level < ? AND enabled = TRUE";
    /// Forgets some sums of attempts that are older than they are shown.
    PRUNE_HOURS = "DELETE FROM webhook_hours WHERE (tenant, webhook_id, hour) IN \
        (SELECT tenant, webhook_id, hour FROM webhook_hours WHERE hour <= ? LIMIT 1000)";
    /// Tenants with changes that were not queued for webhooks yet.
    TENANTS_TO_FAN_OUT = "SELECT t.id FROM tenants t LEFT JOIN fanouts f ON f.tenant = t.id \
        WHERE t.sequence > COALESCE(f.sequence, 0) ORDER BY t.id";
}

of_tenant! {
    /// The webhooks of the tenant that are on.
    ENABLED_WEBHOOKS = TenantSql::select(endpoint::COLUMNS, "webhooks", "AND enabled = ? ORDER BY id");

    /// One webhook of the tenant.
    FIND_WEBHOOK = TenantSql::select(endpoint::COLUMNS, "webhooks", "AND id = ?");

    /// Notes from which change on a new webhook hears.
    HEAR_FROM_NOW = TenantSql::update("webhooks", "since = (SELECT sequence FROM tenants WHERE id = {tenant})", "AND id = ?");

    /// How far the tenant's changes are queued for its webhooks.
    FANNED_OUT = TenantSql::select("sequence", "fanouts", "");

    /// Moves that on, if it still is where it was.
    MOVE_FANOUT = TenantSql::render(
        "INSERT INTO fanouts (tenant, sequence) VALUES ({tenant}, ?) ON CONFLICT (tenant) \
         DO UPDATE SET sequence = excluded.sequence WHERE fanouts.sequence = ?",
    );

    /// Notes since when a webhook fails, when it did not.
    SET_FAILING = TenantSql::update(
        "webhooks",
        "failing_since = ?, version = version + 1, updated_at = ?",
        "AND id = ? AND failing_since IS NULL",
    );

    /// Notes that a webhook works, when it failed.
    SET_WORKING = TenantSql::update(
        "webhooks",
        "failing_since = NULL, warning_level = 0, version = version + 1, updated_at = ?",
        "AND id = ? AND failing_since IS NOT NULL",
    );

    /// Switches a webhook off.
    DISABLE_WEBHOOK = TenantSql::update(
        "webhooks",
        "enabled = ?, disabled_reason = ?, version = version + 1, updated_at = ?",
        "AND id = ? AND enabled = ?",
    );

    /// Adds attempts to the sums of a webhook's hour.
    ADD_HOUR = TenantSql::render(
        "INSERT INTO webhook_hours (tenant, webhook_id, hour, succeeded, failed, duration_ms, slowest_ms) \
         VALUES ({tenant}, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, webhook_id, hour) DO UPDATE SET \
         succeeded = webhook_hours.succeeded + excluded.succeeded, failed = webhook_hours.failed + excluded.failed, \
         duration_ms = webhook_hours.duration_ms + excluded.duration_ms, slowest_ms = CASE \
         WHEN excluded.slowest_ms > webhook_hours.slowest_ms THEN excluded.slowest_ms \
         ELSE webhook_hours.slowest_ms END",
    );

    /// The sums of a webhook's hours from one on.
    FIND_HOURS = TenantSql::select(
        "hour, succeeded, failed, duration_ms, slowest_ms",
        "webhook_hours",
        "AND webhook_id = ? AND hour >= ?",
    );
}
