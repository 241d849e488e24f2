//! Signing secrets, and what is sealed with the installation's key beside them.

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    /// Seals the known text once for all servers.
    INSERT_KEY_CHECK = "INSERT INTO key_checks (id, sealed) VALUES (1, ?) ON CONFLICT (id) DO NOTHING";
    KEY_CHECK = "SELECT sealed FROM key_checks WHERE id = 1";
    STORE_KEY_CHECK = "UPDATE key_checks SET sealed = ? WHERE id = 1";
    COUNT_SECRETS = "SELECT COUNT(*) FROM secrets";
    FORGET_SECRETS = "DELETE FROM secrets";
    /// Headers of webhooks whose texts are not encrypted.
    PLAIN_HEADERS = "SELECT tenant, id, headers FROM webhooks WHERE headers <> '{}' \
        AND headers NOT LIKE '%:{\"sealed\":\"%'";
    FORGET_ANSWERS = "DELETE FROM idempotency_keys WHERE sealed = TRUE";
    DISABLE_WEBHOOKS = "UPDATE webhooks SET headers = '{}', enabled = ?, disabled_reason = ?, version = version + 1, updated_at = ?";
}

of_tenant! {
    /// Adds a signing secret.
    INSERT_SECRET = TenantSql::insert("secrets", &["owner", "id", "sealed", "created_at"]);

    /// The signing secrets of an owner that are valid, newest first.
    FIND_SECRETS = TenantSql::select(
        "sealed",
        "secrets",
        "AND owner = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at DESC, id DESC",
    );

    /// Lets the secrets of an owner that have no end yet end at a moment.
    EXPIRE_SECRETS = TenantSql::update("secrets", "expires_at = ?", "AND owner = ? AND expires_at IS NULL");

    /// Forgets the secrets of an owner that have ended.
    PRUNE_SECRETS = TenantSql::delete("secrets", "AND owner = ? AND expires_at <= ?");

    /// Forgets all secrets of an owner.
    DELETE_SECRETS = TenantSql::delete("secrets", "AND owner = ?");

    /// Encrypts the headers of a webhook, unless they were changed meanwhile.
    SEAL_HEADERS = TenantSql::update("webhooks", "headers = ?", "AND id = ? AND headers = ?");
}
