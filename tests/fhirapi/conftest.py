"""The API on both engines."""

import uuid
from collections.abc import Iterator

import pytest

from carewright.core.store.store import Store
from tests.engines import on_postgresql, on_sqlite
from tests.fhirapi.practice import REGISTRY, Practice, running
from tests.postgresql_server import Database


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from on_sqlite(tmp_path_factory.mktemp("api"), REGISTRY)


@pytest.fixture(scope="session")
def postgresql_store(postgresql_url: Database) -> Iterator[Store]:
    yield from on_postgresql(postgresql_url, REGISTRY)


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
