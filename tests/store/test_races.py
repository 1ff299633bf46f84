"""Races for what only one can have: keys, conditional creates, MRNs, stock, versions. One winner, on both engines.

In the suite a few rounds each; `./run prove races` runs a hundred.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial

import pytest

from carewright.core.fhir.codec import decode
from carewright.core.registry import Manifest, Registry
from carewright.core.store import balances
from carewright.core.store.drivers.base import Busy
from carewright.core.store.hooks import Effect, Extra, Move, Put, Write, WriteContext
from carewright.core.store.model import BalanceShort, Conflict, KeyTaken, Ref, Resource
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store
from carewright.core.store.transaction import Done
from carewright.core.store.writer import Writer
from tests.needs import REPOSITORY
from tests.store.people import everything, patient
from tests.store.racing import race

RACERS = 8
PROCESS_TIMEOUT_S = 120


@pytest.fixture(params=[10, pytest.param(100, marks=pytest.mark.slow)])
def rounds(request: pytest.FixtureRequest) -> int:
    """How often each race is run: short in the suite, long as a proof."""
    return int(request.param)


@pytest.fixture
def writer(store: Store, practice: str) -> Writer:
    return Writer(store, everything(practice))


def create(writer: Writer, resource: Resource) -> Ref:
    with writer.transaction(reason="test.race") as tx:
        return tx.create(resource)


def found(writer: Writer, resource_type: str, **pairs: str) -> list[Ref]:
    with writer.store.reader(writer.access, reason="test.search") as reader:
        return [stored.ref for stored in reader.search(parse(resource_type, pairs.items())).matches]


def balance(writer: Writer, kind: str, key: str) -> Decimal:
    with writer.store.driver.reading(writer.access.practice) as connection:
        return balances.on_hand(connection, writer.access.practice, kind, key)


def test_the_last_slot_has_one_winner(writer: Writer, rounds: int) -> None:
    for number in range(rounds):
        slot = f"2026-11-23T10:40 room-4 #{number}"

        def book(slot: str = slot) -> Ref:
            with writer.transaction(reason="test.book") as tx:
                visit = tx.create({"resourceType": "Basic", "code": {"text": slot}})
                tx.claim("slot", slot, holder=visit)
            return visit

        won, lost = race([book] * RACERS)
        assert len(won) == 1, lost
        assert all(isinstance(error, KeyTaken) and error.holder == won[0] for error in lost), lost
    assert len(found(writer, "Basic", _count="1000")) == rounds


def test_a_conditional_create_makes_one_resource(writer: Writer, rounds: int) -> None:
    for number in range(rounds):

        def send(number: int = number) -> Done:
            with writer.transaction(reason="test.conditional") as tx:
                tx.create(
                    patient(identifier=[{"system": "urn:elsewhere", "value": str(number)}]),
                    if_none_exist=parse("Patient", [("identifier", f"urn:elsewhere|{number}")]),
                )
            return tx.results[0].done

        outcomes, errors = race([send] * RACERS)
        assert errors == []
        assert sorted(outcomes) == [Done.CREATED] + [Done.EXISTED] * (RACERS - 1)
        assert len(found(writer, "Patient", identifier=f"urn:elsewhere|{number}")) == 1


def test_an_mrn_has_one_patient(writer: Writer, rounds: int) -> None:
    for number in range(rounds):

        def register(number: int = number) -> Ref:
            return create(writer, patient(identifier=[{"system": "urn:test:mrn", "value": str(number)}]))

        won, lost = race([register] * RACERS)
        assert len(won) == 1, lost
        assert all(isinstance(error, KeyTaken) for error in lost), lost
        assert found(writer, "Patient", identifier=f"urn:test:mrn|{number}") == won


def test_ten_doses_under_fifty_takers_are_ten(writer: Writer, rounds: int) -> None:
    for number in range(max(1, rounds // 10)):
        lot = f"lot-{number}"

        def move(delta: int, lot: str = lot) -> None:
            with writer.transaction(reason="test.dose") as tx:
                tx.move(Move(kind="doses", key=lot, delta=Decimal(delta)))

        move(10)
        taken, short = race([partial(move, -1)] * 50)
        assert len(taken) == 10
        assert len(short) == 40
        assert all(isinstance(error, BalanceShort) for error in short), short
        assert balance(writer, "doses", lot) == 0


def test_of_two_edits_of_one_version_the_second_gets_what_stands_now(writer: Writer, rounds: int) -> None:
    ref = create(writer, patient(given="Version 1"))
    for version in range(1, rounds + 1):

        def edit(who: int, version: int = version) -> str:
            given = f"Version {version + 1} by {who}"
            with writer.transaction(reason="test.edit") as tx:
                tx.update({**patient(given=given), "id": ref.id}, version=version)
            return given

        won, lost = race([partial(edit, who) for who in range(RACERS)])
        assert len(won) == 1, lost
        for error in lost:
            assert isinstance(error, Conflict)
            assert error.current is not None
            assert error.current.version == version + 1
            assert decode(error.current.body or b"")["name"][0]["given"] == won


def test_of_two_creates_under_one_id_the_second_conflicts(writer: Writer, rounds: int) -> None:
    for number in range(rounds):

        def make(number: int = number) -> Ref:
            with writer.transaction(reason="test.same-id") as tx:
                return tx.create(patient(), resource_id=f"{writer.access.practice}-{number}")

        won, lost = race([make] * 4)
        assert len(won) == 1, lost
        assert all(isinstance(error, Conflict) for error in lost), lost


# -- effects that read and write what others write, and transactions that cross ---------------------------------------


def _count_up(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Number every order on one record that all of them share."""
    counter = context.loaded.get(Ref("Basic", _counter_of(write)))
    if write.before is not None or counter is None:
        return []
    number = int(counter["code"]["text"]) + 1
    return [Put(resource={**counter, "code": {"text": str(number)}})]


def _counter_of(write: Write) -> str:
    return str((write.after or {}).get("subject", {}).get("reference", "Patient/-")).removeprefix("Patient/")


class Crossing:
    """An effect that takes two locks one after the other, and waits in between for somebody who holds the second."""

    def __init__(self) -> None:
        self.meet = threading.Barrier(2)
        self.patience_s = 0.2

    def apply(self, write: Write, context: WriteContext) -> Iterator[Extra]:
        first, second = str((write.after or {})["description"]).split()
        yield Move(kind="crossing", key=first, delta=Decimal(1))
        with suppress(threading.BrokenBarrierError):
            self.meet.wait(self.patience_s)
            self.patience_s = 0  # they have met once; who runs again goes straight through
        yield Move(kind="crossing", key=second, delta=Decimal(1))


@pytest.fixture
def crossing() -> Crossing:
    return Crossing()


@pytest.fixture
def effects_writer(store: Store, practice: str, crossing: Crossing) -> Writer:
    """A writer whose registry has the effects of this file."""
    effects = (
        Effect(
            name="count-up",
            types=frozenset({"ServiceRequest"}),
            apply=_count_up,
            reads=lambda write: [Ref("Basic", _counter_of(write))],
        ),
        Effect(name="crossing", types=frozenset({"Task"}), apply=crossing.apply),  # type: ignore[arg-type] # lazy
    )
    registry = Registry((Manifest(name="races", doc="Effects that race.", effects=effects),))
    return Writer(Store(driver=store.driver, registry=registry), everything(practice))


def test_what_an_effect_reads_is_what_stands_when_it_writes(effects_writer: Writer, rounds: int) -> None:
    counter = create(effects_writer, {"resourceType": "Basic", "code": {"text": "0"}})
    order = {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
             "subject": {"reference": f"Patient/{counter.id}"}}  # fmt: skip
    for number in range(1, max(2, rounds // 5) + 1):
        _, errors = race([lambda: create(effects_writer, order)] * RACERS)
        assert errors == []
        with effects_writer.store.reader(effects_writer.access, reason="test.read") as reader:
            assert reader.resource(counter)["code"]["text"] == str(number * RACERS)
            assert reader.read(counter).version == number * RACERS + 1


def test_transactions_that_cross_run_again_and_lose_nothing(
    effects_writer: Writer, crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[Exception] = []
    attempt = effects_writer._attempt

    def counted(planned):
        try:
            return attempt(planned)
        except Busy as busy:
            met.append(busy)
            raise

    monkeypatch.setattr(effects_writer, "_attempt", counted)

    def send(order: str) -> Callable[[], Ref]:
        task = {"resourceType": "Task", "status": "requested", "intent": "order", "description": order,
                "owner": {"reference": "Practitioner/p"}}  # fmt: skip
        return lambda: create(effects_writer, task)

    rounds, must_meet = 0, effects_writer.store.driver.dialect.name == "postgresql"
    while rounds < 2 or (must_meet and not met and rounds < 20):
        crossing.meet.reset()
        crossing.patience_s = 1 if must_meet else 0.2
        _, errors = race([send("a b"), send("b a")])
        assert errors == []
        rounds += 1
    assert [balance(effects_writer, "crossing", key) for key in "ab"] == [Decimal(2 * rounds)] * 2
    assert met or not must_meet, "they were meant to meet"


# -- processes --------------------------------------------------------------------------------------------------------


def test_two_processes_take_each_key_once(store: Store, practice: str, rounds: int) -> None:
    driver = store.driver
    url = getattr(driver, "url", None) or f"sqlite:///{driver.path}"  # type: ignore[attr-defined] # SQLite's
    words = [sys.executable, "-m", "tests.store.racer", url, practice, str(rounds)]
    racers = [
        subprocess.Popen(
            [*words, name], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("front desk", "portal")
    ]  # fmt: skip
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n", racer.communicate()[1]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outputs = [racer.communicate(timeout=PROCESS_TIMEOUT_S) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], [error for _, error in outputs]
    won = [int(line) for output, _ in outputs for line in output.split()]
    assert sorted(won) == list(range(rounds))
