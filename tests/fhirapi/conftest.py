"""The API on both engines."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import Store, migrate_database, open_driver
from tests.fhirapi.practice import REGISTRY, Practice, running
from tests.postgresql_server import Database


def _store(url: str) -> Store:
    return Store(driver=open_driver(url), registry=REGISTRY, digest_key=b"test key of the audit digests")


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("api") / "care.sqlite3"
    migrate_database(f"sqlite:///{path}", REGISTRY)
    store = _store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_store(postgresql_url: Database) -> Iterator[Store]:
    migrate_database(postgresql_url.app_url, REGISTRY, owner_url=postgresql_url.owner_url)
    store = _store(postgresql_url.app_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def api(store: Store) -> Iterator[Practice]:
    """A new practice with the API running."""
    name = f"p{uuid.uuid4().hex[:12]}"
    store.ensure_practice(name, "Test practice")
    with running(store, name) as practice:
        yield practice
