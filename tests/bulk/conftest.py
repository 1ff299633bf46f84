"""Exports and imports on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import Store
from tests.bulk.warehouse import REGISTRY, Warehouse, warehouse
from tests.engines import on_postgresql, on_sqlite
from tests.postgresql_server import Database


@pytest.fixture(scope="session")
def sqlite_bulk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from on_sqlite(tmp_path_factory.mktemp("bulk"), REGISTRY)


@pytest.fixture(scope="session")
def postgresql_bulk(postgresql_url: Database) -> Iterator[Store]:
    yield from on_postgresql(postgresql_url, REGISTRY)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_bulk")
    return found


@pytest.fixture
def api(store: Store, tmp_path: Path) -> Iterator[Warehouse]:
    with warehouse(store, tmp_path / "bulk") as found:
        yield found
