-- PostgreSQL only: row-level security, as for every table of a practice.
ALTER TABLE subscription_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_state FORCE ROW LEVEL SECURITY;
CREATE POLICY of_this_practice ON subscription_state
    USING (practice = current_setting('carewright.practice', true))
    WITH CHECK (practice = current_setting('carewright.practice', true));
ALTER TABLE subscription_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_event FORCE ROW LEVEL SECURITY;
CREATE POLICY of_this_practice ON subscription_event
    USING (practice = current_setting('carewright.practice', true))
    WITH CHECK (practice = current_setting('carewright.practice', true));
