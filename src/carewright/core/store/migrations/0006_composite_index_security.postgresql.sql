-- PostgreSQL only: row-level security, as for every table of a practice.
ALTER TABLE index_composite ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_composite FORCE ROW LEVEL SECURITY;
CREATE POLICY of_this_practice ON index_composite
    USING (practice = current_setting('carewright.practice', true))
    WITH CHECK (practice = current_setting('carewright.practice', true));
