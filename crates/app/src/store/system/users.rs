//! Staff: users, their sessions, and attempts to sign in.

use crate::store::statements::outside_tenants;

outside_tenants! {
    INSERT_USER = "INSERT INTO users (id, organisation_id, email, email_folded, first_name, last_name, role, \
        status, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)";
    LIST_USERS = "SELECT id, email, first_name, last_name, role, status, last_login_at, created_at FROM users \
        WHERE organisation_id = ? ORDER BY created_at, id";
    FIND_USER = "SELECT u.id, u.email, u.role, u.status, o.slug FROM users u \
        LEFT JOIN organisations o ON o.id = u.organisation_id WHERE u.email_folded = ?";
    FIND_USER_OF = "SELECT id, email, first_name, last_name, role, status, last_login_at, created_at FROM users \
        WHERE id = ? AND organisation_id = ?";
    CHANGE_USER = "UPDATE users SET email = ?, email_folded = ?, first_name = ?, last_name = ?, role = ?, \
        status = ?, updated_at = ? WHERE id = ? AND organisation_id = ?";
    DELETE_USER = "DELETE FROM users WHERE id = ? AND organisation_id = ?";
    OTHER_ADMINS = "SELECT COUNT(*) FROM users WHERE organisation_id = ? AND role = 'ROLE_CLIENT_ADMIN' \
        AND status = 'active' AND id <> ?";
    SET_STATUS = "UPDATE users SET status = ?, updated_at = ? WHERE id = ? AND status <> ?";
    PASSWORD_OF = "SELECT password_hash FROM users WHERE id = ?";
    SET_PASSWORD = "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?";
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
    /// Forgets some sessions that have ended.
    PRUNE_SESSIONS = "DELETE FROM sessions WHERE id IN \
        (SELECT id FROM sessions WHERE expires_at <= ? LIMIT 1000)";
    /// Locks what is known of attempts, and starts it when there is nothing.
    LOCK_ATTEMPTS = "INSERT INTO sign_in_attempts (subject, failures, last_at) VALUES (?, 0, ?) \
        ON CONFLICT (subject) DO UPDATE SET failures = sign_in_attempts.failures RETURNING failures, last_at";
    STORE_ATTEMPTS = "UPDATE sign_in_attempts SET failures = ?, last_at = ? WHERE subject = ?";
    FORGET_ATTEMPTS = "DELETE FROM sign_in_attempts WHERE subject = ?";
    FORGET_ATTEMPT = "UPDATE sign_in_attempts SET failures = failures - 1 WHERE subject = ? AND failures > 0";
    /// Forgets some attempts that count no longer.
    PRUNE_SIGN_INS = "DELETE FROM sign_in_attempts WHERE subject IN \
        (SELECT subject FROM sign_in_attempts WHERE last_at <= ? LIMIT 1000)";
}
