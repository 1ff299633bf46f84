"""The store's own fixtures: both engines, a practice for each test."""

from tests.store.conftest import (  # noqa: F401  # fixtures
    migrated_postgresql,
    postgresql_store,
    practice,
    sqlite_store,
    sqlite_url,
    store,
)
