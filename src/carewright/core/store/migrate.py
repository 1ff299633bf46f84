"""Numbered SQL migrations with checksums, and the tables of the projections.

A migration file is `NNNN_name.sql` (both engines, with `{text}`-like marks for the engine's types) or
`NNNN_name.postgresql.sql`. A file that has run is never edited: its checksum is kept and compared.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Protocol, cast

import psycopg

from carewright.core.store.drivers.sqlite import open_database
from carewright.core.store.hooks import ColumnType, Projection
from carewright.core.store.schema import projection_table

TYPES = {
    "sqlite": {
        "text": "TEXT", "key": "BLOB", "instant": "INTEGER", "bytes": "BLOB",
        "sequence": "INTEGER PRIMARY KEY AUTOINCREMENT", "xid": "INTEGER NOT NULL DEFAULT 0",
    },
    "postgresql": {
        "text": 'text COLLATE "C"', "key": "uuid", "instant": "timestamptz", "bytes": "bytea",
        "sequence": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "xid": "xid8 NOT NULL DEFAULT pg_current_xact_id()",
    },
}  # fmt: skip

ADVISORY_LOCK = 4_226_190_001
APPEND_ONLY = ("version", "audit", "audit_patient", "audit_seal")


class MigrationError(Exception):
    """The database cannot be brought to this version; the text says why and what to do."""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Runner(Protocol):
    """A database while it is being migrated: plain statements in one transaction."""

    engine: str

    def run(self, text: str) -> None: ...

    def rows(self, text: str, *params: object) -> list[tuple[object, ...]]: ...


def migrations(engine: str) -> list[Migration]:
    """The migrations of this version for `engine`, in order."""
    found = []
    folder = resources.files("carewright.core.store").joinpath("migrations")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        match = re.fullmatch(r"(\d{4})_(\w+?)(?:\.(postgresql|sqlite))?\.sql", entry.name)
        if match and match[3] in (None, engine):
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return found


def migrate(runner: Runner, projections: Iterable[Projection], *, application_role: str | None = None) -> list[str]:
    """Bring the database to this version; returns what was done, in words. Idempotent."""
    done = []
    runner.run("CREATE TABLE IF NOT EXISTS migration (number bigint PRIMARY KEY, name text, checksum text)")
    applied = {row[0]: row for row in runner.rows("SELECT number, name, checksum FROM migration")}
    known = migrations(runner.engine)
    newest = max((int(cast(int, n)) for n in applied), default=0)
    if newest > max(m.number for m in known):
        raise MigrationError("The database was made by a newer version of Carewright. Install that version.")
    for migration in known:
        if migration.number in applied:
            if applied[migration.number][2] != migration.checksum:
                raise MigrationError(f"Migration {migration.number} was changed after it ran; restore its file.")
            continue
        runner.run(_in_engine_types(migration.text, runner.engine))
        runner.rows(
            "INSERT INTO migration (number, name, checksum) VALUES (?, ?, ?) RETURNING number",
            migration.number, migration.name, migration.checksum,
        )  # fmt: skip
        done.append(f"migration {migration.number} {migration.name}")
    done += [f"projection {p.name} (rebuild it with reindex)" for p in projections if _make_projection(runner, p)]
    if application_role and runner.engine == "postgresql":
        _grant(runner, application_role)
    return done


def _in_engine_types(text: str, engine: str) -> str:
    for mark, sql_type in TYPES[engine].items():
        text = text.replace("{" + mark + "}", sql_type)
    return text


def _make_projection(runner: Runner, projection: Projection) -> bool:
    """Create or replace the projection's table if its shape is not the declared one."""
    table = projection_table(projection)
    types = TYPES[runner.engine]
    names = {ColumnType.TEXT: types["text"], ColumnType.KEY: types["key"], ColumnType.INSTANT: types["instant"]}
    columns = ", ".join(f"{name} {names.get(cast(ColumnType, kind), kind)}" for name, kind in table.columns)
    signature = hashlib.sha256(f"{projection.version}|{columns}|{projection.indexes}".encode()).hexdigest()
    rows = runner.rows("SELECT signature FROM projection_state WHERE name = ?", projection.name)
    if rows and rows[0][0] == signature:
        return False
    runner.run(f"DROP TABLE IF EXISTS {table.name}")
    runner.run(f"CREATE TABLE {table.name} ({columns})")
    for number, index in enumerate((("key",), *projection.indexes)):
        runner.run(f"CREATE INDEX {table.name}_{number} ON {table.name} (practice, {', '.join(index)})")
    if runner.engine == "postgresql":
        setting = "practice = current_setting('carewright.practice', true)"
        runner.run(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY")
        runner.run(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY")
        runner.run(f"CREATE POLICY of_this_practice ON {table.name} USING ({setting}) WITH CHECK ({setting})")
    runner.rows("DELETE FROM projection_state WHERE name = ? RETURNING name", projection.name)
    runner.rows(
        "INSERT INTO projection_state (name, signature) VALUES (?, ?) RETURNING name", projection.name, signature
    )
    return True


def _grant(runner: Runner, role: str) -> None:
    """The application may read and write rows, but not change or delete what is append only, nor own a table."""
    quoted = '"' + role.replace('"', '""') + '"'
    schema = str(runner.rows("SELECT quote_ident(current_schema())")[0][0])
    runner.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}")
    runner.run(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(APPEND_ONLY)} FROM {quoted}")
    runner.run(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}")
    runner.run(f"GRANT EXECUTE ON FUNCTION session_by_hash(bytea) TO {quoted}")


class _SqliteRunner:
    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, text: str) -> None:
        for statement in statements(text):
            self._connection.execute(statement)

    def rows(self, text: str, *params: object) -> list[tuple[object, ...]]:
        return self._connection.execute(text, params).fetchall()


@contextmanager
def sqlite_runner(path: Path) -> Iterator[Runner]:
    """The SQLite file at `path` in one migration transaction."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(open_database(path, read_only=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield _SqliteRunner(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            raise


class _PostgresqlRunner:
    engine = "postgresql"

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection

    def run(self, text: str) -> None:
        self._connection.execute(text)

    def rows(self, text: str, *params: object) -> list[tuple[object, ...]]:
        return self._connection.execute(text.replace("?", "%s"), params).fetchall()


@contextmanager
def postgresql_runner(url: str) -> Iterator[Runner]:
    """The PostgreSQL database at `url` (the owner's) in one migration transaction; others wait their turn."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
        yield _PostgresqlRunner(connection)


def statements(text: str) -> list[str]:
    """The statements of a migration text. Ours hold no semicolon inside a string on SQLite."""
    without_comments = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return [part.strip() for part in without_comments.split(";") if part.strip()]
