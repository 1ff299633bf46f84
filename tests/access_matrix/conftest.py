"""The two practices of the matrix on each engine, filled once for a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import Store, migrate_database
from tests.access_matrix import clinic
from tests.access_matrix.probes import Twins
from tests.postgresql_server import Database
from tests.store.conftest import migrated_postgresql, open_store, postgresql_store, sqlite_store, sqlite_url

__all__ = ["migrated_postgresql", "postgresql_store", "sqlite_store", "sqlite_url"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database."""
    path = tmp_path_factory.mktemp("matrix") / "template.sqlite3"
    migrate_database(f"sqlite:///{path}", clinic.STORE)
    return path


@pytest.fixture(scope="session")
def twins(template: Path) -> Twins:
    return Twins(template.parent, template)


@pytest.fixture(scope="session")
def sqlite_matrix(sqlite_url: str) -> Iterator[Store]:
    store = open_store(sqlite_url)
    for practice in ("a-practice", "b-practice"):
        clinic.fill(store, practice, clinic.world(practice))
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_matrix(migrated_postgresql: Database) -> Iterator[Store]:
    store = open_store(migrated_postgresql.app_url)
    for practice in ("a-practice", "b-practice"):
        clinic.fill(store, practice, clinic.world(practice))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def matrix(request: pytest.FixtureRequest) -> Store:
    """The store with both practices, on each engine in turn."""
    found: Store = request.getfixturevalue(f"{request.param}_matrix")
    return found
