//! The statements of integrations: what belongs to one, syncs and their log, requests by key and hour.
//! All are listed, so that a test can prepare each on both engines and check its scope.

use std::sync::LazyLock;

use super::scope::TenantSql;

/// The outside id that a deleted record had.
pub(crate) static EXTERNAL_ID_LEFT: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("external_id", "tombstones", "AND resource = ? AND id = ?"));

/// Forgets it.
pub(crate) static ERASE_EXTERNAL_ID: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("tombstones", "external_id = NULL", "AND resource = ? AND id = ?"));

/// Forgets what syncs keep of a record that failed.
pub(crate) static ERASE_SYNCS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::delete(
        "sync_log",
        "AND resource = ? AND type = 'record' AND (record_id = ? OR external_id = ?)",
    )
});

/// Adds a row to the sync log.
pub(crate) static INSERT_SYNC_ENTRY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::insert(
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
    )
});

/// Whether anything of an integration's syncs is still open.
pub(crate) static OPEN_SYNC_ENTRY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status IN ('retrying', 'failed') LIMIT 1",
    )
});

/// Settles what is open of an outside record.
pub(crate) static SETTLE_SYNC_ENTRIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "sync_log",
        "status = ?, completed_at = ?, next_retry_at = NULL, payload = NULL",
        "AND integration_id = ? AND resource = ? AND external_id = ? AND type = 'record' \
         AND status IN ('retrying', 'failed')",
    )
});

/// What was sent of a record that failed.
pub(crate) static FIND_SYNC_PAYLOAD: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("payload", "sync_log", "AND id = ?"));

/// Stores what became of another attempt.
pub(crate) static FINISH_SYNC_ENTRY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "sync_log",
        "status = ?, record_id = ?, reason = ?, action = ?, problem = ?, attempts = ?, next_retry_at = ?, \
         completed_at = ?, payload = ?",
        "AND id = ?",
    )
});

/// Forgets the oldest rows of the sync log.
pub(crate) static PRUNE_SYNC_LOG: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "DELETE FROM sync_log WHERE tenant = {tenant} AND id IN (SELECT id FROM sync_log \
         WHERE tenant = {tenant} AND id < ? ORDER BY id LIMIT 1000)",
    )
});

/// Forgets the syncs of an integration.
pub(crate) static LEAVE_SYNC_LOG: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("sync_log", "AND integration_id = ?"));

/// Forgets what the syncs of an integration left.
pub(crate) static LEAVE_SYNC_LINKS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("sync_links", "AND integration_id = ?"));

/// What the last sync of a record left.
pub(crate) static FIND_SYNC_LINK: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select("version, external_at", "sync_links", "AND integration_id = ? AND record_id = ?")
});

/// Notes what a sync of a record leaves.
pub(crate) static STORE_SYNC_LINK: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO sync_links (tenant, integration_id, record_id, version, external_at) \
         VALUES ({tenant}, ?, ?, ?, ?) ON CONFLICT (tenant, integration_id, record_id) DO UPDATE SET \
         version = excluded.version, external_at = excluded.external_at",
    )
});

/// Forgets what a sync of a record left.
pub(crate) static DELETE_SYNC_LINK: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("sync_links", "AND integration_id = ? AND record_id = ?"));

/// Adds to the requests of a key in an hour.
pub(crate) static ADD_REQUEST_COUNTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO request_counts (tenant, hour, key_id, succeeded, client_errors, unauthorised, forbidden, \
         rate_limited, server_errors, last_at) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, hour, key_id) DO UPDATE SET \
         succeeded = request_counts.succeeded + excluded.succeeded, \
         client_errors = request_counts.client_errors + excluded.client_errors, \
         unauthorised = request_counts.unauthorised + excluded.unauthorised, \
         forbidden = request_counts.forbidden + excluded.forbidden, \
         rate_limited = request_counts.rate_limited + excluded.rate_limited, \
         server_errors = request_counts.server_errors + excluded.server_errors, last_at = excluded.last_at",
    )
});

/// The requests with the keys of an integration since an hour, by hour.
pub(crate) static REQUEST_COUNTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "SELECT hour, succeeded, client_errors, unauthorised, forbidden, rate_limited, server_errors, last_at \
         FROM request_counts WHERE tenant = {tenant} AND hour >= ? AND key_id IN \
         (SELECT id FROM api_keys WHERE tenant = {tenant} AND integration_id = ?)",
    )
});

/// Forgets the requests of old hours.
pub(crate) static PRUNE_REQUEST_COUNTS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("request_counts", "AND hour < ?"));

/// The last run of an integration.
pub(crate) static LAST_SYNC_RUN: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "created_at, status",
        "sync_log",
        "AND integration_id = ? AND type = 'run' ORDER BY created_at DESC, id DESC LIMIT 1",
    )
});

/// How many records of an integration wait, and how many need somebody.
pub(crate) static OPEN_SYNC_COUNTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "status, COUNT(*)",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status IN ('retrying', 'failed') GROUP BY status",
    )
});

/// The newest records of an integration that need somebody.
pub(crate) static OPEN_SYNC_ENTRIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id, resource, external_id, reason, action, created_at",
        "sync_log",
        "AND integration_id = ? AND type = 'record' AND status = 'failed' ORDER BY created_at DESC, id DESC LIMIT 5",
    )
});

/// What the runs of an integration did since a moment.
pub(crate) static SYNC_RUNS_SINCE: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "created_at, created, updated, unchanged, skipped, deleted, failed",
        "sync_log",
        "AND integration_id = ? AND type = 'run' AND created_at >= ?",
    )
});

/// The webhooks of an integration and how they do.
pub(crate) static INTEGRATION_WEBHOOKS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "url, enabled, failing_since, disabled_reason, updated_at",
        "webhooks",
        "AND integration_id = ? ORDER BY created_at, id",
    )
});

/// Deliveries of an integration's webhooks since a moment: those that arrived, and those whose last attempt failed.
pub(crate) static WEBHOOK_OUTCOMES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "SELECT CAST(SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(SUM(CASE WHEN status = 'failed' OR (status = 'pending' AND attempt_count > 0) THEN 1 ELSE 0 END) AS BIGINT) \
         FROM deliveries WHERE tenant = {tenant} AND webhook_id IN \
         (SELECT id FROM webhooks WHERE tenant = {tenant} AND integration_id = ?) AND created_at >= ?",
    )
});

/// The latest deletion of the record with an outside id.
pub(crate) static FIND_TOMBSTONE_BY_EXTERNAL_ID: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id, updated_at",
        "tombstones",
        "AND resource = ? AND external_id = ? ORDER BY updated_at DESC LIMIT 1",
    )
});

/// The keys of an integration that are not revoked.
pub(crate) static KEYS_OF_INTEGRATION: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("id", "api_keys", "AND integration_id = ? AND revoked_at IS NULL"));

/// Lets go of the keys of an integration that is deleted.
pub(crate) static LEAVE_KEYS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("api_keys", "integration_id = NULL", "AND integration_id = ?"));

/// The webhooks of an integration, and whether they are on.
pub(crate) static WEBHOOKS_OF_INTEGRATION: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("id, enabled", "webhooks", "AND integration_id = ?"));

/// Lets go of the webhooks of an integration that is deleted, and switches them off.
pub(crate) static LEAVE_WEBHOOKS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "webhooks",
        "enabled = ?, disabled_reason = ?, integration_id = NULL, version = version + 1, updated_at = ?",
        "AND integration_id = ?",
    )
});

/// Every statement of this file.
pub(super) fn all() -> [&'static TenantSql; 28] {
    [
        &EXTERNAL_ID_LEFT,
        &ERASE_EXTERNAL_ID,
        &ERASE_SYNCS,
        &INSERT_SYNC_ENTRY,
        &OPEN_SYNC_ENTRY,
        &SETTLE_SYNC_ENTRIES,
        &FIND_SYNC_PAYLOAD,
        &FINISH_SYNC_ENTRY,
        &PRUNE_SYNC_LOG,
        &LEAVE_SYNC_LOG,
        &LEAVE_SYNC_LINKS,
        &FIND_SYNC_LINK,
        &STORE_SYNC_LINK,
        &DELETE_SYNC_LINK,
        &ADD_REQUEST_COUNTS,
        &REQUEST_COUNTS,
        &PRUNE_REQUEST_COUNTS,
        &LAST_SYNC_RUN,
        &OPEN_SYNC_COUNTS,
        &OPEN_SYNC_ENTRIES,
        &SYNC_RUNS_SINCE,
        &INTEGRATION_WEBHOOKS,
        &WEBHOOK_OUTCOMES,
        &FIND_TOMBSTONE_BY_EXTERNAL_ID,
        &KEYS_OF_INTEGRATION,
        &LEAVE_KEYS,
        &WEBHOOKS_OF_INTEGRATION,
        &LEAVE_WEBHOOKS,
    ]
}
