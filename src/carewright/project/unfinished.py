"""A demonstration whose making was broken off is thrown away, and nothing else ever is.

The practice says itself that it is not finished, by a key claim that stands from its first transaction until the
last: what a folder lost or a setting changed can never make a practice look unfinished.
"""

import psycopg
from psycopg import sql

from carewright.core.clock import wall_now
from carewright.core.store import claims
from carewright.core.store.hooks import Claim, Extra, Release
from carewright.core.store.model import Ref
from carewright.core.store.store import Store
from carewright.project.environment import STORE_FILE, Environment

KIND, KEY = "demonstration", "unfinished"
HOLDER = Ref("Device", "command-line")


class CannotClear(Exception):
    """What was broken off cannot be thrown away; the text says why and what to do."""


def begin(store: Store, practice: str) -> None:
    """From here on the practice is unfinished."""
    _settle(store, practice, Claim(kind=KIND, key=KEY, holder=HOLDER))


def finish(store: Store, practice: str) -> None:
    """The practice is whole."""
    _settle(store, practice, Release(kind=KIND, key=KEY, holder=HOLDER))


def is_unfinished(store: Store, practice: str) -> bool:
    with store.driver.reading(practice) as connection:
        return bool(claims.holders(connection, practice, [(KIND, KEY)]))


def clear(found: Environment, store: Store, practice: str) -> None:
    """Throw away an unfinished practice, and close the store. CannotClear."""
    others = set(store.practices()) - {practice}
    store.close()
    if found.database_url:
        _clear_rows(found.database_owner_url or found.database_url, practice)
    elif others:
        raise CannotClear(
            f"The practice '{practice}' is half made, and others stand beside it. Use another --data-dir."
        )
    else:
        for part in found.data_dir.glob(f"{STORE_FILE}*"):
            part.unlink()


def _settle(store: Store, practice: str, extra: Extra) -> None:
    with store.driver.writing(practice) as connection:
        claims.settle(connection, practice, [extra], at=wall_now())


def _clear_rows(url: str, practice: str) -> None:
    """As the owner of the tables: versions and audit are append only for the product itself."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('carewright.practice', %s, true)", (practice,))
        tables = connection.execute(
            "SELECT c.table_schema, c.table_name FROM information_schema.columns c JOIN information_schema.tables t "
            "USING (table_schema, table_name) WHERE c.column_name = 'practice' AND t.table_type = 'BASE TABLE' "
            "AND c.table_schema IN (current_schema(), 'django')"
        ).fetchall()
        try:
            for schema, table in tables:
                connection.execute(
                    sql.SQL("DELETE FROM {} WHERE practice = %s").format(sql.Identifier(schema, table)), (practice,)
                )
        except psycopg.errors.InsufficientPrivilege as error:
            raise CannotClear(
                f"The practice '{practice}' is half made, because its making was broken off, and only the owner of the "
                "tables may clear it away. Set CARE_DATABASE_OWNER_URL, or use an empty database."
            ) from error
