"""The store on both engines, as the store's own tests have it."""

from tests.store.conftest import migrated_postgresql, postgresql_store, practice, sqlite_store, sqlite_url, store

__all__ = ["migrated_postgresql", "postgresql_store", "practice", "sqlite_store", "sqlite_url", "store"]
