-- PostgreSQL only: row-level security behind the access predicate, and the one look-up that precedes the practice.

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'version', 'current_resource', 'index_token', 'index_reference', 'index_date', 'index_string', 'index_uri',
        'index_number', 'index_quantity', 'alias', 'key_claim', 'balance', 'feed', 'feed_position', 'lease', 'audit',
        'audit_patient', 'audit_seal', 'setting', 'draft', 'blob']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY of_this_practice ON %I USING (practice = current_setting(''carewright.practice'', true)) '
            'WITH CHECK (practice = current_setting(''carewright.practice'', true))', t);
    END LOOP;
END $$;

-- A session is looked up by its secret's hash before the practice is known: this function is the only query that
-- may do so. It runs as the owner, whom row security on this one table does not bind (no FORCE); the application role
-- it binds.
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_this_practice ON session USING (practice = current_setting('carewright.practice', true))
    WITH CHECK (practice = current_setting('carewright.practice', true));

CREATE FUNCTION session_by_hash(wanted bytea) RETURNS SETOF session
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
    AS $$ SELECT * FROM session WHERE secret_hash = wanted $$;
