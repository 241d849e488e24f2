//! Organisations, their plans, and their tenants with the numbers that are counted for each.

use crate::store::TenantSql;
use crate::store::statements::{of_tenant, outside_tenants};

outside_tenants! {
    INSERT_ORGANISATION = "INSERT INTO organisations (id, slug, name, plan, timezone, currency, country, \
        required_member_fields, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    LIST_ORGANISATIONS = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations ORDER BY created_at, id";
    FIND_ORGANISATION = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations WHERE slug = ?";
    ORGANISATION_BY_ID = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations WHERE id = ?";
    CHANGE_ORGANISATION = "UPDATE organisations SET name = ?, timezone = ?, currency = ?, country = ?, \
        required_member_fields = ?, updated_at = ? WHERE id = ?";
    PLAN = "SELECT plan FROM organisations WHERE id = ?";
    SET_PLAN = "UPDATE organisations SET plan = ?, updated_at = ? WHERE id = ?";
    REQUIRED_FIELDS = "SELECT required_member_fields FROM organisations WHERE id = ?";
    SET_REQUIRED_FIELDS = "UPDATE organisations SET required_member_fields = ?, updated_at = ? WHERE id = ?";
    CLOSE_ORGANISATION = "UPDATE organisations SET closed_at = ?, updated_at = ? WHERE id = ? AND closed_at IS NULL";
    INSERT_TENANT = "INSERT INTO tenants (id, organisation_id, environment, sequence) \
        VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM tenants), ?, ?, 0)";
    FIND_TENANT = "SELECT id FROM tenants WHERE organisation_id = ? AND environment = ?";
    /// A tenant by its number, for the server's own clockwork.
    TENANT_BY_KEY = "SELECT t.environment, o.id, o.slug, o.name, o.plan, o.timezone, o.currency, o.country, \
        o.required_member_fields, o.created_at, o.closed_at FROM tenants t \
        JOIN organisations o ON o.id = t.organisation_id WHERE t.id = ?";
    TENANTS = "SELECT id FROM tenants ORDER BY id";
    /// The tenant's last sequence number.
    SEQUENCE = "SELECT sequence FROM tenants WHERE id = ?";
    /// Locks the tenant's row until the transaction ends.
    LOCK_TENANT = "UPDATE tenants SET sequence = sequence WHERE id = ? RETURNING sequence";
    STORE_SEQUENCE = "UPDATE tenants SET sequence = ? WHERE id = ?";
}

of_tenant! {
    /// The last number of a counter of the tenant.
    FIND_NUMBER = TenantSql::select("value", "counters", "AND name = ?");

    /// Stores the last number of a counter of the tenant.
    STORE_NUMBER = TenantSql::render(
        "INSERT INTO counters (tenant, name, value) VALUES ({tenant}, ?, ?) \
         ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value",
    );

    /// Locks the tenant's budget, and starts it when there is none.
    LOCK_QUOTA = TenantSql::render(
        "INSERT INTO quotas (tenant, window_start, used) VALUES ({tenant}, ?, 0) \
         ON CONFLICT (tenant) DO UPDATE SET used = quotas.used RETURNING window_start, used",
    );

    /// The tenant's budget.
    FIND_QUOTA = TenantSql::select("window_start, used", "quotas", "");

    /// Stores what is used of the tenant's budget.
    STORE_QUOTA = TenantSql::update("quotas", "window_start = ?, used = ?", "");

    /// Gives a part of the tenant's budget back, if its window still runs.
    RETURN_QUOTA = TenantSql::update("quotas", "used = used - ?", "AND window_start = ?");
}
