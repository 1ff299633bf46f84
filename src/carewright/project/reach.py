"""Can the PostgreSQL database be used at all? One connection, and if not, which setting is wrong and how.

Error codes: https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

import psycopg

from carewright.project.environment import Environment

PATIENCE_SECONDS = 5
URL, OWNER_URL = "CARE_DATABASE_URL", "CARE_DATABASE_OWNER_URL"
NO_TABLES = "There are no tables in the database that CARE_DATABASE_URL names. `carewright migrate` makes them."
NO_RIGHTS = (
    "The role of CARE_DATABASE_URL has no rights on the tables. Run `carewright migrate` with CARE_DATABASE_OWNER_URL "
    "set to the owner's address: it gives them."
)


class NotReached(Exception):
    """The database cannot be used; the text says which setting to look at."""


def require(found: Environment, *, to_migrate: bool = False) -> None:
    """NotReached unless PostgreSQL, where it is used, answers and (except before a migration) has our tables."""
    if found.store_url != found.database_url:
        return
    with _connected(URL, found.database_url) as connection:
        row = connection.execute(
            "SELECT to_regclass('migration') IS NOT NULL, coalesce(has_table_privilege("
            "to_regclass('migration'), 'SELECT'), false)"
        ).fetchone()
    if to_migrate:
        if found.database_owner_url:
            _connected(OWNER_URL, found.database_owner_url).close()
        return
    there, readable = row or (False, False)
    if not there:
        raise NotReached(NO_TABLES)
    if not readable:
        raise NotReached(NO_RIGHTS)


def _connected(name: str, url: str) -> "psycopg.Connection[tuple[object, ...]]":
    try:
        return psycopg.connect(url, connect_timeout=PATIENCE_SECONDS, autocommit=True)
    except psycopg.OperationalError as error:
        raise NotReached(f"The PostgreSQL database does not answer. {_reason(error)} ({name})") from error
    except psycopg.Error as error:  # an address that libpq cannot read; its words may repeat the password
        raise NotReached(f"{name} is no address: it has the form postgresql://user:password@host:port/name.") from error


def _reason(error: psycopg.OperationalError) -> str:
    """What libpq says, which names host, role and database but never the password, in our words where we know it."""
    said = str(error)
    for mark, words in {
        "password authentication failed": "It refuses the user name or the password.",
        "Connection refused": "Nothing listens on that host and port: is the server running?",
        "could not translate host name": "There is no such host.",
        "failed to resolve host": "There is no such host.",
        "timeout expired": f"It did not answer within {PATIENCE_SECONDS} s: is the host right, and the way to it open?",
        "too many": "It has no connection left: raise max_connections, or run fewer --workers.",
        "does not exist": "It has no database or user of that name.",
        "no pg_hba.conf entry": "Its pg_hba.conf does not let this machine, user or database in.",
        "starting up": "It is starting: try again in a moment.",
    }.items():
        if mark in said:
            return words
    return "Are host, port, name, user and password right?"
