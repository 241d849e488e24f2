-- Staff who are signed in, and attempts to sign in that failed.

-- A session is found by the hash of its token, which is all that is kept of it. It ends at `expires_at`,
-- which moves on while it is used. `support_*` is set while a platform administrator is in an
-- organisation as support: which one, as which of its users, why and until when.
CREATE TABLE sessions (
    id {uuid} NOT NULL PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    user_id {uuid} NOT NULL REFERENCES users (id),
    environment {text} NOT NULL,
    support_organisation_id {uuid} REFERENCES organisations (id),
    support_user_id {uuid},
    support_reason {text},
    support_until {int},
    ip_address {text},
    user_agent {text},
    created_at {int} NOT NULL,
    last_seen_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};
CREATE INDEX sessions_user ON sessions (user_id);
-- For the clockwork.
CREATE INDEX sessions_old ON sessions (expires_at);

-- Attempts to sign in that did not succeed, by account and by client address. The subject is a hash: what
-- people type into the field for the address may be a password.
CREATE TABLE sign_in_attempts (
    subject {bytes} NOT NULL PRIMARY KEY,
    failures {int} NOT NULL,
    last_at {int} NOT NULL
) {strict};
CREATE INDEX sign_in_attempts_old ON sign_in_attempts (last_at);
