-- What makes an integrator trust the API: plan limits that a restart does not refill, and answers
-- that are given again when a request is repeated.

-- The running hour of each tenant. `used` includes what servers have leased and not yet spent, so
-- that a killed server's lease counts as used.
CREATE TABLE quotas (
    tenant {int} NOT NULL PRIMARY KEY,
    window_start {int} NOT NULL,
    used {int} NOT NULL
) {strict};

-- Answers to POST requests with an Idempotency-Key, stored in the transaction of what they answer.
CREATE TABLE idempotency_keys (
    tenant {int} NOT NULL,
    credential {uuid} NOT NULL,
    key {text} NOT NULL,
    request_hash {bytes} NOT NULL,
    status {int} NOT NULL,
    headers {text} NOT NULL,
    body {bytes} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (tenant, credential, key)
) {strict};
-- The server's own clockwork looks for old ones of all tenants.
CREATE INDEX idempotency_keys_old ON idempotency_keys (created_at);

CREATE INDEX audit_log_created ON audit_log (tenant, created_at, id);
CREATE INDEX audit_log_resource ON audit_log (tenant, resource_id, id);
-- Pruned after two years, for all tenants at once.
CREATE INDEX audit_log_old ON audit_log (created_at);
