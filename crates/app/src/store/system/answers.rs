//! Answers that are kept for repeated requests.

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    /// Forgets some answers that are older than they are kept.
    PRUNE_ANSWERS = "DELETE FROM idempotency_keys WHERE (tenant, credential, key) IN \
        (SELECT tenant, credential, key FROM idempotency_keys WHERE created_at <= ? LIMIT 1000)";
}

of_tenant! {
    /// The kept answer to a request with an idempotency key.
    FIND_ANSWER = TenantSql::select(
        "request_hash, status, headers, body, sealed",
        "idempotency_keys",
        "AND credential = ? AND key = ? AND created_at > ?",
    );

    /// Keeps an answer; changes nothing when one is kept already that is not too old.
    STORE_ANSWER = TenantSql::render(
        "INSERT INTO idempotency_keys (tenant, credential, key, request_hash, status, headers, body, sealed, \
         created_at) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, credential, key) DO UPDATE SET \
         request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, \
         body = excluded.body, sealed = excluded.sealed, created_at = excluded.created_at WHERE idempotency_keys.created_at <= ?",
    );
}
