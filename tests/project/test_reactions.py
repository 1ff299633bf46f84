"""Reactions: every change once at least and in order; a failure is tried again and holds up nothing else."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from carewright.core.audit.anchors import Anchors
from carewright.core.audit.verify import verify
from carewright.core.clock import wall_now
from carewright.core.registry import Manifest, Registry
from carewright.core.store import chain, consumers, drafts
from carewright.core.store.hooks import FeedEntry, Reaction
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project.reactions import ReactionRunner, consumer_of
from carewright.project.worker import Worker
from tests.project.conftest import Place


class Seen:
    """A handler that remembers, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.entries: list[FeedEntry] = []
        self.failures = failures

    def __call__(self, entry: FeedEntry, *, practice: str) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the other side does not answer: Okafor")
        self.entries.append(entry)

    @property
    def ids(self) -> list[str]:
        return [entry.ref.id for entry in self.entries]


def reaction(handle: Seen, name: str = "tell") -> Reaction:
    return Reaction(name=name, types=frozenset({"Patient"}), handle=handle, doc="For the test.")


def runner(place: Place, handle: Seen, holder: str = "one", name: str = "tell") -> ReactionRunner:
    return ReactionRunner(place.store, reaction(handle, name), holder)


def write(place: Place, *ids: str) -> None:
    for id_ in ids:
        with Writer(place.store, place.access).transaction(reason="test.write") as tx:
            tx.create({"resourceType": "Patient"}, resource_id=id_)
            tx.create({"resourceType": "Organization", "name": "x"}, resource_id=id_)


def test_every_change_of_its_types_is_seen_in_order(place: Place) -> None:
    seen = Seen()
    run = runner(place, seen)
    write(place, "a", "b")
    assert run.step(place.practice) == 2
    write(place, "c")
    assert run.step(place.practice) == 1
    assert run.step(place.practice) == 0
    assert seen.ids == ["a", "b", "c"]
    assert {entry.ref.type for entry in seen.entries} == {"Patient"}


def test_another_process_goes_on_where_the_first_stopped(place: Place) -> None:
    first, second = Seen(), Seen()
    write(place, "a")
    one = runner(place, first)
    one.step(place.practice)
    one.close()
    write(place, "b")
    runner(place, second, "two").step(place.practice)
    assert (first.ids, second.ids) == (["a"], ["b"])


def test_only_one_process_reacts_at_a_time(place: Place) -> None:
    first, second = Seen(), Seen()
    write(place, "a")
    runner(place, first).step(place.practice)
    write(place, "b")
    assert runner(place, second, "two").step(place.practice) == 0


def test_a_failure_is_tried_again_later_from_the_same_entry(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    seen = Seen(failures=2)
    run = runner(place, seen)
    write(place, "a", "b")
    for pause in (1.0, 2.0):
        assert run.step(place.practice) == 0
        now[0] += pause - 0.1
        assert run.step(place.practice) == 0  # not yet
        now[0] += 0.2
    assert run.step(place.practice) == 2
    assert seen.ids == ["a", "b"]
    assert "tell failed for the 2. time" in caplog.text
    assert "Okafor" not in caplog.text


def test_what_was_handled_before_a_failure_is_not_handled_again(place: Place) -> None:
    seen = Seen()
    run = runner(place, seen)
    write(place, "a")
    run.step(place.practice)
    seen.failures = 1
    write(place, "b")
    run.step(place.practice)
    run.places[place.practice].not_before = 0
    run.step(place.practice)
    assert seen.ids == ["a", "b"]


def test_a_failing_reaction_does_not_hold_up_another(place: Place) -> None:
    write(place, "a")
    runner(place, Seen(failures=99), name="broken").step(place.practice)
    seen = Seen()
    assert runner(place, seen, name="sound").step(place.practice) == 1


def test_a_reaction_that_is_new_starts_at_the_end(place: Place) -> None:
    write(place, "a")
    seen = Seen()
    run = runner(place, seen)
    with place.store.driver.writing(place.practice) as connection:
        assert consumers.register(connection, place.practice, [run.consumer]) == [run.consumer]
        assert consumers.register(connection, place.practice, [run.consumer]) == []
    write(place, "b")
    run.step(place.practice)
    assert seen.ids == ["b"]


def test_the_lag_of_a_consumer_is_known(place: Place) -> None:
    seen = Seen()
    declared = reaction(seen)
    write(place, "a", "b")

    def lag() -> consumers.Lag:
        with place.store.driver.reading(place.practice) as connection:
            return consumers.lag(connection, place.practice, consumer_of(declared), declared.types)

    assert (lag().waiting, lag().oldest_at is None) == (2, False)
    runner(place, seen).step(place.practice)
    assert (lag().waiting, lag().oldest_at) == (0, None)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_worker_seals_reacts_and_stops(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    registry = Registry((Manifest(name="test", doc="A reaction.", reactions=(reaction(seen),)),))
    store: Store = replace(place.store, registry=registry)
    monkeypatch.setattr(store, "practices", lambda: [place.practice])

    def tail() -> int:
        with store.driver.reading(place.practice) as connection:
            return chain.Trail(connection, place.practice).tail().count

    worker = Worker(store, anchors=Anchors(tmp_path / "anchors"))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        write(place, "a", "b", "c")
        written_at = time.monotonic()
        wait_until(lambda: tail() == 0)
        assert time.monotonic() - written_at < 3  # one second, and what a busy test machine adds
        wait_until(lambda: seen.ids == ["a", "b", "c"])
    finally:
        worker.stop()
        thread.join(timeout=20)
    assert not thread.is_alive()
    assert Anchors(tmp_path / "anchors").of(place.practice)[-1].position == verify(store, place.practice).sealed


def test_the_worker_throws_away_what_has_expired(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts.save(place.store, place.access, form="vitals", content="old")
    later = wall_now() + drafts.KEPT_FOR * 2
    monkeypatch.setattr(drafts, "wall_now", lambda: later)
    assert Worker(place.store).purge() >= 1
