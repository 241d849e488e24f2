-- The table of a resource that exists only in tests, as a released migration would make it.

CREATE TABLE venues (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    venue_number {int} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    code {text},
    code_folded {text},
    status {text} NOT NULL,
    style {text},
    manager {text},
    manager_folded {text},
    email {text},
    email_folded {text},
    phone {text},
    country {text},
    timezone {text} NOT NULL,
    website {text},
    description {text},
    built_on {text},
    inspected_on {text} NOT NULL,
    manager_born_on {text},
    opens_at {int},
    lease_ends_at {int},
    lease_days {int},
    seats {int},
    rating {int} NOT NULL,
    day_rate {int},
    accessible {bool} NOT NULL,
    features {text} NOT NULL,
    rooms {text} NOT NULL,
    external_id {text},
    lease_id {text},
    custom_fields {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

CREATE UNIQUE INDEX venues_venue_number ON venues (tenant, venue_number);
CREATE UNIQUE INDEX venues_code ON venues (tenant, code_folded);
CREATE UNIQUE INDEX venues_external_id ON venues (tenant, external_id);
CREATE INDEX venues_created_at ON venues (tenant, created_at, id);
CREATE INDEX venues_updated_at ON venues (tenant, updated_at, id);
CREATE INDEX venues_status ON venues (tenant, status, created_at, id);
CREATE INDEX venues_due ON venues (opens_at) WHERE status = 'planned';

CREATE TABLE venue_terms (
    tenant {int} NOT NULL,
    term {text} NOT NULL,
    id {uuid} NOT NULL,
    PRIMARY KEY (tenant, term, id)
) {clustered};
