-- Syncs of integrations: what was synced, what failed and waits to be tried again (API, section 9).

-- A row for each run, and one for each record of it that failed. `payload` is the record as it was sent, kept
-- until it has been stored or given up for good.
CREATE TABLE sync_log (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    integration_id {uuid} NOT NULL,
    type {text} NOT NULL,
    run_id {uuid} NOT NULL,
    resource {text} NOT NULL,
    status {text} NOT NULL,
    created {int},
    updated {int},
    unchanged {int},
    skipped {int},
    deleted {int},
    failed {int},
    external_id {text},
    record_id {uuid},
    reason {text},
    action {text},
    problem {text} NOT NULL,
    attempts {int} NOT NULL,
    next_retry_at {int},
    created_at {int} NOT NULL,
    completed_at {int},
    payload {text},
    PRIMARY KEY (tenant, id)
) {strict};
CREATE INDEX sync_log_integration ON sync_log (tenant, integration_id, created_at, id);
-- A later success of the same record settles what failed before.
CREATE INDEX sync_log_open ON sync_log (tenant, integration_id, resource, external_id)
    WHERE status IN ('retrying', 'failed');
-- Does not begin with the tenant: the clockwork looks for what is due for all of them.
CREATE INDEX sync_log_due ON sync_log (next_retry_at) WHERE status = 'retrying';

-- For each synced record the version that the sync left, and when the outside system had changed it. While the
-- version still stands, nobody here has changed it since.
CREATE TABLE sync_links (
    tenant {int} NOT NULL,
    integration_id {uuid} NOT NULL,
    record_id {uuid} NOT NULL,
    version {int} NOT NULL,
    external_at {int} NOT NULL,
    PRIMARY KEY (tenant, integration_id, record_id)
) {clustered};

-- By which an outside record is known to have been deleted here.
ALTER TABLE tombstones ADD COLUMN external_id {text};
CREATE INDEX tombstones_external_id ON tombstones (tenant, resource, external_id, updated_at);
