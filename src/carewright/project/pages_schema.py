"""The schema of Django's own tables on PostgreSQL: made and granted by the owner, beside the store's."""

import psycopg
import psycopg.conninfo
from psycopg import sql

SCHEMA = sql.Identifier("django")


def make_pages_schema(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(SCHEMA))


def grant_pages_schema(owner_url: str, *, application_url: str) -> None:
    """The application may read and write the rows, not own or change the tables."""
    role = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(application_url).get("user", "")))
    grants = (
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    )
    with psycopg.connect(owner_url) as connection:
        for grant in grants:
            connection.execute(sql.SQL(grant).format(schema=SCHEMA, role=role))
