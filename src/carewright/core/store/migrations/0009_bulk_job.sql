-- Exports and imports that a client has asked for: what, by whom, how far they have come. Their files lie in the data
-- folder; `access` is what the client could see when it asked, `place` where the work goes on after an interruption.
CREATE TABLE bulk_job (
    practice {text} NOT NULL,
    id {text} NOT NULL,
    kind {text} NOT NULL,
    actor {text} NOT NULL,
    state {text} NOT NULL,
    asked {text} NOT NULL,
    access {text} NOT NULL,
    place {text} NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    transaction_at {instant},
    created_at {instant} NOT NULL,
    turn_at {instant} NOT NULL,
    ended_at {instant},
    expires_at {instant},
    PRIMARY KEY (practice, id)
);
CREATE INDEX bulk_job_by_state ON bulk_job (practice, kind, state, turn_at);

-- A finished file of a job. `kept_as` is its name on the disk, `type` what its records are, whatever its part.
CREATE TABLE bulk_file (
    practice {text} NOT NULL,
    job {text} NOT NULL,
    name {text} NOT NULL,
    part {text} NOT NULL,
    type {text} NOT NULL,
    records bigint NOT NULL,
    size bigint NOT NULL,
    kept_as {text} NOT NULL,
    PRIMARY KEY (practice, job, name)
);

-- A line of an import that was refused, with the OperationOutcome that says why.
CREATE TABLE bulk_refusal (
    practice {text} NOT NULL,
    job {text} NOT NULL,
    line bigint NOT NULL,
    outcome {text} NOT NULL,
    PRIMARY KEY (practice, job, line)
);
