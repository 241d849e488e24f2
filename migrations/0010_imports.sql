-- Imports that run in the background: the file that was sent, how far it is read, and the rows that failed.

-- `run` counts how often the import was started; only the latest run may go on. It is leased by the server
-- that does it: one whose lease has passed, since its server was killed, has stopped. What was done is
-- counted in the transaction of the rows themselves, so that an import which goes on neither leaves out
-- nor repeats one.
CREATE TABLE imports (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    resource {text} NOT NULL,
    file_name {text} NOT NULL,
    status {text} NOT NULL,
    size {int} NOT NULL,
    header {text} NOT NULL,
    total_rows {int} NOT NULL,
    mapping {text},
    match_by {text},
    run {int} NOT NULL,
    lease_until {int} NOT NULL,
    bytes_read {int} NOT NULL,
    last_line {int} NOT NULL,
    created_rows {int} NOT NULL,
    updated_rows {int} NOT NULL,
    unchanged_rows {int} NOT NULL,
    failed_rows {int} NOT NULL,
    failed_bytes {int} NOT NULL,
    unmapped {text} NOT NULL,
    message {text},
    created_by {text},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

-- The file, and the rows that failed, in parts that fit a transaction.
CREATE TABLE import_parts (
    tenant {int} NOT NULL,
    import_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    number {int} NOT NULL,
    data {bytes} NOT NULL,
    PRIMARY KEY (tenant, import_id, kind, number)
) {clustered};
