//! The statements of integrations: what belongs to one, syncs and their log, requests by key and hour.

use super::scope::TenantSql;
use super::statements::of_tenant;

/// Places for the ids of [`AT_ONCE`] integrations: one text, however many are asked for.
const SOME: &str =
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
pub(crate) const AT_ONCE: usize = 30;

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

    /// The requests with the keys of some integrations since an hour, by key and hour.
    REQUEST_COUNTS = TenantSql::render(&format!(
        "SELECT key_id, hour, succeeded, client_errors, unauthorised, forbidden, rate_limited, server_errors, last_at \
         FROM request_counts WHERE tenant = {{tenant}} AND hour >= ? AND key_id IN \
         (SELECT id FROM api_keys WHERE tenant = {{tenant}} AND integration_id IN {SOME})",
    ));

    /// Forgets the requests of old hours.
    PRUNE_REQUEST_COUNTS = TenantSql::delete("request_counts", "AND hour < ?");

    /// The last run of each of some integrations, found by the index however many runs there were.
    LAST_SYNC_RUNS = TenantSql::render(&format!(
        "SELECT integration_id, created_at, status FROM sync_log WHERE tenant = {{tenant}} AND id IN (SELECT \
         (SELECT id FROM sync_log WHERE tenant = {{tenant}} AND integration_id = integrations.id AND type = 'run' \
         ORDER BY created_at DESC, id DESC LIMIT 1) FROM integrations WHERE tenant = {{tenant}} AND id IN {SOME})",
    ));

    /// How many records of some integrations wait, and how many need somebody.
    OPEN_SYNC_COUNTS = TenantSql::select(
        "integration_id, status, COUNT(*)",
        "sync_log",
        &format!(
            "AND integration_id IN {SOME} AND type = 'record' AND status IN ('retrying', 'failed') \
             GROUP BY integration_id, status"
        ),
    );

    /// The newest records of each of some integrations that need somebody. That they are open is said in the words of the
    /// partial index, which SQLite does not take else.
    OPEN_SYNC_ENTRIES = TenantSql::render(&format!(
        "SELECT integration_id, id, resource, external_id, reason, action, created_at FROM (SELECT integration_id, id, \
         resource, external_id, reason, action, created_at, ROW_NUMBER() OVER (PARTITION BY integration_id \
         ORDER BY created_at DESC, id DESC) AS place FROM sync_log WHERE tenant = {{tenant}} \
         AND integration_id IN {SOME} AND type = 'record' AND status IN ('retrying', 'failed') \
         AND status = 'failed') newest \
         WHERE place <= 5 ORDER BY integration_id, place",
    ));

    /// What the runs of some integrations did since a moment.
    SYNC_RUNS_SINCE = TenantSql::select(
        "integration_id, created_at, created, updated, unchanged, skipped, deleted, failed",
        "sync_log",
        &format!("AND integration_id IN {SOME} AND type = 'run' AND created_at >= ?"),
    );

    /// The webhooks of some integrations and how they do.
    INTEGRATION_WEBHOOKS = TenantSql::select(
        "integration_id, id, url, enabled, failing_since, disabled_reason, updated_at",
        "webhooks",
        &format!("AND integration_id IN {SOME} ORDER BY created_at, id"),
    );

    /// Deliveries of these webhooks since a moment: those that arrived, and those whose last attempt failed.
    WEBHOOK_OUTCOMES = TenantSql::render(&format!(
        "SELECT webhook_id, CAST(SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(SUM(CASE WHEN status = 'failed' OR (status = 'pending' AND attempt_count > 0) THEN 1 ELSE 0 END) AS BIGINT) \
         FROM deliveries WHERE tenant = {{tenant}} AND webhook_id IN \
         (SELECT id FROM webhooks WHERE tenant = {{tenant}} AND integration_id IN {SOME}) AND created_at >= ? \
         GROUP BY webhook_id",
    ));

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
