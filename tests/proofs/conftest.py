"""Databases for the proofs: they are killed and traced, so each has its own."""

from tests.store.conftest import migrated_postgresql, sqlite_url

__all__ = ["migrated_postgresql", "sqlite_url"]
