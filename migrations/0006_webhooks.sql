-- Webhooks: where events are sent, what waits to be sent, and what became of it (API, section 8).

CREATE TABLE webhooks (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    url {text} NOT NULL,
    description {text},
    events {text} NOT NULL,
    enabled {bool} NOT NULL,
    headers {text} NOT NULL,
    field_mapping {text} NOT NULL,
    skip_own_changes {bool} NOT NULL,
    created_by {text},
    failing_since {int},
    disabled_reason {text},
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};
CREATE INDEX webhooks_created_at ON webhooks (tenant, created_at, id);

-- Signing secrets, encrypted with the key of the installation. After a rotation the old one is valid
-- until it expires.
CREATE TABLE secrets (
    tenant {int} NOT NULL,
    owner {uuid} NOT NULL,
    id {uuid} NOT NULL,
    sealed {bytes} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    PRIMARY KEY (tenant, owner, id)
) {clustered};

-- One row: a known text, encrypted, by which a server finds out that its key is another one.
CREATE TABLE key_checks (
    id {int} NOT NULL PRIMARY KEY,
    sealed {bytes} NOT NULL
) {strict};

-- How far the changes of each tenant have been queued for its webhooks. What is there today was
-- before there were webhooks.
CREATE TABLE fanouts (
    tenant {int} NOT NULL PRIMARY KEY,
    sequence {int} NOT NULL
) {strict};
INSERT INTO fanouts (tenant, sequence) SELECT id, sequence FROM tenants;

-- One row for each event and webhook. Rows that wait are leased by the server that sends them: one
-- whose lease has passed, since its server was killed, is taken by another. `payload` is null where the
-- event is sent as it is in the feed.
CREATE TABLE deliveries (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    webhook_id {uuid} NOT NULL,
    event_id {text} NOT NULL,
    event_type {text} NOT NULL,
    sequence {int},
    status {text} NOT NULL,
    attempt_count {int} NOT NULL,
    next_attempt_at {int},
    response_status {int},
    duration_ms {int},
    error {text},
    created_at {int} NOT NULL,
    completed_at {int},
    payload {text},
    lease_until {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};
CREATE INDEX deliveries_webhook ON deliveries (tenant, webhook_id, created_at, id);
-- An event is queued once for each webhook.
CREATE UNIQUE INDEX deliveries_once ON deliveries (tenant, webhook_id, sequence);
-- Does not begin with the tenant: the dispatcher looks for what is due for all of them. A statement uses
-- it only when it says status = 'pending' literally.
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';

CREATE TABLE delivery_attempts (
    tenant {int} NOT NULL,
    delivery_id {uuid} NOT NULL,
    number {int} NOT NULL,
    started_at {int} NOT NULL,
    duration_ms {int} NOT NULL,
    url {text} NOT NULL,
    request_headers {text} NOT NULL,
    response_status {int},
    response_headers {text} NOT NULL,
    response_body {text},
    error {text},
    PRIMARY KEY (tenant, delivery_id, number)
) {clustered};

-- Whether a kept answer holds a secret, and is encrypted.
ALTER TABLE idempotency_keys ADD COLUMN sealed {bool} NOT NULL DEFAULT FALSE;
