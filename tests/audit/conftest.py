"""The audit on both engines: the store's fixtures, and a superuser's hand to do what the product cannot."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from carewright.core.store.drivers.postgresql import PostgresqlDriver
from carewright.core.store.drivers.sqlite import SqliteDriver, to_database
from carewright.core.store.store import Store
from tests.postgresql_server import Database
from tests.store.conftest import (  # noqa: F401  # fixtures
    migrated_postgresql,
    postgresql_store,
    practice,
    sqlite_store,
    sqlite_url,
    store,
)

Tamper = Callable[..., None]


@pytest.fixture
def tamper(store: Store, request: pytest.FixtureRequest) -> Tamper:  # noqa: F811 - pytest hands the fixture over by this name
    """Run a statement past the product, as somebody with the database's own password would."""
    if isinstance(store.driver, SqliteDriver):
        path: Path = store.driver.path

        def on_sqlite(text: str, *params: object) -> None:
            with sqlite3.connect(path) as connection:
                connection.execute(text, tuple(map(to_database, params)))

        return on_sqlite
    assert isinstance(store.driver, PostgresqlDriver)
    database: Database = request.getfixturevalue("migrated_postgresql")

    def on_postgresql(text: str, *params: object) -> None:
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(text.replace("?", "%s"), params)

    return on_postgresql
