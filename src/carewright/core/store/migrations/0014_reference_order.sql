-- What refers to a record, in the order in which it is shown: a page is read from the index, however much refers to it.
DROP INDEX index_reference_value;

CREATE INDEX index_reference_value ON index_reference (practice, target_key, type, param, key);
