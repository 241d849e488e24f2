//! Deliveries to webhooks and their attempts.

use crate::store::TenantSql;
use crate::store::statements::of_tenant;

of_tenant! {
    /// Queues an event for a webhook; changes nothing when it is queued already.
    INSERT_DELIVERY = TenantSql::render(
        "INSERT INTO deliveries (tenant, id, webhook_id, event_id, event_type, sequence, status, attempt_count, \
         next_attempt_at, created_at, payload, lease_until) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, webhook_id, sequence) DO NOTHING",
    );

    /// Leases due deliveries of a webhook; looks at the lease again when it takes the row.
    CLAIM_DELIVERIES = TenantSql::render(
        "UPDATE deliveries SET lease_until = ? WHERE tenant = {tenant} AND id IN (SELECT id FROM deliveries \
         WHERE tenant = {tenant} AND webhook_id = ? AND status = 'pending' AND next_attempt_at <= ? \
         AND lease_until <= ? ORDER BY next_attempt_at LIMIT ?) AND status = 'pending' AND lease_until <= ? \
         RETURNING id, event_id, event_type, sequence, attempt_count, payload",
    );

    /// Stores what became of a delivery that waits.
    FINISH_DELIVERY = TenantSql::update(
        "deliveries",
        "status = ?, attempt_count = ?, next_attempt_at = ?, response_status = ?, duration_ms = ?, error = ?, \
         completed_at = ?, lease_until = 0",
        "AND id = ? AND status = 'pending'",
    );

    /// Ends the lease of a delivery that waits.
    RELEASE_DELIVERY = TenantSql::update("deliveries", "lease_until = 0", "AND id = ? AND status = 'pending'");

    /// Ends what waits for a webhook.
    GIVE_UP_DELIVERIES = TenantSql::update(
        "deliveries",
        "status = 'failed', error = ?, completed_at = ?, next_attempt_at = NULL",
        "AND webhook_id = ? AND status = 'pending'",
    );

    /// Keeps an attempt, unless another server has kept one of that number.
    INSERT_ATTEMPT = TenantSql::render(
        "INSERT INTO delivery_attempts (tenant, delivery_id, number, started_at, duration_ms, url, \
         request_headers, response_status, response_headers, response_body, error) \
         VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, delivery_id, number) DO NOTHING",
    );

    /// The attempts of a delivery.
    FIND_ATTEMPTS = TenantSql::select(
        "number, started_at, duration_ms, url, request_headers, response_status, response_headers, response_body, \
         error",
        "delivery_attempts",
        "AND delivery_id = ? ORDER BY number",
    );

    /// What a delivery sends.
    DELIVERY_PAYLOAD = TenantSql::select("payload, sequence", "deliveries", "AND id = ?");

    /// Lets a delivery be sent again now.
    RETRY_DELIVERY = TenantSql::update(
        "deliveries",
        "status = 'pending', next_attempt_at = ?, completed_at = NULL",
        "AND id = ?",
    );

    /// Lets what failed since a moment be sent again now.
    RECOVER_DELIVERIES = TenantSql::update(
        "deliveries",
        "status = 'pending', next_attempt_at = ?, completed_at = NULL",
        "AND webhook_id = ? AND status = 'failed' AND created_at >= ?",
    );

    /// Forgets the oldest deliveries of the tenant.
    PRUNE_DELIVERIES = TenantSql::render(
        "DELETE FROM deliveries WHERE tenant = {tenant} AND id IN (SELECT id FROM deliveries \
         WHERE tenant = {tenant} AND id < ? ORDER BY id LIMIT 1000)",
    );

    /// Forgets the oldest attempts of the tenant.
    PRUNE_ATTEMPTS = TenantSql::render(
        "DELETE FROM delivery_attempts WHERE tenant = {tenant} AND (delivery_id, number) IN \
         (SELECT delivery_id, number FROM delivery_attempts WHERE tenant = {tenant} AND delivery_id < ? LIMIT 1000)",
    );
}
