//! The statements of integrations: what belongs to one, syncs and their log, requests by key and hour.

use super::scope::TenantSql;
use super::statements::of_tenant;

of_tenant! {
    /// The names of the tenant's integrations.
    INTEGRATION_NAMES = TenantSql::select("name", "integrations", "ORDER BY name_folded");

    /// The outside id that a deleted record had.
    EXTERNAL_ID_LEFT = TenantSql::select("external_id", "tombstones", "AND resource = ? AND id = ?");

    /// Forgets it.
    ERASE_EXTERNAL_ID = TenantSql::update("tombstones", "external_id = NULL", "AND resource = ? AND id = ?");

    /// Forgets what syncs keep of a record that failed.
    ERASE_SYNCS = TenantSql::delete(
        "sync_log",
        "AND resource = ? AND type = 'record' AND (record_id = ? OR external_id = ?)",
    );

    /// Adds a row to the sync log.
    INSERT_SYNC_ENTRY = TenantSql::insert(
        "sync_log",
        &[
            "id",
            "integration_id",
            "type",
            "run_id",
            "resource",
            "status",
            "created",
            "updated",
            "unchanged",
            "skipped",
            "deleted",
            "failed",
            "external_id",
            "record_id",
            "reason",
            "action",
            "problem",
            "attempts",
            "next_retry_at",
            "created_at",
            "completed_at",
            "payload",
        ],
    );

    /// Whether anything of an integration's syncs is still open.
    OPEN_SYNC_ENTRY = TenantSql::select(
        "id",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status IN ('retrying', 'failed') LIMIT 1",
    );

    /// Settles what is open of an outside record.
    SETTLE_SYNC_ENTRIES = TenantSql::update(
        "sync_log",
        "status = ?, completed_at = ?, next_retry_at = NULL, payload = NULL",
        "AND integration_id = ? AND resource = ? AND external_id = ? AND type = 'record' \
         AND status IN ('retrying', 'failed')",
    );

    /// What was sent of a record that failed.
    FIND_SYNC_PAYLOAD = TenantSql::select("payload", "sync_log", "AND id = ?");

    /// Stores what became of another attempt.
    FINISH_SYNC_ENTRY = TenantSql::update(
        "sync_log",
        "status = ?, record_id = ?, reason = ?, action = ?, problem = ?, attempts = ?, next_retry_at = ?, \
         completed_at = ?, payload = ?",
        "AND id = ?",
    );

    /// Forgets the oldest rows of the sync log.
    PRUNE_SYNC_LOG = TenantSql::render(
        "DELETE FROM sync_log WHERE tenant = {tenant} AND id IN (SELECT id FROM sync_log \
         WHERE tenant = {tenant} AND id < ? ORDER BY id LIMIT 1000)",
    );

    /// Forgets the syncs of an integration.
    LEAVE_SYNC_LOG = TenantSql::delete("sync_log", "AND integration_id = ?");

    /// Forgets what the syncs of an integration left.
    LEAVE_SYNC_LINKS = TenantSql::delete("sync_links", "AND integration_id = ?");

    /// What the last sync of a record left.
    FIND_SYNC_LINK = TenantSql::select("version, external_at", "sync_links", "AND integration_id = ? AND record_id = ?");

    /// Notes what a sync of a record leaves.
    STORE_SYNC_LINK = TenantSql::render(
        "INSERT INTO sync_links (tenant, integration_id, record_id, version, external_at) \
         VALUES ({tenant}, ?, ?, ?, ?) ON CONFLICT (tenant, integration_id, record_id) DO UPDATE SET \
         version = excluded.version, external_at = excluded.external_at",
    );

    /// Forgets what a sync of a record left.
    DELETE_SYNC_LINK = TenantSql::delete("sync_links", "AND integration_id = ? AND record_id = ?");

    /// Adds to the requests of a key in an hour.
    ADD_REQUEST_COUNTS = TenantSql::render(
        "INSERT INTO request_counts (tenant, hour, key_id, succeeded, client_errors, unauthorised, forbidden, \
         rate_limited, server_errors, last_at) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, hour, key_id) DO UPDATE SET \
         succeeded = request_counts.succeeded + excluded.succeeded, \
         client_errors = request_counts.client_errors + excluded.client_errors, \
         unauthorised = request_counts.unauthorised + excluded.unauthorised, \
         forbidden = request_counts.forbidden + excluded.forbidden, \
         rate_limited = request_counts.rate_limited + excluded.rate_limited, \
         server_errors = request_counts.server_errors + excluded.server_errors, last_at = excluded.last_at",
    );

    /// The requests with the keys of an integration since an hour, by hour.
    REQUEST_COUNTS = TenantSql::render(
        "SELECT hour, succeeded, client_errors, unauthorised, forbidden, rate_limited, server_errors, last_at \
         FROM request_counts WHERE tenant = {tenant} AND hour >= ? AND key_id IN \
         (SELECT id FROM api_keys WHERE tenant = {tenant} AND integration_id = ?)",
    );

    /// Forgets the requests of old hours.
    PRUNE_REQUEST_COUNTS = TenantSql::delete("request_counts", "AND hour < ?");

    /// The last run of an integration.
    LAST_SYNC_RUN = TenantSql::select(
        "created_at, status",
        "sync_log",
        "AND integration_id = ? AND type = 'run' ORDER BY created_at DESC, id DESC LIMIT 1",
    );

    /// How many records of an integration wait, and how many need somebody.
    OPEN_SYNC_COUNTS = TenantSql::select(
        "status, COUNT(*)",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status IN ('retrying', 'failed') GROUP BY status",
    );

    /// The newest records of an integration that need somebody.
    OPEN_SYNC_ENTRIES = TenantSql::select(
        "id, resource, external_id, reason, action, created_at",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status = 'failed' ORDER BY created_at DESC, id DESC LIMIT 5",
    );

    /// What the runs of an integration did since a moment.
    SYNC_RUNS_SINCE = TenantSql::select(
        "created_at, created, updated, unchanged, skipped, deleted, failed",
        "sync_log",
        "AND integration_id = ? AND type = 'run' AND created_at >= ?",
    );

    /// The webhooks of an integration and how they do.
    INTEGRATION_WEBHOOKS = TenantSql::select(
        "url, enabled, failing_since, disabled_reason, updated_at",
        "webhooks",
        "AND integration_id = ? ORDER BY created_at, id",
    );

    /// Deliveries of an integration's webhooks since a moment: those that arrived, and those whose last attempt failed.
    WEBHOOK_OUTCOMES = TenantSql::render(
        "SELECT CAST(SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(SUM(CASE WHEN status = 'failed' OR (status = 'pending' AND attempt_count > 0) THEN 1 ELSE 0 END) AS BIGINT) \
         FROM deliveries WHERE tenant = {tenant} AND webhook_id IN \
         (SELECT id FROM webhooks WHERE tenant = {tenant} AND integration_id = ?) AND created_at >= ?",
    );

    /// The latest deletion of the record with an outside id.
    FIND_TOMBSTONE_BY_EXTERNAL_ID = TenantSql::select(
        "id, updated_at",
        "tombstones",
        "AND resource = ? AND external_id = ? ORDER BY updated_at DESC LIMIT 1",
    );

    /// The keys of an integration that are not revoked.
    KEYS_OF_INTEGRATION = TenantSql::select("id", "api_keys", "AND integration_id = ? AND revoked_at IS NULL");

    /// Lets go of the keys of an integration that is deleted.
    LEAVE_KEYS = TenantSql::update("api_keys", "integration_id = NULL", "AND integration_id = ?");

    /// The webhooks of an integration, and whether they are on.
    WEBHOOKS_OF_INTEGRATION = TenantSql::select("id, enabled", "webhooks", "AND integration_id = ?");

    /// Lets go of the webhooks of an integration that is deleted, and switches them off.
    LEAVE_WEBHOOKS = TenantSql::update(
        "webhooks",
        "enabled = ?, disabled_reason = ?, integration_id = NULL, version = version + 1, updated_at = ?",
        "AND integration_id = ?",
    );
}
