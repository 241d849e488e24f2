-- Integrations: named connections of outside systems, and what belongs to them (API, section 9).

CREATE TABLE integrations (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    kind {text} NOT NULL,
    enabled {bool} NOT NULL,
    source_of_truth {text} NOT NULL,
    field_mapping {text} NOT NULL,
    created_by {text},
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};
CREATE UNIQUE INDEX integrations_name ON integrations (tenant, name_folded);
CREATE INDEX integrations_created_at ON integrations (tenant, created_at, id);

-- Keys and webhooks may belong to an integration.
ALTER TABLE webhooks ADD COLUMN integration_id {uuid};
CREATE INDEX webhooks_integration_id ON webhooks (tenant, integration_id, created_at, id);
ALTER TABLE api_keys ADD COLUMN integration_id {uuid};
CREATE INDEX api_keys_integration_id ON api_keys (tenant, integration_id);

-- The integration through which a change was made.
ALTER TABLE changes ADD COLUMN integration_id {uuid};
