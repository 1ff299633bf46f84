"""A new clinic on each engine that is there, for what is measured through the pages."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.project.wiring import registry
from tests.clinic import Clinic


def clinics() -> Iterator[tuple[str, Clinic]]:
    """SQLite; and PostgreSQL where `./run bench` has found or started a server."""
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", _clinic(f"sqlite:///{folder}/bench.sqlite3")
    server = os.environ.get("CARE_TEST_DATABASE_URL", "")
    if server:
        with _postgresql(server) as clinic:
            yield "PostgreSQL", clinic


@contextmanager
def _postgresql(server: str) -> Iterator[Clinic]:
    from tests.postgresql_server import create_database, drop_database

    database = create_database(server, label=f"bench_{uuid.uuid4().hex[:6]}")
    clinic = _clinic(database.app_url, database.owner_url)
    yield clinic
    drop_database(server, database)


def _clinic(url: str, owner_url: str | None = None) -> Clinic:
    migrate_database(url, registry(), owner_url=owner_url)
    store = Store(driver=open_driver(url), registry=registry(), digest_key=b"bench")
    store.ensure_practice("bench", "Bench")
    return Clinic(store=store, practice="bench")
