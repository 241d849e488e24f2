-- Members, events and courses (domain sections 3 to 5), one text for both engines.
--
-- Columns are the fields of the definitions in crates/domain/src/resources, in their order and in
-- snake_case, after the tenant; a unit test compares the two. Moments are microseconds since 1970 in
-- UTC, dates YYYY-MM-DD, decimals and money hundredths, lists and objects JSON. A column that ends in
-- _folded holds the value before it in the form in which it is compared without regard to case.
--
-- The tenant has no foreign key: every change locks and raises the tenant's own row first, so a check
-- here would only cost time. The unique indexes are named for their table and field.
--
-- The tables of terms answer search, filters on elements of lists and filters on custom fields: one row
-- for each word or value of each record.

CREATE TABLE members (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    member_number {int} NOT NULL,
    first_name {text} NOT NULL,
    first_name_folded {text} NOT NULL,
    last_name {text} NOT NULL,
    last_name_folded {text} NOT NULL,
    email {text} NOT NULL,
    email_folded {text} NOT NULL,
    status {text} NOT NULL,
    membership_type {text},
    membership_expires_at {text},
    joined_at {text} NOT NULL,
    date_of_birth {text},
    gender {text},
    contact_number {text},
    mobile {text},
    company {text},
    position {text},
    company_contact_number {text},
    company_address {text},
    address {text},
    city {text},
    state {text},
    postcode {text},
    country {text},
    bio {text},
    linkedin_url {text},
    website_url {text},
    interests {text} NOT NULL,
    event_interests {text} NOT NULL,
    profile_public {bool} NOT NULL,
    directory_display {text},
    external_id {text},
    crm_id {text},
    accounting_id {text},
    custom_fields {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

CREATE UNIQUE INDEX members_member_number ON members (tenant, member_number);
CREATE UNIQUE INDEX members_email ON members (tenant, email_folded);
CREATE UNIQUE INDEX members_external_id ON members (tenant, external_id);
CREATE INDEX members_created_at ON members (tenant, created_at, id);
CREATE INDEX members_updated_at ON members (tenant, updated_at, id);
CREATE INDEX members_status ON members (tenant, status, created_at, id);
CREATE INDEX members_last_name ON members (tenant, last_name_folded, id);

CREATE TABLE member_terms (
    tenant {int} NOT NULL,
    term {text} NOT NULL,
    id {uuid} NOT NULL,
    PRIMARY KEY (tenant, term, id)
) {clustered};

CREATE TABLE events (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    short_description {text},
    description {text},
    event_type {text} NOT NULL,
    status {text} NOT NULL,
    event_start {int},
    event_end {int},
    timezone {text} NOT NULL,
    duration {int},
    location {text},
    address {text},
    city {text},
    state {text},
    country {text},
    meeting_url {text},
    topic {text},
    series {text},
    categories {text} NOT NULL,
    branches {text} NOT NULL,
    cpd_categories {text} NOT NULL,
    publish_date_time {int},
    visibility {text} NOT NULL,
    capacity {int},
    registration_deadline {int},
    cpd_points {int} NOT NULL,
    featured_image_url {text},
    speakers {text} NOT NULL,
    external_id {text},
    custom_fields {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

CREATE UNIQUE INDEX events_external_id ON events (tenant, external_id);
CREATE INDEX events_created_at ON events (tenant, created_at, id);
CREATE INDEX events_updated_at ON events (tenant, updated_at, id);
CREATE INDEX events_status ON events (tenant, status, created_at, id);
CREATE INDEX events_name ON events (tenant, name_folded, id);
CREATE INDEX events_event_start ON events (tenant, event_start {nulls_first}, id);
-- Does not begin with the tenant: the server's own clockwork looks for the records of all tenants whose
-- moment of publication has come. Being partial, it holds only the few that wait. A statement uses it
-- only when it says status = 'scheduled' literally, not as a parameter.
CREATE INDEX events_due ON events (publish_date_time) WHERE status = 'scheduled';

CREATE TABLE event_terms (
    tenant {int} NOT NULL,
    term {text} NOT NULL,
    id {uuid} NOT NULL,
    PRIMARY KEY (tenant, term, id)
) {clustered};

CREATE TABLE courses (
    tenant {int} NOT NULL,
    id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    short_description {text},
    description {text},
    status {text} NOT NULL,
    course_type {text} NOT NULL,
    categories {text} NOT NULL,
    series {text} NOT NULL,
    branches {text} NOT NULL,
    cpd_categories {text} NOT NULL,
    author {text},
    publish_date_time {int},
    estimated_completion_time {int},
    start_date {int},
    close_date {int},
    cpd_points {int} NOT NULL,
    members_price {int},
    non_members_price {int},
    members_limit {int},
    non_members_limit {int},
    featured_image_url {text},
    external_id {text},
    custom_fields {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant, id)
) {strict};

CREATE UNIQUE INDEX courses_external_id ON courses (tenant, external_id);
CREATE INDEX courses_created_at ON courses (tenant, created_at, id);
CREATE INDEX courses_updated_at ON courses (tenant, updated_at, id);
CREATE INDEX courses_status ON courses (tenant, status, created_at, id);
CREATE INDEX courses_name ON courses (tenant, name_folded, id);
-- For the clockwork, as events_due.
CREATE INDEX courses_due ON courses (publish_date_time) WHERE status = 'scheduled';

CREATE TABLE course_terms (
    tenant {int} NOT NULL,
    term {text} NOT NULL,
    id {uuid} NOT NULL,
    PRIMARY KEY (tenant, term, id)
) {clustered};
