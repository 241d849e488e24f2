-- How webhooks do: which warning is due for one that fails, and what became of the attempts of each hour
-- (API, section 8).

ALTER TABLE webhooks ADD COLUMN warning_level {int} NOT NULL DEFAULT 0;

-- Sums, so that a day's figures take 24 short rows, however much is sent. `hour` is its first moment.
CREATE TABLE webhook_hours (
    tenant {int} NOT NULL,
    webhook_id {uuid} NOT NULL,
    hour {int} NOT NULL,
    succeeded {int} NOT NULL,
    failed {int} NOT NULL,
    duration_ms {int} NOT NULL,
    slowest_ms {int} NOT NULL,
    PRIMARY KEY (tenant, webhook_id, hour)
) {clustered};
