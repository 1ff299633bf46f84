-- PostgreSQL only: row-level security, as for every table of a practice.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['bulk_job', 'bulk_file', 'bulk_refusal'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY of_this_practice ON %I USING (practice = current_setting(''carewright.practice'', true)) '
            'WITH CHECK (practice = current_setting(''carewright.practice'', true))', t);
    END LOOP;
END $$;
