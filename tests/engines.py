"""A store on an engine, migrated for some manifests: what the fixtures of every folder of tests begin with."""

from collections.abc import Iterator
from pathlib import Path

from carewright.core.registry import Registry
from carewright.core.store.store import Store, migrate_database, open_driver
from tests.postgresql_server import Database

DIGEST_KEY = b"test key of the audit digests"


def open_store(url: str, registry: Registry) -> Store:
    return Store(driver=open_driver(url), registry=registry, digest_key=DIGEST_KEY)


def on_sqlite(folder: Path, registry: Registry) -> Iterator[Store]:
    """For a fixture: a migrated file in a folder, closed at the end."""
    return _migrated(f"sqlite:///{folder / 'care.sqlite3'}", registry)


def on_postgresql(database: Database, registry: Registry) -> Iterator[Store]:
    """For a fixture: a database migrated by its owner and opened by the application, closed at the end."""
    return _migrated(database.app_url, registry, owner_url=database.owner_url)


def _migrated(url: str, registry: Registry, *, owner_url: str | None = None) -> Iterator[Store]:
    migrate_database(url, registry, owner_url=owner_url)
    store = open_store(url, registry)
    yield store
    store.close()
