//! API keys.

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    /// A credential by the hash of its key, with its tenant and organisation.
    FIND_KEY = "SELECT k.id, k.tenant, k.name, k.scopes, k.allowed_ips, k.expires_at, k.revoked_at, \
        t.environment, o.id, o.slug, o.name, o.plan, o.timezone, o.currency, o.country, \
        o.required_member_fields, o.created_at, o.closed_at, k.integration_id FROM api_keys k JOIN tenants t ON t.id = k.tenant \
        JOIN organisations o ON o.id = t.organisation_id WHERE k.hash = ?";
}

of_tenant! {
    /// Stores a key's hash and description.
    INSERT_KEY = TenantSql::insert(
        "api_keys",
        &[
            "id",
            "name",
            "hash",
            "prefix",
            "last_four",
            "scopes",
            "allowed_ips",
            "created_by",
            "integration_id",
            "created_at",
            "expires_at",
        ],
    );

    /// The keys of a tenant.
    LIST_KEYS = TenantSql::select(
        "id, name, prefix, last_four, scopes, allowed_ips, created_by, created_at, expires_at, revoked_at, \
         last_used_at, last_used_ip, integration_id",
        "api_keys",
        "ORDER BY created_at, id",
    );

    /// One key of a tenant.
    FIND_KEY_OF = TenantSql::select(
        "id, name, prefix, last_four, scopes, allowed_ips, created_by, created_at, expires_at, revoked_at, \
         last_used_at, last_used_ip, integration_id",
        "api_keys",
        "AND id = ?",
    );

    /// Lets a key end to be valid at a moment.
    END_KEY = TenantSql::update("api_keys", "expires_at = ?", "AND id = ?");

    /// Revokes a key that is not yet revoked.
    REVOKE_KEY = TenantSql::update("api_keys", "revoked_at = ?", "AND id = ? AND revoked_at IS NULL");

    /// Notes when and from where a key was last used.
    TOUCH_KEY = TenantSql::update("api_keys", "last_used_at = ?, last_used_ip = ?", "AND id = ?");
}
