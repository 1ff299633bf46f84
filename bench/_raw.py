"""The same rows through `sqlite3` and `psycopg` alone: what the database and its Python driver cost without us."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psycopg

from carewright.core.access.model import Access
from carewright.core.audit.records import Action, record
from carewright.core.clock import wall_now
from carewright.core.fhir import codec
from carewright.core.store import schema
from carewright.core.store.assembling import with_meta
from carewright.core.store.drivers.sqlite import open_database, to_database
from carewright.core.store.keys import key_of
from carewright.core.store.model import Change, Ref, Resource
from carewright.core.store.rows import RowSet, Version, add_index, add_version, current_row, patient_and_security
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row

Rows = dict[Table, list[Row]]
READ = (
    "SELECT v.body FROM current_resource c JOIN version v ON v.practice = c.practice AND v.key = c.key "
    "AND v.version = c.version WHERE c.practice = ? AND c.key = ?"
)
SEARCH = (
    "SELECT v.body FROM current_resource c JOIN version v ON v.practice = c.practice AND v.key = c.key "
    "AND v.version = c.version WHERE c.practice = ? AND c.type = 'Observation' AND c.deleted = 0 AND c.key IN "
    "(SELECT i.key FROM index_reference i WHERE i.practice = ? AND i.type = 'Observation' AND i.param = 'subject' "
    "AND i.target_key = ?) AND c.key IN (SELECT i.key FROM index_token i WHERE i.practice = ? "
    "AND i.type = 'Observation' AND i.param = 'code' AND i.code = ?) ORDER BY c.key LIMIT 11"
)


def rows_of(resources: Sequence[Resource], access: Access) -> Rows:
    """The rows that the store would write for these new resources in one transaction."""
    found, now = RowSet(), wall_now()
    for resource in resources:
        after = with_meta(resource, version=1, at=now)
        patient, security = patient_and_security(after)
        version = Version(
            practice=access.practice, ref=Ref(after["resourceType"], after["id"]), version=1, change=Change.CREATE,
            at=now, audit_id="bench", actor=access.actor.reference, on_behalf_of=None, origin="import",
            reason="bench", resource=after, body=codec.encode(after), patient_id=patient, security=security,
        )  # fmt: skip
        add_version(found, version)
        add_index(found, version)
        found.add(schema.CURRENT, [current_row(version)])
    audit = record(access, at=now, action=Action.CREATE, reason="bench", origin="import", detail={"writes": []})
    found.add(schema.AUDIT, [audit.row()])
    return found.by_table


class RawDatabase(Protocol):
    def rows_of(self, resources: Sequence[Resource], access: Access) -> Rows: ...
    def insert(self, rows: Rows) -> None: ...
    def read(self, resource_id: str) -> object: ...
    def search(self, patient_id: str, code: str) -> object: ...
    def close(self) -> None: ...


def open_raw(url: str, practice: str) -> RawDatabase:
    return RawSqlite(url, practice) if url.startswith("sqlite") else RawPostgresql(url, practice)


class RawSqlite:
    """One connection, the same settings, `executemany` per table, one transaction."""

    rows_of = staticmethod(rows_of)

    def __init__(self, url: str, practice: str) -> None:
        self._connection: sqlite3.Connection = open_database(Path(url.removeprefix("sqlite:///")), read_only=False)
        self._practice = practice

    def insert(self, rows: Rows) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for table, listed in rows.items():
            marks = ", ".join("?" * len(table.columns))
            self._connection.executemany(
                f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({marks})",  # noqa: S608 - the table is named here, not asked for
                [tuple(map(to_database, row)) for row in listed],
            )
        self._connection.execute("COMMIT")

    def read(self, resource_id: str) -> object:
        key = key_of("Observation", resource_id).bytes
        return self._connection.execute(READ, (self._practice, key)).fetchone()

    def search(self, patient_id: str, code: str) -> object:
        p, key = self._practice, key_of("Patient", patient_id).bytes
        return self._connection.execute(SEARCH, (p, p, key, p, code)).fetchall()

    def close(self) -> None:
        self._connection.close()


class RawPostgresql:
    """One connection, `executemany` per table (psycopg sends those in a pipeline), one transaction."""

    rows_of = staticmethod(rows_of)

    def __init__(self, url: str, practice: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=2)
        self._connection.execute("SELECT set_config('carewright.practice', %s, false)", (practice,))
        self._practice = practice

    def insert(self, rows: Rows) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table, listed in rows.items():
                marks = ", ".join(["%s"] * len(table.columns))
                cursor.executemany(
                    f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({marks})",  # noqa: S608 - the table is named here, not asked for
                    listed,
                )

    def read(self, resource_id: str) -> object:
        text = READ.replace("?", "%s")
        return self._connection.execute(text, (self._practice, key_of("Observation", resource_id))).fetchone()

    def search(self, patient_id: str, code: str) -> object:
        p, key = self._practice, key_of("Patient", patient_id)
        return self._connection.execute(SEARCH.replace("?", "%s"), (p, p, key, p, code)).fetchall()

    def close(self) -> None:
        self._connection.close()
