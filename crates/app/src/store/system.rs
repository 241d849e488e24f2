//! The statements that belong to no tenant or come before one is known, and the fixed ones that do.
//! All are listed, so that a test can prepare each on both engines and check its scope.

use std::sync::LazyLock;

use domain::definition::{Registry, Resource};
use domain::resources::OWN;

use super::integrations;
use super::schema::Schema;
use super::scope::TenantSql;
use crate::webhooks::endpoint;
use crate::{changes, imports};

macro_rules! system_statements {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Statements outside any tenant.
        pub(crate) struct System;

        impl System {
            $($(#[$doc])* pub(crate) const $name: &'static str = $text;)*
            const ALL: &'static [&'static str] = &[$($text),*];
        }
    };
}

system_statements! {
    /// A credential by the hash of its key, with its tenant and organisation.
    FIND_KEY = "SELECT k.id, k.tenant, k.name, k.scopes, k.allowed_ips, k.expires_at, k.revoked_at, \
        t.environment, o.id, o.slug, o.name, o.plan, o.timezone, o.currency, o.country, \
        o.required_member_fields, o.created_at, o.closed_at, k.integration_id FROM api_keys k JOIN tenants t ON t.id = k.tenant \
        JOIN organisations o ON o.id = t.organisation_id WHERE k.hash = ?";
    INSERT_ORGANISATION = "INSERT INTO organisations (id, slug, name, plan, timezone, currency, country, \
        required_member_fields, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    INSERT_TENANT = "INSERT INTO tenants (id, organisation_id, environment, sequence) \
        VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM tenants), ?, ?, 0)";
    LIST_ORGANISATIONS = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations ORDER BY created_at, id";
    FIND_ORGANISATION = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations WHERE slug = ?";
    PLAN = "SELECT plan FROM organisations WHERE id = ?";
    REQUIRED_FIELDS = "SELECT required_member_fields FROM organisations WHERE id = ?";
    SET_PLAN = "UPDATE organisations SET plan = ?, updated_at = ? WHERE id = ?";
    CLOSE_ORGANISATION = "UPDATE organisations SET closed_at = ?, updated_at = ? WHERE id = ? AND closed_at IS NULL";
    SET_REQUIRED_FIELDS = "UPDATE organisations SET required_member_fields = ?, updated_at = ? WHERE id = ?";
    FIND_TENANT = "SELECT id FROM tenants WHERE organisation_id = ? AND environment = ?";
    /// A tenant by its number, for the server's own clockwork.
    TENANT_BY_KEY = "SELECT t.environment, o.id, o.slug, o.name, o.plan, o.timezone, o.currency, o.country, \
        o.required_member_fields, o.created_at, o.closed_at FROM tenants t \
        JOIN organisations o ON o.id = t.organisation_id WHERE t.id = ?";
    /// The tenant's last sequence number.
    SEQUENCE = "SELECT sequence FROM tenants WHERE id = ?";
    /// Locks the tenant's row until the transaction ends.
    LOCK_TENANT = "UPDATE tenants SET sequence = sequence WHERE id = ? RETURNING sequence";
    STORE_SEQUENCE = "UPDATE tenants SET sequence = ? WHERE id = ?";
    INSERT_USER = "INSERT INTO users (id, organisation_id, email, email_folded, first_name, last_name, role, \
        status, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)";
    LIST_USERS = "SELECT id, email, first_name, last_name, role, status, last_login_at, created_at FROM users \
        WHERE organisation_id = ? ORDER BY created_at, id";
    FIND_USER = "SELECT u.id, u.email, u.role, u.status, o.slug FROM users u \
        LEFT JOIN organisations o ON o.id = u.organisation_id WHERE u.email_folded = ?";
    SET_PASSWORD = "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?";
    /// Forgets some answers that are older than they are kept.
    PRUNE_ANSWERS = "DELETE FROM idempotency_keys WHERE (tenant, credential, key) IN \
        (SELECT tenant, credential, key FROM idempotency_keys WHERE created_at <= ? LIMIT 1000)";
    /// Forgets some audit rows that are older than they are kept (domain §6).
    PRUNE_AUDIT = "DELETE FROM audit_log WHERE (tenant, id) IN \
        (SELECT tenant, id FROM audit_log WHERE created_at <= ? LIMIT 1000)";
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
    /// Tenants with changes that were not queued for webhooks yet.
    TENANTS_TO_FAN_OUT = "SELECT t.id FROM tenants t LEFT JOIN fanouts f ON f.tenant = t.id \
        WHERE t.sequence > COALESCE(f.sequence, 0) ORDER BY t.id";
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
    /// Failed records of integrations that are on, whose time has come to be tried again.
    DUE_SYNCS = "SELECT s.tenant, s.integration_id, s.id FROM sync_log s JOIN integrations i \
        ON i.tenant = s.tenant AND i.id = s.integration_id AND i.enabled = TRUE \
        WHERE s.status = 'retrying' AND s.next_retry_at <= ? ORDER BY s.next_retry_at LIMIT 100";
    /// Raises the warning of webhooks that have failed since before a moment.
    RAISE_WARNING = "UPDATE webhooks SET warning_level = ?, version = version + 1, updated_at = ? \
        WHERE failing_since <= ? AND warning_level < ? AND enabled = TRUE";
    /// Forgets some sums of attempts that are older than they are shown.
    PRUNE_HOURS = "DELETE FROM webhook_hours WHERE (tenant, webhook_id, hour) IN \
        (SELECT tenant, webhook_id, hour FROM webhook_hours WHERE hour <= ? LIMIT 1000)";
    TENANTS = "SELECT id FROM tenants ORDER BY id";
    /// What signing in needs to know of a user.
    FIND_SIGN_IN = "SELECT u.id, u.password_hash, u.status, u.organisation_id, o.id, o.slug, o.name, o.plan, \
        o.timezone, o.currency, o.country, o.required_member_fields, o.created_at, o.closed_at FROM users u \
        LEFT JOIN organisations o ON o.id = u.organisation_id WHERE u.email_folded = ?";
    /// Notes that a user signs in, unless what was checked has changed meanwhile.
    SIGNED_IN = "UPDATE users SET last_login_at = ? WHERE id = ? AND password_hash = ? AND status = 'active'";
    INSERT_SESSION = "INSERT INTO sessions (id, token_hash, user_id, environment, ip_address, user_agent, \
        created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    /// A session by the hash of its token, with its user and, where it is in one, organisation and tenant.
    FIND_SESSION = "SELECT s.id, s.environment, s.support_user_id, s.support_reason, s.support_until, \
        s.created_at, s.last_seen_at, s.expires_at, u.id, u.email, u.first_name, u.last_name, u.role, t.id, \
        o.id, o.slug, o.name, o.plan, o.timezone, o.currency, o.country, o.required_member_fields, \
        o.created_at, o.closed_at FROM sessions s JOIN users u ON u.id = s.user_id \
        LEFT JOIN organisations o ON o.id = COALESCE(s.support_organisation_id, u.organisation_id) \
        LEFT JOIN tenants t ON t.organisation_id = o.id AND t.environment = s.environment \
        WHERE s.token_hash = ? AND u.status = 'active'";
    TOUCH_SESSION = "UPDATE sessions SET last_seen_at = ?, expires_at = ? WHERE id = ? AND last_seen_at < ?";
    SWITCH_SESSION = "UPDATE sessions SET environment = ? WHERE id = ?";
    START_SUPPORT = "UPDATE sessions SET support_organisation_id = ?, support_user_id = ?, support_reason = ?, \
        support_until = ?, environment = 'production' WHERE id = ?";
    END_SUPPORT = "UPDATE sessions SET support_organisation_id = NULL, support_user_id = NULL, \
        support_reason = NULL, support_until = NULL, environment = 'production' \
        WHERE id = ? AND support_organisation_id IS NOT NULL";
    /// As whom support acts: the organisation's first administrator.
    FIRST_ADMIN = "SELECT id FROM users WHERE organisation_id = ? AND role = 'ROLE_CLIENT_ADMIN' \
        AND status = 'active' ORDER BY created_at, id LIMIT 1";
    END_SESSION = "DELETE FROM sessions WHERE id = ?";
    END_SESSIONS_OF_USER = "DELETE FROM sessions WHERE user_id = ?";
    /// Locks what is known of attempts, and starts it when there is nothing.
    LOCK_ATTEMPTS = "INSERT INTO sign_in_attempts (subject, failures, last_at) VALUES (?, 0, ?) \
        ON CONFLICT (subject) DO UPDATE SET failures = sign_in_attempts.failures RETURNING failures, last_at";
    STORE_ATTEMPTS = "UPDATE sign_in_attempts SET failures = ?, last_at = ? WHERE subject = ?";
    FORGET_ATTEMPTS = "DELETE FROM sign_in_attempts WHERE subject = ?";
    FORGET_ATTEMPT = "UPDATE sign_in_attempts SET failures = failures - 1 WHERE subject = ? AND failures > 0";
    /// Forgets some sessions that have ended.
    PRUNE_SESSIONS = "DELETE FROM sessions WHERE id IN \
        (SELECT id FROM sessions WHERE expires_at <= ? LIMIT 1000)";
    /// Forgets some attempts that count no longer.
    PRUNE_SIGN_INS = "DELETE FROM sign_in_attempts WHERE subject IN \
        (SELECT subject FROM sign_in_attempts WHERE last_at <= ? LIMIT 1000)";
    SET_STATUS = "UPDATE users SET status = ?, updated_at = ? WHERE id = ? AND status <> ?";
    FIND_USER_OF = "SELECT id, email, first_name, last_name, role, status, last_login_at, created_at FROM users \
        WHERE id = ? AND organisation_id = ?";
    CHANGE_USER = "UPDATE users SET email = ?, email_folded = ?, first_name = ?, last_name = ?, role = ?, \
        status = ?, updated_at = ? WHERE id = ? AND organisation_id = ?";
    DELETE_USER = "DELETE FROM users WHERE id = ? AND organisation_id = ?";
    OTHER_ADMINS = "SELECT COUNT(*) FROM users WHERE organisation_id = ? AND role = 'ROLE_CLIENT_ADMIN' \
        AND status = 'active' AND id <> ?";
    PASSWORD_OF = "SELECT password_hash FROM users WHERE id = ?";
    ORGANISATION_BY_ID = "SELECT id, slug, name, plan, timezone, currency, country, required_member_fields, \
        created_at, closed_at FROM organisations WHERE id = ?";
    CHANGE_ORGANISATION = "UPDATE organisations SET name = ?, timezone = ?, currency = ?, country = ?, \
        required_member_fields = ?, updated_at = ? WHERE id = ?";
}

/// The last number of a counter of the tenant.
pub(crate) static FIND_NUMBER: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("value", "counters", "AND name = ?"));

/// Stores the last number of a counter of the tenant.
pub(crate) static STORE_NUMBER: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO counters (tenant, name, value) VALUES ({tenant}, ?, ?) \
         ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value",
    )
});

/// Adds a row to the audit log.
pub(crate) static INSERT_AUDIT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::insert(
        "audit_log",
        &[
            "id",
            "sequence",
            "action",
            "resource_type",
            "resource_id",
            "actor_type",
            "actor_id",
            "impersonator_id",
            "ip_address",
            "user_agent",
            "request_id",
            "changes",
            "created_at",
        ],
    )
});

/// Adds a row to the change feed.
pub(crate) static INSERT_CHANGE: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::insert(
        "changes",
        &[
            "sequence",
            "id",
            "type",
            "resource",
            "record_id",
            "version",
            "origin_type",
            "origin_id",
            "integration_id",
            "data",
            "previous",
            "created_at",
        ],
    )
});

/// Keeps what is left of a deleted record.
pub(crate) static INSERT_TOMBSTONE: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::insert(
        "tombstones",
        &["resource", "id", "version", "created_at", "updated_at", "merged_into", "external_id"],
    )
});

/// What is left of one deleted record.
pub(crate) static FIND_TOMBSTONE: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("merged_into", "tombstones", "AND resource = ? AND id = ?"));

/// Stores a key's hash and description.
pub(crate) static INSERT_KEY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::insert(
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
    )
});

/// The keys of a tenant.
pub(crate) static LIST_KEYS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id, name, prefix, last_four, scopes, allowed_ips, created_by, created_at, expires_at, revoked_at, \
         last_used_at, last_used_ip, integration_id",
        "api_keys",
        "ORDER BY created_at, id",
    )
});

/// One key of a tenant.
pub(crate) static FIND_KEY_OF: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id, name, prefix, last_four, scopes, allowed_ips, created_by, created_at, expires_at, revoked_at, \
         last_used_at, last_used_ip, integration_id",
        "api_keys",
        "AND id = ?",
    )
});

/// The names of the tenant's integrations.
pub(crate) static INTEGRATION_NAMES: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("name", "integrations", "ORDER BY name_folded"));

/// Lets a key end to be valid at a moment.
pub(crate) static END_KEY: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("api_keys", "expires_at = ?", "AND id = ?"));

/// How many members there are, by status.
pub(crate) static MEMBERS_BY_STATUS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("status, COUNT(*)", "members", "GROUP BY status"));

/// How many members have joined since a day, by month.
pub(crate) static MEMBERS_BY_MONTH: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "SUBSTR(joined_at, 1, 7) AS joined_in, COUNT(*)",
        "members",
        "AND joined_at >= ? GROUP BY joined_in",
    )
});

/// Revokes a key that is not yet revoked.
pub(crate) static REVOKE_KEY: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("api_keys", "revoked_at = ?", "AND id = ? AND revoked_at IS NULL"));

/// Notes when and from where a key was last used.
pub(crate) static TOUCH_KEY: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("api_keys", "last_used_at = ?, last_used_ip = ?", "AND id = ?"));

/// Locks the tenant's budget, and starts it when there is none.
pub(crate) static LOCK_QUOTA: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO quotas (tenant, window_start, used) VALUES ({tenant}, ?, 0) \
         ON CONFLICT (tenant) DO UPDATE SET used = quotas.used RETURNING window_start, used",
    )
});

/// The tenant's budget.
pub(crate) static FIND_QUOTA: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("window_start, used", "quotas", ""));

/// Stores what is used of the tenant's budget.
pub(crate) static STORE_QUOTA: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("quotas", "window_start = ?, used = ?", ""));

/// Gives a part of the tenant's budget back, if its window still runs.
pub(crate) static RETURN_QUOTA: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("quotas", "used = used - ?", "AND window_start = ?"));

/// The kept answer to a request with an idempotency key.
pub(crate) static FIND_ANSWER: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "request_hash, status, headers, body, sealed",
        "idempotency_keys",
        "AND credential = ? AND key = ? AND created_at > ?",
    )
});

/// Keeps an answer; changes nothing when one is kept already that is not too old.
pub(crate) static STORE_ANSWER: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO idempotency_keys (tenant, credential, key, request_hash, status, headers, body, sealed, \
         created_at) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, credential, key) DO UPDATE SET \
         request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, \
         body = excluded.body, sealed = excluded.sealed, created_at = excluded.created_at WHERE idempotency_keys.created_at <= ?",
    )
});

/// The ids of records that were merged into another one.
pub(crate) static MERGED_INTO: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("id", "tombstones", "AND resource = ? AND merged_into = ?"));

/// The numbers of the changes of a record.
const OF_RECORD: &str = "SELECT sequence FROM audit_log WHERE tenant = {tenant} AND resource_type = ? \
    AND resource_id = ? AND sequence IS NOT NULL";

/// Leaves nothing of a record in its changes.
pub(crate) static ERASE_CHANGES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "changes",
        "data = ?, previous = '{}'",
        "AND resource = ? AND record_id = ? AND sequence IN (SELECT sequence FROM audit_log \
         WHERE tenant = {tenant} AND resource_id = ? AND sequence IS NOT NULL)",
    )
});

/// Leaves nothing of what receivers answered to the changes of a record.
pub(crate) static ERASE_ATTEMPTS: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest = format!(
        "AND delivery_id IN (SELECT id FROM deliveries WHERE tenant = {{tenant}} AND sequence IN ({OF_RECORD}))"
    );
    TenantSql::update("delivery_attempts", "response_body = NULL", &rest)
});

/// Lets the changes of a record be shown, and sent if they still are, as they now are in the feed.
pub(crate) static ERASE_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update("deliveries", "payload = NULL", &format!("AND sequence IN ({OF_RECORD})"))
});

/// Leaves nothing of a record in the audit log but who did what when.
pub(crate) static ERASE_AUDIT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update("audit_log", "changes = '{}'", "AND resource_type = ? AND resource_id = ?")
});

/// The kept answers that are not encrypted; those that are hold no records.
pub(crate) static LIST_ANSWERS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("credential, key, body", "idempotency_keys", "AND sealed = FALSE"));

/// Replaces a kept answer.
pub(crate) static ERASE_ANSWER: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update("idempotency_keys", "body = ?, status = ?", "AND credential = ? AND key = ?")
});

/// Where what was told of a record was sent, how often, and from when to when.
pub(crate) static RECIPIENTS: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest = format!(
        "AND delivery_id IN (SELECT id FROM deliveries WHERE tenant = {{tenant}} AND sequence IN ({OF_RECORD})) \
         GROUP BY url ORDER BY url"
    );
    TenantSql::select("url, COUNT(*), MIN(started_at), MAX(started_at)", "delivery_attempts", &rest)
});

/// What was done with a record, oldest first.
pub(crate) static HISTORY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "action, actor_type, actor_id, changes, created_at",
        "audit_log",
        "AND resource_type = ? AND resource_id = ? ORDER BY created_at, COALESCE(sequence, 9223372036854775807), id",
    )
});

/// Records of all tenants whose scheduled moment has come. The waiting status is written out, since
/// the partial index that answers this holds only under it.
pub(crate) fn due_statement(resource: &Resource) -> Option<String> {
    let schedule = resource.schedule?;
    let at = resource.field(schedule.at)?.column();
    Some(format!(
        "SELECT tenant, id FROM {} WHERE status = '{}' AND {at} <= ? ORDER BY {at} LIMIT 100",
        resource.table(),
        schedule.from
    ))
}

/// Adds a signing secret.
pub(crate) static INSERT_SECRET: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::insert("secrets", &["owner", "id", "sealed", "created_at"]));

/// The signing secrets of an owner that are valid, newest first.
pub(crate) static FIND_SECRETS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "sealed",
        "secrets",
        "AND owner = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at DESC, id DESC",
    )
});

/// Lets the secrets of an owner that have no end yet end at a moment.
pub(crate) static EXPIRE_SECRETS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("secrets", "expires_at = ?", "AND owner = ? AND expires_at IS NULL"));

/// Forgets the secrets of an owner that have ended.
pub(crate) static PRUNE_SECRETS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("secrets", "AND owner = ? AND expires_at <= ?"));

/// Forgets all secrets of an owner.
pub(crate) static DELETE_SECRETS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("secrets", "AND owner = ?"));

/// The next changes of the tenant.
pub(crate) static CHANGES_AFTER: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(changes::COLUMNS, "changes", "AND sequence > ? ORDER BY sequence LIMIT ?")
});

/// One change of the tenant.
pub(crate) static FIND_CHANGE: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select(changes::COLUMNS, "changes", "AND sequence = ?"));

/// When a change was made.
pub(crate) static CHANGE_TIME: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("created_at", "changes", "AND sequence = ?"));

/// The number of the oldest change that is kept.
pub(crate) static OLDEST_CHANGE: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("MIN(sequence)", "changes", ""));

/// Forgets the oldest changes up to a number that were made up to a moment.
pub(crate) static PRUNE_CHANGES: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("changes", "AND sequence <= ? AND created_at <= ?"));

/// The webhooks of the tenant that are on.
pub(crate) static ENABLED_WEBHOOKS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select(endpoint::COLUMNS, "webhooks", "AND enabled = ? ORDER BY id"));

/// The webhooks of the tenant that somebody should see to.
pub(crate) static FAILING_WEBHOOKS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "id, url, failing_since, disabled_reason",
        "webhooks",
        "AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL) ORDER BY created_at, id LIMIT 20",
    )
});

/// Notes from which change on a new webhook hears.
pub(crate) static HEAR_FROM_NOW: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update("webhooks", "since = (SELECT sequence FROM tenants WHERE id = {tenant})", "AND id = ?")
});

/// One webhook of the tenant.
pub(crate) static FIND_WEBHOOK: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select(endpoint::COLUMNS, "webhooks", "AND id = ?"));

/// Encrypts the headers of a webhook, unless they were changed meanwhile.
pub(crate) static SEAL_HEADERS: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("webhooks", "headers = ?", "AND id = ? AND headers = ?"));

/// How far the tenant's changes are queued for its webhooks.
pub(crate) static FANNED_OUT: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("sequence", "fanouts", ""));

/// Moves that on, if it still is where it was.
pub(crate) static MOVE_FANOUT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO fanouts (tenant, sequence) VALUES ({tenant}, ?) ON CONFLICT (tenant) \
         DO UPDATE SET sequence = excluded.sequence WHERE fanouts.sequence = ?",
    )
});

/// Queues an event for a webhook; changes nothing when it is queued already.
pub(crate) static INSERT_DELIVERY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO deliveries (tenant, id, webhook_id, event_id, event_type, sequence, status, attempt_count, \
         next_attempt_at, created_at, payload, lease_until) VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, webhook_id, sequence) DO NOTHING",
    )
});

/// Leases due deliveries of a webhook; looks at the lease again when it takes the row.
pub(crate) static CLAIM_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "UPDATE deliveries SET lease_until = ? WHERE tenant = {tenant} AND id IN (SELECT id FROM deliveries \
         WHERE tenant = {tenant} AND webhook_id = ? AND status = 'pending' AND next_attempt_at <= ? \
         AND lease_until <= ? ORDER BY next_attempt_at LIMIT ?) AND status = 'pending' AND lease_until <= ? \
         RETURNING id, event_id, event_type, sequence, attempt_count, payload",
    )
});

/// Stores what became of a delivery that waits.
pub(crate) static FINISH_DELIVERY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "deliveries",
        "status = ?, attempt_count = ?, next_attempt_at = ?, response_status = ?, duration_ms = ?, error = ?, \
         completed_at = ?, lease_until = 0",
        "AND id = ? AND status = 'pending'",
    )
});

/// Ends the lease of a delivery that waits.
pub(crate) static RELEASE_DELIVERY: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("deliveries", "lease_until = 0", "AND id = ? AND status = 'pending'"));

/// Moves what waits for a moment, by as much as the clock was set back: deliveries, failed records, imports.
pub(crate) static MOVE_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "deliveries",
        "next_attempt_at = CASE WHEN next_attempt_at > ? THEN next_attempt_at - ? ELSE next_attempt_at END, \
         lease_until = CASE WHEN lease_until > ? THEN lease_until - ? ELSE lease_until END",
        "AND status = 'pending' AND (next_attempt_at > ? OR lease_until > ?)",
    )
});
pub(crate) static MOVE_SYNCS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "sync_log",
        "next_retry_at = next_retry_at - ?",
        "AND status = 'retrying' AND next_retry_at > ?",
    )
});
pub(crate) static MOVE_IMPORTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "lease_until = lease_until - ?",
        "AND status = 'running' AND lease_until > ?",
    )
});

/// Ends what waits for a webhook.
pub(crate) static GIVE_UP_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "deliveries",
        "status = 'failed', error = ?, completed_at = ?, next_attempt_at = NULL",
        "AND webhook_id = ? AND status = 'pending'",
    )
});

/// Keeps an attempt, unless another server has kept one of that number.
pub(crate) static INSERT_ATTEMPT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO delivery_attempts (tenant, delivery_id, number, started_at, duration_ms, url, \
         request_headers, response_status, response_headers, response_body, error) \
         VALUES ({tenant}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, delivery_id, number) DO NOTHING",
    )
});

/// Adds attempts to the sums of a webhook's hour.
pub(crate) static ADD_HOUR: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO webhook_hours (tenant, webhook_id, hour, succeeded, failed, duration_ms, slowest_ms) \
         VALUES ({tenant}, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, webhook_id, hour) DO UPDATE SET \
         succeeded = webhook_hours.succeeded + excluded.succeeded, failed = webhook_hours.failed + excluded.failed, \
         duration_ms = webhook_hours.duration_ms + excluded.duration_ms, slowest_ms = CASE \
         WHEN excluded.slowest_ms > webhook_hours.slowest_ms THEN excluded.slowest_ms \
         ELSE webhook_hours.slowest_ms END",
    )
});

/// The sums of a webhook's hours from one on.
pub(crate) static FIND_HOURS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "hour, succeeded, failed, duration_ms, slowest_ms",
        "webhook_hours",
        "AND webhook_id = ? AND hour >= ?",
    )
});

/// The attempts of a delivery.
pub(crate) static FIND_ATTEMPTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(
        "number, started_at, duration_ms, url, request_headers, response_status, response_headers, response_body, \
         error",
        "delivery_attempts",
        "AND delivery_id = ? ORDER BY number",
    )
});

/// What a delivery sends.
pub(crate) static DELIVERY_PAYLOAD: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::select("payload, sequence", "deliveries", "AND id = ?"));

/// Lets a delivery be sent again now.
pub(crate) static RETRY_DELIVERY: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "deliveries",
        "status = 'pending', next_attempt_at = ?, completed_at = NULL",
        "AND id = ?",
    )
});

/// Lets what failed since a moment be sent again now.
pub(crate) static RECOVER_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "deliveries",
        "status = 'pending', next_attempt_at = ?, completed_at = NULL",
        "AND webhook_id = ? AND status = 'failed' AND created_at >= ?",
    )
});

/// Forgets the oldest deliveries of the tenant.
pub(crate) static PRUNE_DELIVERIES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "DELETE FROM deliveries WHERE tenant = {tenant} AND id IN (SELECT id FROM deliveries \
         WHERE tenant = {tenant} AND id < ? ORDER BY id LIMIT 1000)",
    )
});

/// Forgets the oldest attempts of the tenant.
pub(crate) static PRUNE_ATTEMPTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "DELETE FROM delivery_attempts WHERE tenant = {tenant} AND (delivery_id, number) IN \
         (SELECT delivery_id, number FROM delivery_attempts WHERE tenant = {tenant} AND delivery_id < ? LIMIT 1000)",
    )
});

/// Notes since when a webhook fails, when it did not.
pub(crate) static SET_FAILING: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "webhooks",
        "failing_since = ?, version = version + 1, updated_at = ?",
        "AND id = ? AND failing_since IS NULL",
    )
});

/// Notes that a webhook works, when it failed.
pub(crate) static SET_WORKING: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "webhooks",
        "failing_since = NULL, warning_level = 0, version = version + 1, updated_at = ?",
        "AND id = ? AND failing_since IS NOT NULL",
    )
});

/// Switches a webhook off.
pub(crate) static DISABLE_WEBHOOK: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "webhooks",
        "enabled = ?, disabled_reason = ?, version = version + 1, updated_at = ?",
        "AND id = ? AND enabled = ?",
    )
});

/// Begins to take in a file.
pub(crate) static INSERT_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "INSERT INTO imports (tenant, id, resource, file_name, status, size, header, total_rows, run, lease_until, \
         bytes_read, last_line, created_rows, updated_rows, unchanged_rows, failed_rows, failed_bytes, unmapped, \
         created_by, created_at, updated_at) VALUES ({tenant}, ?, ?, ?, 'receiving', 0, '[]', 0, 0, 0, 0, 0, 0, 0, \
         0, 0, 0, '[]', ?, ?, ?)",
    )
});

/// Adds a part of a file, or of a report.
pub(crate) static INSERT_IMPORT_PART: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::insert("import_parts", &["import_id", "kind", "number", "data"]));

/// The file is still on its way.
pub(crate) static TOUCH_IMPORT: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::update("imports", "updated_at = ?", "AND id = ?"));

/// The file is there, with this header and so many rows.
pub(crate) static READ_IMPORT_FILE: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "status = 'waiting', size = ?, header = ?, total_rows = ?, updated_at = ?",
        "AND id = ? AND status = 'receiving'",
    )
});

/// How many files the tenant has that are not done with.
pub(crate) static COUNT_IMPORT_FILES: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select("COUNT(*)", "imports", "AND status IN ('receiving', 'waiting', 'running', 'stopped')")
});

/// The imports of a resource.
pub(crate) static LIST_IMPORTS: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest = "AND resource = ? AND status <> 'receiving' ORDER BY id DESC LIMIT 100";
    TenantSql::select(imports::COLUMNS, "imports", rest)
});

/// One import of a resource.
pub(crate) static FIND_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select(imports::COLUMNS, "imports", "AND resource = ? AND id = ? AND status <> 'receiving'")
});

/// The next part of a file or report.
pub(crate) static FIND_IMPORT_PART: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest = "AND import_id = ? AND kind = ? AND number >= ? ORDER BY number LIMIT 1";
    TenantSql::select("number, data", "import_parts", rest)
});

/// Starts an import that stands where it was read, or takes it over from a server that has ended.
pub(crate) static START_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "status = 'running', run = run + 1, lease_until = ?, mapping = ?, match_by = ?, message = NULL, \
         updated_at = ?",
        "AND id = ? AND run = ? AND (status IN ('waiting', 'stopped') OR status = 'running' AND lease_until <= ?)",
    )
});

/// Counts what became of a chunk of a running import.
pub(crate) static ADVANCE_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "lease_until = ?, bytes_read = ?, last_line = ?, created_rows = created_rows + ?, \
         updated_rows = updated_rows + ?, unchanged_rows = unchanged_rows + ?, failed_rows = failed_rows + ?, \
         failed_bytes = failed_bytes + ?, updated_at = ?",
        "AND id = ? AND run = ? AND status = 'running'",
    )
});

/// Ends the run of an import.
pub(crate) static END_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "status = ?, message = ?, unmapped = ?, updated_at = ?, lease_until = 0",
        "AND id = ? AND run = ? AND status = 'running'",
    )
});

/// Stops an import, whoever runs it.
pub(crate) static STOP_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "status = 'stopped', message = ?, updated_at = ?, lease_until = 0",
        "AND id = ? AND status = 'running'",
    )
});

/// Files that broke off, imports that were never started, and reports that are older than they are kept.
pub(crate) static OLD_IMPORTS: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest = "AND (status = 'receiving' AND updated_at <= ? OR status = 'waiting' AND updated_at <= ? \
        OR updated_at <= ?) LIMIT 100";
    TenantSql::select("id", "imports", rest)
});

/// An import of which rows may still be stored, or whose file is on its way.
pub(crate) static BUSY_IMPORT: LazyLock<TenantSql> = LazyLock::new(|| {
    let rest =
        "AND (status = 'running' AND lease_until > ? OR status = 'receiving' AND updated_at > ?) LIMIT 1";
    TenantSql::select("status", "imports", rest)
});

/// Imports of which a file or report may be kept.
pub(crate) static KEPT_IMPORTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::select("id, resource, header, mapping", "imports", "AND status <> 'receiving' ORDER BY id")
});

/// An import that does not run has no file any more, and no report.
pub(crate) static DISCARD_FILE: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::update(
        "imports",
        "status = CASE WHEN status = 'done' THEN 'done' ELSE 'failed' END, message = ?, failed_bytes = ?, \
         updated_at = ?, lease_until = 0",
        "AND id = ? AND (status <> 'running' OR lease_until <= ?)",
    )
});

/// Forgets an import.
pub(crate) static DELETE_IMPORT: LazyLock<TenantSql> =
    LazyLock::new(|| TenantSql::delete("imports", "AND id = ?"));

/// Forgets some parts of a file or report.
pub(crate) static DELETE_IMPORT_PARTS: LazyLock<TenantSql> = LazyLock::new(|| {
    TenantSql::render(
        "DELETE FROM import_parts WHERE tenant = {tenant} AND import_id = ? AND kind = ? AND number IN \
         (SELECT number FROM import_parts WHERE tenant = {tenant} AND import_id = ? AND kind = ? LIMIT 16)",
    )
});

/// A statement as a test sees it.
#[derive(Clone, Debug)]
pub struct StatementText {
    /// The SQL.
    pub text: String,
    /// Whether it is bound to a tenant.
    pub scoped: bool,
}

/// Every statement of the product but those of lists and updates, whose shape depends on the request.
#[must_use]
pub fn statements(registry: Registry) -> Vec<StatementText> {
    let system = System::ALL.iter().map(|&text| StatementText { text: text.to_owned(), scoped: false });
    let due = registry.iter().filter_map(due_statement);
    let due = due.map(|text| StatementText { text, scoped: false });
    let fixed = [
        &*FIND_NUMBER,
        &*STORE_NUMBER,
        &*INSERT_AUDIT,
        &*INSERT_CHANGE,
        &*INSERT_TOMBSTONE,
        &*FIND_TOMBSTONE,
        &*INSERT_KEY,
        &*LIST_KEYS,
        &*FIND_KEY_OF,
        &*INTEGRATION_NAMES,
        &*END_KEY,
        &*MEMBERS_BY_STATUS,
        &*MEMBERS_BY_MONTH,
        &*REVOKE_KEY,
        &*TOUCH_KEY,
        &*LOCK_QUOTA,
        &*FIND_QUOTA,
        &*STORE_QUOTA,
        &*RETURN_QUOTA,
        &*FIND_ANSWER,
        &*STORE_ANSWER,
        &*MERGED_INTO,
        &*ERASE_CHANGES,
        &*ERASE_ATTEMPTS,
        &*ERASE_DELIVERIES,
        &*ERASE_AUDIT,
        &*LIST_ANSWERS,
        &*ERASE_ANSWER,
        &*RECIPIENTS,
        &*HISTORY,
        &*INSERT_SECRET,
        &*FIND_SECRETS,
        &*EXPIRE_SECRETS,
        &*PRUNE_SECRETS,
        &*DELETE_SECRETS,
        &*CHANGES_AFTER,
        &*FIND_CHANGE,
        &*CHANGE_TIME,
        &*OLDEST_CHANGE,
        &*PRUNE_CHANGES,
        &*ENABLED_WEBHOOKS,
        &*FAILING_WEBHOOKS,
        &*FIND_WEBHOOK,
        &*HEAR_FROM_NOW,
        &*SEAL_HEADERS,
        &*FANNED_OUT,
        &*MOVE_FANOUT,
        &*INSERT_DELIVERY,
        &*CLAIM_DELIVERIES,
        &*FINISH_DELIVERY,
        &*RELEASE_DELIVERY,
        &*MOVE_DELIVERIES,
        &*MOVE_SYNCS,
        &*MOVE_IMPORTS,
        &*GIVE_UP_DELIVERIES,
        &*INSERT_ATTEMPT,
        &*ADD_HOUR,
        &*FIND_HOURS,
        &*FIND_ATTEMPTS,
        &*DELIVERY_PAYLOAD,
        &*RETRY_DELIVERY,
        &*RECOVER_DELIVERIES,
        &*PRUNE_DELIVERIES,
        &*PRUNE_ATTEMPTS,
        &*SET_FAILING,
        &*SET_WORKING,
        &*DISABLE_WEBHOOK,
        &*INSERT_IMPORT,
        &*INSERT_IMPORT_PART,
        &*TOUCH_IMPORT,
        &*READ_IMPORT_FILE,
        &*COUNT_IMPORT_FILES,
        &*LIST_IMPORTS,
        &*FIND_IMPORT,
        &*FIND_IMPORT_PART,
        &*START_IMPORT,
        &*ADVANCE_IMPORT,
        &*END_IMPORT,
        &*STOP_IMPORT,
        &*OLD_IMPORTS,
        &*BUSY_IMPORT,
        &*KEPT_IMPORTS,
        &*DISCARD_FILE,
        &*DELETE_IMPORT,
        &*DELETE_IMPORT_PARTS,
    ];
    let of_resources = registry.iter().flat_map(|resource| {
        let schema = Schema::new(resource);
        let update = TenantSql::update(&resource.table(), "version = ?", "AND id = ?");
        let all = [
            schema.get,
            schema.some,
            schema.insert,
            schema.delete,
            schema.insert_term,
            schema.delete_term,
            update,
        ];
        all.into_iter().chain(schema.find_same).chain(schema.get_by.into_iter().map(|(_, sql)| sql))
    });
    let of_own = OWN.iter().flat_map(|resource| {
        let schema = Schema::new(resource);
        // Settings have nothing that is searched for, and rows of logs are written by statements of their own.
        let written = resource.is_versioned().then_some([schema.insert, schema.delete]);
        let unique = schema.find_same.into_iter().chain(schema.get_by.into_iter().map(|(_, sql)| sql));
        [schema.get].into_iter().chain(written.into_iter().flatten()).chain(unique)
    });
    let fixed = fixed.into_iter().chain(integrations::all());
    let scoped = fixed.cloned().chain(of_resources).chain(of_own);
    let scoped = scoped.map(|sql| StatementText { text: sql.text().to_owned(), scoped: true });
    system.chain(due).chain(scoped).collect()
}
