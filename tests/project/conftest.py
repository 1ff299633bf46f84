"""The installation's own manifests on both engines, each test with a practice of its own."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from carewright.core.access.model import Access
from carewright.core.store.store import Store, migrate_database
from carewright.project.wiring import operator_access, registry
from tests import engines
from tests.engines import on_postgresql, on_sqlite
from tests.postgresql_server import Database


@dataclass(frozen=True)
class Place:
    """A practice in a store, and who may do everything there."""

    store: Store
    access: Access

    @property
    def practice(self) -> str:
        return self.access.practice


def open_store(url: str) -> Store:
    return engines.open_store(url, registry())


def new_place(store: Store, practice: str = "") -> Place:
    practice = practice or f"p{uuid.uuid4().hex[:12]}"
    store.ensure_practice(practice, "Test practice")
    return Place(store, operator_access(practice))


@pytest.fixture(scope="session")
def sqlite_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from on_sqlite(tmp_path_factory.mktemp("installation"), registry())


@pytest.fixture(scope="session")
def postgresql_installation(postgresql_url: Database) -> Iterator[Store]:
    yield from on_postgresql(postgresql_url, registry())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest) -> Place:
    """A new practice on each engine in turn."""
    store: Store = request.getfixturevalue(f"{request.param}_installation")
    return new_place(store)


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `carewright migrate` leaves it, to be copied: Django takes seconds to make its tables."""
    folder = tmp_path_factory.mktemp("migrated")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    command = [sys.executable, "-m", "carewright.project.cli", "migrate", "--data-dir", str(folder)]
    subprocess.run(command, env=kept, check=True, capture_output=True)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Store]:
    """A second installation, empty, on SQLite."""
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
    migrate_database(url, registry())
    store = open_store(url)
    yield store
    store.close()
