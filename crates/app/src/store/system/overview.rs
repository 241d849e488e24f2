//! Figures of the overview.

use crate::store::TenantSql;
use crate::store::statements::of_tenant;

of_tenant! {
    /// How many members there are, by status.
    MEMBERS_BY_STATUS = TenantSql::select("status, COUNT(*)", "members", "GROUP BY status");

    /// How many members have joined since a day, by month.
    MEMBERS_BY_MONTH = TenantSql::select(
        "SUBSTR(joined_at, 1, 7) AS joined_in, COUNT(*)",
        "members",
        "AND joined_at >= ? GROUP BY joined_in",
    );

    /// The webhooks of the tenant that somebody should see to.
    FAILING_WEBHOOKS = TenantSql::select(
        "id, url, failing_since, disabled_reason",
        "webhooks",
        "AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL) ORDER BY created_at, id LIMIT 20",
    );
}
