"""`kill -9` in the middle of many writes: every acknowledged write is there, whole; none is there by halves.

In the suite three rounds on each engine; `./run prove crash` runs fifty. What this proves is that nothing is done in
two steps; that a commit is on the disk is proven in test_sync_before_acknowledgement.py.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from carewright.core.fhir.codec import decode
from carewright.core.store.drivers.base import Connection
from carewright.core.store.drivers.sqlite import SqliteDriver
from carewright.core.store.keys import key_of
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from tests.needs import REPOSITORY
from tests.postgresql_server import Database
from tests.store.conftest import open_store

THREADS, WRITES = 8, 25
SERVER_TIMEOUT_S = 20
ROUNDS = pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.slow)])
TABLES = ("version", "feed", "current_resource", "index_token", "index_reference", "p_test_visit")


@contextmanager
def killed_while_writing(url: str, practice: str, after: int) -> Iterator[list[str]]:
    """What a writing process acknowledged before it was killed, a moment after its `after`th line."""
    address = url if url.startswith("sqlite") else f"{url}?application_name={practice}"
    words = [sys.executable, "-m", "tests.proofs.writing", address, practice, str(THREADS), str(WRITES)]
    # Without a buffer: what `readline` had read ahead, `communicate` would not find.
    process = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    lines = [process.stdout.readline().decode().strip() for _ in range(after)]
    time.sleep(random.uniform(0, 0.003))
    os.kill(process.pid, signal.SIGKILL)
    rest, errors = process.communicate()
    assert lines[-1], errors.decode()
    yield [*lines, *(line for line in rest.decode().split("\n") if line)]


def rows(connection: Connection, table: str, practice: str, columns: str) -> list[tuple[object, ...]]:
    return connection.rows(Sql(f"SELECT {columns} FROM {table} WHERE practice = ?", (practice,)))  # noqa: S608 - the table is named here, not asked for


def check_whole(store: Store, practice: str, acknowledged: list[str]) -> int:
    """Every acknowledged write is whole, and so is every other one that is there; how many versions there are."""
    with store.driver.reading(practice) as connection:
        dialect = connection.dialect
        versions = {
            (str(row[0]), int(str(row[1]))): (dialect.bytes_(row[2]), str(row[3]))
            for row in rows(connection, "version", practice, "id, version, body, audit_id")
        }
        for line in acknowledged:
            if line != "done":
                _, written, number = line.split()
                assert (written, int(number)) in versions, f"lost: {line}"
        newest: dict[str, int] = {}
        for (resource_id, version), (body, _) in versions.items():
            assert decode(body)["meta"]["versionId"] == str(version)
            assert version == 1 or (resource_id, version - 1) in versions
            newest[resource_id] = max(version, newest.get(resource_id, 0))
        current = {str(r[0]): r[1] for r in rows(connection, "current_resource", practice, "id, version")}
        assert current == newest
        feed = {(str(r[0]), r[1]) for r in rows(connection, "feed", practice, "id, version")}
        assert feed == set(versions)
        audits = {str(r[0]) for r in rows(connection, "audit", practice, "id")}
        assert audits == {audit for _, audit in versions.values()}
        assert len(rows(connection, "audit_patient", practice, "audit_id")) == len(versions)
        keys = {key_of("Encounter", resource_id): version for resource_id, version in newest.items()}
        projected = [dialect.key(r[0]) for r in rows(connection, "p_test_visit", practice, "key")]
        assert sorted(projected) == sorted(keys)
        notes = rows(connection, "index_token", practice, "key, code, param")
        assert {dialect.key(r[0]): int(str(r[1])) for r in notes if r[2] == "identifier"} == keys
        assert sum(r[2] == "identifier" for r in notes) == len(keys)
        references = rows(connection, "index_reference", practice, "key, param")
        assert sorted(dialect.key(r[0]) for r in references if r[1] == "subject") == sorted(keys)
    return len(versions)


def wait_for_the_server(store: Store, name: str) -> None:
    """PostgreSQL may still be busy with what the killed process has sent; it notices its death behind that."""
    if store.driver.dialect.name == "sqlite":
        return
    deadline = time.monotonic() + SERVER_TIMEOUT_S
    still = Sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = ?", (name,))
    with store.driver.reading("") as connection:
        while connection.rows(still) != [(0,)]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def crash(store: Store, url: str) -> int:
    """One round; how many versions stood beyond those that were acknowledged (committed, and killed before saying)."""
    practice = f"k{uuid.uuid4().hex[:12]}"
    with killed_while_writing(url, practice, after=random.randint(1, THREADS * WRITES)) as acknowledged:
        wait_for_the_server(store, practice)
        there = check_whole(store, practice, acknowledged)
    assert there - len(acknowledged) <= THREADS
    return there


@ROUNDS
def test_sqlite_keeps_what_it_acknowledged(sqlite_url: str, rounds: int) -> None:
    store = open_store(sqlite_url)
    assert isinstance(store.driver, SqliteDriver)
    path: Path = store.driver.path
    for _ in range(rounds):
        assert crash(store, sqlite_url)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store.close()


@ROUNDS
def test_postgresql_keeps_what_it_acknowledged(migrated_postgresql: Database, rounds: int) -> None:
    store = open_store(migrated_postgresql.app_url)
    for _ in range(rounds):
        crash(store, migrated_postgresql.app_url)
    store.close()
