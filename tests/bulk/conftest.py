"""Exports and imports on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import Store, migrate_database, open_driver
from tests.bulk.warehouse import REGISTRY, Warehouse, warehouse
from tests.postgresql_server import Database


def _store(url: str) -> Store:
    return Store(driver=open_driver(url), registry=REGISTRY, digest_key=b"test key of the audit digests")


@pytest.fixture(scope="session")
def sqlite_bulk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("bulk") / "care.sqlite3"
    migrate_database(f"sqlite:///{path}", REGISTRY)
    store = _store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_bulk(postgresql_url: Database) -> Iterator[Store]:
    migrate_database(postgresql_url.app_url, REGISTRY, owner_url=postgresql_url.owner_url)
    store = _store(postgresql_url.app_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_bulk")
    return found


@pytest.fixture
def api(store: Store, tmp_path: Path) -> Iterator[Warehouse]:
    with warehouse(store, tmp_path / "bulk") as found:
        yield found
