"""Deadlines that have come, drained by two workers of which one is killed half-way: each acts once, none is lost.

In the suite some hundreds on each engine; `./run prove timers` takes ten thousand.
"""

import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from carewright.core.access.model import Role
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.core.terminology.coding import Coding
from carewright.core.work import fhir
from carewright.core.work.model import TASK_CODE, Kind, Pool, WorkTask
from carewright.project.wiring import operator_access, registry
from tests.needs import REPOSITORY
from tests.postgresql_server import Database

NOW = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
LEASE_SECONDS = 3
PATIENCE_S = 600
ATTEMPTS = 4
MANY = pytest.mark.parametrize("many", [400, pytest.param(10_000, marks=pytest.mark.slow)])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database."""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("fresh_postgresql")
        migrate_database(database.app_url, registry(), owner_url=database.owner_url)
        yield database.app_url
        return
    url = f"sqlite:///{tmp_path_factory.mktemp('timers') / 'care.sqlite3'}"
    migrate_database(url, registry())
    yield url


def ask(store: Store, practice: str, many: int) -> None:
    """So many tasks that became late at different moments, and one that is late tomorrow."""
    late = WorkTask(code=Coding(TASK_CODE, "call-back", "Call back"), pool=Pool(role=Role.MA), kind=Kind.CLERICAL)
    writer = store.writer(operator_access(practice))
    for start in range(0, many, 500):
        with writer.transaction(reason="test.ask") as tx:
            for n in range(start, min(start + 500, many)):
                due = NOW - timedelta(seconds=n % 7000)
                tx.create(fhir.to_fhir(WorkTask(**{**vars(late), "due_at": due, "id": f"t{n}"})), resource_id=f"t{n}")
    with writer.transaction(reason="test.ask") as tx:
        tomorrow = WorkTask(**{**vars(late), "due_at": NOW + timedelta(days=1), "id": "tomorrow"})
        tx.create(fhir.to_fhir(tomorrow), resource_id="tomorrow")


def worker(address: str, practice: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.proofs.draining", address, practice, NOW.isoformat(), str(LEASE_SECONDS)]
    return subprocess.Popen(words, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def together(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Begin when all have started: one alone would be done before the other is there."""
    for process in workers:
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"
    for process in workers:
        assert process.stdin is not None
        process.stdin.write(b"begin\n")
        process.stdin.flush()


@MANY
def test_each_deadline_acts_once_though_a_worker_is_killed(address: str, many: int) -> None:
    store = Store(driver=open_driver(address), registry=registry(), digest_key=b"proof")
    for _ in range(ATTEMPTS):
        practice = f"t{uuid.uuid4().hex[:8]}"
        store.ensure_practice(practice, "Timers")
        ask(store, practice, many)
        began = time.monotonic()
        by_first, by_second = drained(address, practice, many)
        took = time.monotonic() - began
        each_acted_once(store, practice, many)
        said = f"{many} deadlines: {by_first} or more by the worker that was killed, {by_second} by the other"
        sys.stdout.write(f"{said}, {took:.1f} s\n")
        if by_first and by_second:
            break
    else:
        pytest.fail("One worker was always done before the other had begun: none was killed at work.")
    store.close()


def drained(address: str, practice: str, many: int) -> tuple[int, int]:
    """How many deadlines the worker did that was killed inside a batch (0: it had ended by itself, as its neighbour had
    been quicker), and how many the other."""
    first, second = worker(address, practice), worker(address, practice)
    together((first, second))
    assert first.stdout is not None
    by_first = 0
    while by_first < many // 4 and (line := first.stdout.readline()):
        by_first += int(line)
    time.sleep(random.uniform(0, 0.05))  # somewhere inside a batch
    was_at_work = first.poll() is None
    first.kill()
    first.communicate()
    out, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0
    return by_first if was_at_work else 0, sum(map(int, out.split()))


def each_acted_once(store: Store, practice: str, many: int) -> None:
    versions = Counter(version_counts(store, practice))
    assert versions == {2: many, 1: 1}, "each late task was sent on once, the one of tomorrow not at all"
    with store.reader(operator_access(practice), reason="test.read") as reader:
        rows = reader.rows("task", where={"is_open": 1})
        assert Counter((row["level"], row["pool_role"]) for row in rows) == {(1, "lead-ma"): many, (0, "ma"): 1}
        assert len(reader.rows("deadline", where={})) == many + 1


def version_counts(store: Store, practice: str) -> list[int]:
    with store.driver.reading(practice) as connection:
        statement = Sql("SELECT count(*) FROM version WHERE practice = ? AND type = 'Task' GROUP BY key", (practice,))
        return [int(str(row[0])) for row in connection.rows(statement)]
