-- The store: versions, current rows, search index, claims, balances, feed, audit.
-- {text} {key} {instant} {bytes} {sequence} {xid} stand for the engine's types (see migrate.py).

CREATE TABLE practice (
    practice {text} PRIMARY KEY,
    name {text} NOT NULL,
    created_at {instant} NOT NULL
);

-- Every version that was ever current, with who wrote it and why. Append only.
CREATE TABLE version (
    practice {text} NOT NULL,
    key {key} NOT NULL,
    version bigint NOT NULL,
    type {text} NOT NULL,
    id {text} NOT NULL,
    patient_key {key},
    security bigint NOT NULL,
    change {text} NOT NULL,
    at {instant} NOT NULL,
    audit_id {text} NOT NULL,
    actor {text} NOT NULL,
    on_behalf_of {text},
    origin {text} NOT NULL,
    reason {text} NOT NULL,
    body {bytes},
    PRIMARY KEY (practice, key, version)
);
CREATE INDEX version_by_type ON version (practice, type, at, key);
CREATE INDEX version_by_patient ON version (practice, patient_key, at);
CREATE INDEX version_by_audit ON version (practice, audit_id);

CREATE TABLE current_resource (
    practice {text} NOT NULL,
    key {key} NOT NULL,
    type {text} NOT NULL,
    id {text} NOT NULL,
    version bigint NOT NULL,
    patient_key {key},
    security bigint NOT NULL,
    at {instant} NOT NULL,
    deleted bigint NOT NULL,
    PRIMARY KEY (practice, key)
);
CREATE INDEX current_by_type ON current_resource (practice, type, deleted, key);
CREATE INDEX current_by_patient ON current_resource (practice, patient_key, type);
CREATE INDEX current_by_time ON current_resource (practice, type, at, key);

CREATE TABLE index_token (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    system {text} NOT NULL, code {text} NOT NULL, display {text} NOT NULL
);
CREATE INDEX index_token_value ON index_token (practice, type, param, code, system, key);
CREATE INDEX index_token_patient ON index_token (practice, patient_key, type, param, code);
CREATE INDEX index_token_key ON index_token (practice, key, param);

CREATE TABLE index_reference (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    target_key {key} NOT NULL, target_type {text} NOT NULL, target_id {text} NOT NULL
);
CREATE INDEX index_reference_value ON index_reference (practice, target_key, type, param);
CREATE INDEX index_reference_key ON index_reference (practice, key, param);

CREATE TABLE index_date (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    low {instant} NOT NULL, high {instant} NOT NULL
);
CREATE INDEX index_date_value ON index_date (practice, type, param, low, key);
CREATE INDEX index_date_patient ON index_date (practice, patient_key, type, param, low);
CREATE INDEX index_date_key ON index_date (practice, key, param);

CREATE TABLE index_string (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    folded {text} NOT NULL, exact {text} NOT NULL
);
CREATE INDEX index_string_value ON index_string (practice, type, param, folded, key);
CREATE INDEX index_string_key ON index_string (practice, key, param);

CREATE TABLE index_uri (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    value {text} NOT NULL
);
CREATE INDEX index_uri_value ON index_uri (practice, type, param, value, key);
CREATE INDEX index_uri_key ON index_uri (practice, key, param);

CREATE TABLE index_number (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    low float8 NOT NULL, high float8 NOT NULL
);
CREATE INDEX index_number_value ON index_number (practice, type, param, low, key);
CREATE INDEX index_number_key ON index_number (practice, key, param);

CREATE TABLE index_quantity (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    low float8 NOT NULL, high float8 NOT NULL, system {text} NOT NULL, code {text} NOT NULL
);
CREATE INDEX index_quantity_value ON index_quantity (practice, type, param, code, low, key);
CREATE INDEX index_quantity_key ON index_quantity (practice, key, param);

-- Old patient key -> surviving patient key. Bodies are never rewritten; queries resolve the alias.
CREATE TABLE alias (
    practice {text} NOT NULL,
    old_key {key} NOT NULL,
    surviving_key {key} NOT NULL,
    old_id {text} NOT NULL,
    surviving_id {text} NOT NULL,
    at {instant} NOT NULL,
    PRIMARY KEY (practice, old_key)
);
CREATE INDEX alias_by_survivor ON alias (practice, surviving_key);

-- One winner for each (kind, key).
CREATE TABLE key_claim (
    practice {text} NOT NULL,
    kind {text} NOT NULL,
    claim_key {text} NOT NULL,
    holder_type {text} NOT NULL,
    holder_id {text} NOT NULL,
    at {instant} NOT NULL,
    PRIMARY KEY (practice, kind, claim_key)
);
CREATE INDEX key_claim_by_holder ON key_claim (practice, holder_type, holder_id);

-- Quantities in thousandths of the unit, so that sums are exact on both engines.
CREATE TABLE balance (
    practice {text} NOT NULL,
    kind {text} NOT NULL,
    balance_key {text} NOT NULL,
    thousandths bigint NOT NULL,
    PRIMARY KEY (practice, kind, balance_key)
);

CREATE TABLE feed (
    seq {sequence},
    xid {xid},
    practice {text} NOT NULL,
    key {key} NOT NULL,
    type {text} NOT NULL,
    id {text} NOT NULL,
    version bigint NOT NULL,
    change {text} NOT NULL,
    patient_key {key},
    patient_id {text},
    security bigint NOT NULL,
    origin {text} NOT NULL,
    at {instant} NOT NULL
);
CREATE INDEX feed_order ON feed (practice, xid, seq);

-- How far each consumer of the feed has come.
CREATE TABLE feed_position (
    practice {text} NOT NULL,
    consumer {text} NOT NULL,
    xid bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (practice, consumer)
);

-- Who holds a recurring job, until when; `fence` rises with every change of holder.
CREATE TABLE lease (
    practice {text} NOT NULL,
    name {text} NOT NULL,
    holder {text} NOT NULL,
    fence bigint NOT NULL,
    until {instant} NOT NULL,
    PRIMARY KEY (practice, name)
);

-- What was done by whom: keys and digests, never bodies. Append only; linked by audit_seal.
CREATE TABLE audit (
    seq {sequence},
    xid {xid},
    practice {text} NOT NULL,
    id {text} NOT NULL,
    at {instant} NOT NULL,
    action {text} NOT NULL,
    outcome {text} NOT NULL,
    actor {text} NOT NULL,
    on_behalf_of {text},
    roles {text} NOT NULL,
    purpose {text} NOT NULL,
    origin {text} NOT NULL,
    session {text} NOT NULL,
    reason {text} NOT NULL,
    detail {text} NOT NULL,
    digest {bytes} NOT NULL
);
CREATE INDEX audit_order ON audit (practice, xid, seq);
CREATE UNIQUE INDEX audit_id ON audit (practice, id);
CREATE INDEX audit_time ON audit (practice, at);

CREATE TABLE audit_patient (
    practice {text} NOT NULL,
    patient_key {key} NOT NULL,
    audit_id {text} NOT NULL,
    at {instant} NOT NULL
);
CREATE INDEX audit_by_patient ON audit_patient (practice, patient_key, at);
CREATE INDEX audit_patient_audit ON audit_patient (practice, audit_id);

CREATE TABLE audit_seal (
    practice {text} NOT NULL,
    position bigint NOT NULL,
    audit_id {text} NOT NULL,
    xid bigint NOT NULL,
    seq bigint NOT NULL,
    digest {bytes} NOT NULL,
    chain {bytes} NOT NULL,
    sealed_at {instant} NOT NULL,
    PRIMARY KEY (practice, position)
);
CREATE UNIQUE INDEX audit_seal_id ON audit_seal (practice, audit_id);

-- Settings as data: every version kept; scope is `practice`, `site/<id>` or `user/<reference>`.
CREATE TABLE setting (
    practice {text} NOT NULL,
    scope {text} NOT NULL,
    name {text} NOT NULL,
    version bigint NOT NULL,
    value {text} NOT NULL,
    actor {text} NOT NULL,
    at {instant} NOT NULL,
    PRIMARY KEY (practice, scope, name, version)
);

-- What was typed and not saved yet.
CREATE TABLE draft (
    practice {text} NOT NULL,
    actor {text} NOT NULL,
    form {text} NOT NULL,
    patient_id {text} NOT NULL,
    content {text} NOT NULL,
    at {instant} NOT NULL,
    PRIMARY KEY (practice, actor, form, patient_id)
);

CREATE TABLE blob (
    practice {text} NOT NULL,
    digest {text} NOT NULL,
    size bigint NOT NULL,
    content_type {text} NOT NULL,
    created_at {instant} NOT NULL,
    PRIMARY KEY (practice, digest)
);

-- Sessions of people and tokens of programs. Only a hash of the secret is kept.
CREATE TABLE session (
    secret_hash {bytes} PRIMARY KEY,
    practice {text} NOT NULL,
    kind {text} NOT NULL,
    actor {text} NOT NULL,
    display {text} NOT NULL,
    user_name {text} NOT NULL,
    roles {text} NOT NULL,
    site {text},
    purpose {text} NOT NULL,
    scopes {text} NOT NULL,
    patient {text},
    data {text} NOT NULL,
    created_at {instant} NOT NULL,
    seen_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    locked_at {instant},
    revoked_at {instant}
);
CREATE INDEX session_by_actor ON session (practice, actor);

-- Which shape of which projection stands in this database.
CREATE TABLE projection_state (
    name {text} PRIMARY KEY,
    signature {text} NOT NULL
);
