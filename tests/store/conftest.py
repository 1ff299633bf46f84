"""The store on both engines. Each test has a practice of its own, so that one database serves a whole run."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import Store, migrate_database
from tests import engines
from tests.postgresql_server import Database
from tests.store.people import REGISTRY


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated SQLite file for the whole run of this worker."""
    path: Path = tmp_path_factory.mktemp("store") / "care.sqlite3"
    url = f"sqlite:///{path}"
    migrate_database(url, REGISTRY)
    return url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: Database) -> Database:
    migrate_database(postgresql_url.app_url, REGISTRY, owner_url=postgresql_url.owner_url)
    return postgresql_url


def open_store(url: str) -> Store:
    return engines.open_store(url, REGISTRY)


@pytest.fixture(scope="session")
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    store = open_store(sqlite_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_store(migrated_postgresql: Database) -> Iterator[Store]:
    store = open_store(migrated_postgresql.app_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Store:
    """The store on each engine in turn."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def practice(store: Store) -> str:
    """A new practice in the store."""
    name = f"p{uuid.uuid4().hex[:12]}"
    store.ensure_practice(name, "Test practice")
    return name
