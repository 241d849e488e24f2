-- What every resource stands on: organisations, tenants, credentials, audit log, change feed.
-- One text for both engines; the tokens in braces are explained in crates/db.

CREATE TABLE organisations (
    id {uuid} NOT NULL PRIMARY KEY,
    slug {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    plan {text} NOT NULL,
    timezone {text} NOT NULL,
    currency {text} NOT NULL,
    country {text} NOT NULL,
    required_member_fields {text} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    closed_at {int}
) {strict};

-- An organisation's production and sandbox data sets. `id` is the small number that begins every
-- key of tenant-owned rows; `sequence` numbers the changes of the tenant without gaps, and its row
-- is locked first by each change, which puts the changes of one tenant in order.
CREATE TABLE tenants (
    id {int} NOT NULL PRIMARY KEY,
    organisation_id {uuid} NOT NULL REFERENCES organisations (id),
    environment {text} NOT NULL,
    sequence {int} NOT NULL,
    UNIQUE (organisation_id, environment)
) {strict};

-- The last number given by a field of kind Serial; numbers are never reused.
CREATE TABLE counters (
    tenant {int} NOT NULL,
    name {text} NOT NULL,
    value {int} NOT NULL,
    PRIMARY KEY (tenant, name)
) {clustered};

CREATE TABLE users (
    id {uuid} NOT NULL PRIMARY KEY,
    organisation_id {uuid} REFERENCES organisations (id),
    email {text} NOT NULL,
    email_folded {text} NOT NULL UNIQUE,
    first_name {text},
    last_name {text},
    role {text} NOT NULL,
    status {text} NOT NULL,
    password_hash {text},
    last_login_at {int},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {strict};
CREATE INDEX users_organisation ON users (organisation_id, created_at);

-- Keys are found by their hash before any tenant is known; the hash is all that is kept of them.
CREATE TABLE api_keys (
    tenant {int} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    name {text} NOT NULL,
    hash {bytes} NOT NULL UNIQUE,
    prefix {text} NOT NULL,
    last_four {text} NOT NULL,
    scopes {text} NOT NULL,
    allowed_ips {text} NOT NULL,
    created_by {text} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    revoked_at {int},
    last_used_at {int},
    last_used_ip {text},
    PRIMARY KEY (tenant, id)
) {strict};

-- Append-only. `sequence` is that of the change, null for acts that change no record.
CREATE TABLE audit_log (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    sequence {int},
    action {text} NOT NULL,
    resource_type {text} NOT NULL,
    resource_id {text},
    actor_type {text} NOT NULL,
    actor_id {text},
    impersonator_id {text},
    ip_address {text},
    user_agent {text},
    request_id {text},
    changes {text} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

-- The change feed: one row for each change, in the order of `sequence`, without gaps.
CREATE TABLE changes (
    tenant {int} NOT NULL,
    sequence {int} NOT NULL,
    id {uuid} NOT NULL,
    type {text} NOT NULL,
    resource {text} NOT NULL,
    record_id {uuid} NOT NULL,
    version {int} NOT NULL,
    origin_type {text} NOT NULL,
    origin_id {text},
    data {text} NOT NULL,
    previous {text} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (tenant, sequence)
) {strict};

-- What is left of deleted records: enough to follow deletions by listing (API, section 4).
CREATE TABLE tombstones (
    tenant {int} NOT NULL,
    resource {text} NOT NULL,
    id {uuid} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    merged_into {uuid},
    PRIMARY KEY (tenant, resource, id)
) {strict};
CREATE INDEX tombstones_created ON tombstones (tenant, resource, created_at, id);
CREATE INDEX tombstones_updated ON tombstones (tenant, resource, updated_at, id);
