-- Programs that are registered with a practice, what people have allowed them, and secrets that open something once.
CREATE TABLE client (
    practice {text} NOT NULL,
    client_id {text} NOT NULL,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    launch_url {text} NOT NULL,
    redirect_uris {text} NOT NULL,
    scopes {text} NOT NULL,
    secret_hash {bytes},
    jwks {text} NOT NULL,
    jwks_url {text} NOT NULL,
    roles {text} NOT NULL,
    created_by {text} NOT NULL,
    created_at {instant} NOT NULL,
    disabled_at {instant},
    PRIMARY KEY (practice, client_id)
);

CREATE TABLE app_authorization (
    practice {text} NOT NULL,
    id {text} NOT NULL,
    client_id {text} NOT NULL,
    actor {text} NOT NULL,
    display {text} NOT NULL,
    user_name {text} NOT NULL,
    roles {text} NOT NULL,
    site {text},
    patient {text},
    scopes {text} NOT NULL,
    base {text} NOT NULL,
    session {bytes} NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    ended_at {instant},
    PRIMARY KEY (practice, id)
);
CREATE INDEX app_authorization_actor ON app_authorization (practice, actor);
CREATE INDEX app_authorization_client ON app_authorization (practice, client_id);

CREATE TABLE ticket (
    practice {text} NOT NULL,
    secret_hash {bytes} NOT NULL,
    kind {text} NOT NULL,
    client_id {text} NOT NULL,
    app_authorization {text} NOT NULL,
    data {text} NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant},
    PRIMARY KEY (practice, secret_hash)
);
CREATE INDEX ticket_end ON ticket (practice, expires_at);

CREATE TABLE signing_key (
    practice {text} PRIMARY KEY,
    sealed {bytes} NOT NULL,
    created_at {instant} NOT NULL
);
