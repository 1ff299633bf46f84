"""How far the database is behind the product: the store's migrations, its projections, and Django's tables."""

import os
import sqlite3
from contextlib import closing

from carewright.core.store.migrate import migrations
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project.environment import Environment

PAGES_FILE = "django.sqlite3"


def store_behind(store: Store) -> list[str]:
    """What `carewright migrate` would do to the store's tables."""
    with store.driver.reading("") as connection:
        applied = {row[0] for row in connection.rows(Sql("SELECT number FROM migration"))}
        made = {str(row[0]) for row in connection.rows(Sql("SELECT name FROM projection_state"))}
    missing = [m.name for m in migrations(store.driver.dialect.name) if m.number not in applied]
    return missing + sorted(set(store.registry.projections) - made)


def store_ahead(store: Store) -> bool:
    """Whether a newer product has made the database."""
    with store.driver.reading("") as connection:
        newest = connection.rows(Sql("SELECT max(number) FROM migration"))[0][0]
    return int(str(newest or 0)) > max(m.number for m in migrations(store.driver.dialect.name))


def pages_behind(found: Environment, store: Store) -> list[str]:
    """Django's migrations that have not run, as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in _wanted() - _applied(found, store))


def pages_rows(found: Environment, store: Store, statement: str) -> list[tuple[object, ...]]:
    """Rows of Django's own tables, with or without Django; `{schema}` stands before a table's name."""
    if found.database_url:
        with store.driver.reading("") as connection:
            return list(connection.rows(Sql(statement.format(schema="django."))))
    path = found.data_dir / PAGES_FILE
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection_:
        return connection_.execute(statement.format(schema="")).fetchall()


def _applied(found: Environment, store: Store) -> set[tuple[str, str]]:
    rows = pages_rows(found, store, "SELECT app, name FROM {schema}django_migrations")
    return {(str(app), str(name)) for app, name in rows}


def _wanted() -> set[tuple[str, str]]:
    """All that come with the installed applications; those that another replaces are not wanted."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")
    import django
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    if not apps.ready:
        django.setup()
    loader = MigrationLoader(None)
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    squashed = {key for key, migration in loader.disk_migrations.items() if migration.replaces}
    return set(loader.disk_migrations) - replaced - squashed
