-- Requests by key and hour, for the health of integrations. Servers count in memory and add to it every few seconds.
-- `hour` is the hour's first moment, `last_at` the moment of its last request.
CREATE TABLE request_counts (
    tenant {int} NOT NULL,
    hour {int} NOT NULL,
    key_id {uuid} NOT NULL,
    succeeded {int} NOT NULL,
    client_errors {int} NOT NULL,
    unauthorised {int} NOT NULL,
    forbidden {int} NOT NULL,
    rate_limited {int} NOT NULL,
    server_errors {int} NOT NULL,
    last_at {int} NOT NULL,
    PRIMARY KEY (tenant, hour, key_id)
) {clustered};
