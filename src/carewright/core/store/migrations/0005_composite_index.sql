-- Numbers and quantities are searched: a unit's name beside its code, and the pairs of a composite parameter that stand
-- together in one element of a list. `carewright reindex search` fills them for what was written before.
ALTER TABLE index_quantity ADD COLUMN unit {text} NOT NULL DEFAULT '';

CREATE TABLE index_composite (
    practice {text} NOT NULL, key {key} NOT NULL, type {text} NOT NULL, param {text} NOT NULL,
    patient_key {key}, security bigint NOT NULL,
    system {text} NOT NULL, code {text} NOT NULL,
    value_system {text} NOT NULL, value_code {text} NOT NULL, value_unit {text} NOT NULL, low float8, high float8
);
CREATE INDEX index_composite_value ON index_composite (practice, type, param, code, value_code, low, key);
CREATE INDEX index_composite_patient ON index_composite (practice, patient_key, type, param, code);
CREATE INDEX index_composite_key ON index_composite (practice, key, param);
