-- Who has subscribed with what rights, how far each subscription has come, and the events it has numbered.
CREATE TABLE subscription_state (
    practice {text} NOT NULL,
    id {text} NOT NULL,
    version bigint NOT NULL,
    session {bytes} NOT NULL,
    facts {text} NOT NULL,
    xid bigint NOT NULL,
    seq bigint NOT NULL,
    matched bigint NOT NULL,
    delivered bigint NOT NULL,
    failures bigint NOT NULL,
    failing_since {instant},
    not_before {instant},
    last_at {instant},
    PRIMARY KEY (practice, id)
);

CREATE TABLE subscription_event (
    practice {text} NOT NULL,
    subscription {text} NOT NULL,
    number bigint NOT NULL,
    type {text} NOT NULL,
    id {text} NOT NULL,
    version bigint NOT NULL,
    at {instant} NOT NULL,
    PRIMARY KEY (practice, subscription, number)
);
CREATE INDEX subscription_event_time ON subscription_event (practice, at);
