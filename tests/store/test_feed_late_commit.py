"""The change feed hides nothing behind a late commit.

A sequence number is taken before the commit, so a transaction that took a low number may commit after one that took
a higher one. A reader that remembered the higher number would never see the lower one. Readers therefore stop
before the oldest transaction that is still open (`feed_horizon`).
"""

import threading
import time
from functools import partial

import pytest

from carewright.core.clock import wall_now
from carewright.core.store.commit import Commit
from carewright.core.store.hooks import FeedEntry
from carewright.core.store.model import Origin, Ref
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from tests.store.people import everything, patient
from tests.store.racing import race

WRITERS = 8
TAIL_TIMEOUT_S = 60
HELD_S = 5


@pytest.fixture(params=[25, pytest.param(250, marks=pytest.mark.slow)])
def writes_each(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def create(writer: Writer) -> Ref:
    with writer.transaction(reason="test.feed") as tx:
        return tx.create(patient())


def feed(store: Store, practice: str, after: tuple[int, int] = (0, 0), limit: int = 500) -> list[FeedEntry]:
    with store.reader(everything(practice), reason="test.feed") as reader:
        return reader.feed(after=after, limit=limit)


class Held:
    """A transaction that has written its rows and stays open until it is told to commit."""

    def __init__(self, store: Store, practice: str) -> None:
        self.written, self.commit = threading.Event(), threading.Event()
        self.ref: Ref | None = None
        self._store, self._practice = store, practice
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        planned = Transaction(access=everything(self._practice), origin=Origin.SCREEN, reason="test.held")
        self.ref = planned.create(patient())
        with self._store.driver.writing(self._practice) as connection:
            Commit(
                connection=connection, transaction=planned, registry=self._store.registry, now=wall_now(),
                clinical_now=wall_now(), digest_key=b"test",
            ).run()  # fmt: skip
            connection.rows(_number_of(self.ref, self._practice))  # the inserts have reached the server
            self.written.set()
            assert self.commit.wait(HELD_S)


def _number_of(ref: Ref, practice: str) -> Sql:
    return Sql("SELECT seq FROM feed WHERE practice = ? AND id = ?", (practice, ref.id))


@pytest.mark.postgresql
def test_a_row_whose_transaction_is_still_open_is_not_passed(postgresql_store: Store) -> None:
    store, practice = postgresql_store, "late-commit"
    store.ensure_practice(practice, "Late commits")
    writer = Writer(store, everything(practice))
    first = create(writer)
    position = feed(store, practice)[-1].position
    held = Held(store, practice)
    held.thread.start()
    assert held.written.wait(HELD_S)
    later = create(writer)
    with store.driver.reading(practice) as connection:
        assert connection.rows(_number_of(later, practice)), "B has committed and stands in the table"
    assert feed(store, practice, after=position) == [], "B is not shown, or A would be lost behind it"
    held.commit.set()
    held.thread.join()
    behind = feed(store, practice, after=position)
    assert [entry.ref for entry in behind] == [held.ref, later]
    assert [entry.ref for entry in feed(store, practice)] == [first, held.ref, later]


@pytest.mark.postgresql
def test_without_the_horizon_the_late_commit_is_lost(postgresql_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The danger is real: a reader that takes whatever is committed loses the row for good."""
    store, practice = postgresql_store, "late-commit-lost"
    store.ensure_practice(practice, "Late commits, lost")
    monkeypatch.setattr(type(store.driver.dialect), "feed_horizon", lambda self, alias: Sql("1=1"))
    writer = Writer(store, everything(practice))
    held = Held(store, practice)
    held.thread.start()
    assert held.written.wait(HELD_S)
    later = create(writer)
    seen = feed(store, practice)
    assert [entry.ref for entry in seen] == [later]
    held.commit.set()
    held.thread.join()
    assert feed(store, practice, after=seen[-1].position) == [], "the held row is lost to this reader"


def test_a_tailing_reader_loses_nothing_under_many_writers(store: Store, practice: str, writes_each: int) -> None:
    writer = Writer(store, everything(practice))
    seen: list[FeedEntry] = []
    done = threading.Event()

    def tail() -> None:
        position, deadline = (0, 0), time.monotonic() + TAIL_TIMEOUT_S
        while time.monotonic() < deadline:
            finished = done.is_set()
            entries = feed(store, practice, after=position, limit=7)
            seen.extend(entries)
            position = entries[-1].position if entries else position
            if finished and not entries:
                return

    reader = threading.Thread(target=tail)
    reader.start()

    def write() -> list[Ref]:
        return [create(writer) for _ in range(writes_each)]

    written, errors = race([write] * WRITERS)
    done.set()
    reader.join()
    assert errors == []
    expected = {ref for refs in written for ref in refs}
    assert len(seen) == len(expected) == WRITERS * writes_each
    assert {entry.ref for entry in seen} == expected
    assert [entry.position for entry in seen] == sorted(entry.position for entry in seen)
    for refs in written:  # what one writer wrote one after the other comes in that order
        of_writer = [entry.ref for entry in seen if entry.ref in set(refs)]
        assert of_writer == refs


def test_a_failed_transaction_leaves_nothing_in_the_feed(store: Store, practice: str) -> None:
    writer = Writer(store, everything(practice))

    def fail(number: int) -> None:
        with writer.transaction(reason="test.broken") as tx:
            tx.create(patient(), resource_id=f"{practice}-same")
            if number:
                raise ZeroDivisionError

    race([partial(fail, number % 2) for number in range(WRITERS)])
    assert [entry.ref for entry in feed(store, practice)] == [Ref("Patient", f"{practice}-same")]
