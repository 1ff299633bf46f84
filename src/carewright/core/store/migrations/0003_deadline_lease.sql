-- Who is acting on a deadline that has come, until when by the database's time. The version of the task is the fence.
CREATE TABLE deadline_lease (
    practice {text} NOT NULL,
    key {key} NOT NULL,
    version bigint NOT NULL,
    holder {text} NOT NULL,
    until {instant} NOT NULL,
    PRIMARY KEY (practice, key)
);
