-- PostgreSQL only: row-level security, as for every table of a practice.
ALTER TABLE deadline_lease ENABLE ROW LEVEL SECURITY;
ALTER TABLE deadline_lease FORCE ROW LEVEL SECURITY;
CREATE POLICY of_this_practice ON deadline_lease
    USING (practice = current_setting('carewright.practice', true))
    WITH CHECK (practice = current_setting('carewright.practice', true));
