"""What is owed: each leg of a record has one task with somebody and a date, until the record has come to its end."""

from dataclasses import replace

import pytest

from carewright.core.fhir.model import Resource
from carewright.core.store.model import Origin, Ref, Refused
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import CONFIDENTIALITY
from carewright.core.work import actions, fhir
from carewright.core.work.model import End, Kind, Pool, WorkTask
from carewright.project.wiring import operator_access
from tests.clinic import Clinic
from tests.work.conftest import local
from tests.work.loop import ASK, LOOP, REVIEW, SEND, request, with_loop


@pytest.fixture
def looped(staffed: Clinic) -> Clinic:
    return replace(staffed, store=with_loop(staffed.store))


def write(clinic: Clinic, resource: Resource, *, origin: Origin = Origin.SCREEN) -> Ref:
    writer = Writer(clinic.store, operator_access(clinic.practice), origin=origin)
    with writer.transaction(reason="test.write") as tx:
        return tx.put(resource) if "id" in resource else tx.create(resource)


def task(clinic: Clinic, ref: Ref, code: object) -> WorkTask:
    return fhir.from_fhir(clinic.resource(LOOP.task_of(ref, code)))  # type: ignore[arg-type] # a Coding


def test_each_leg_has_its_task_with_somebody_and_a_date(looped: Clinic) -> None:
    ref = write(looped, request("ask"))
    asked = task(looped, ref, ASK)
    assert (asked.is_open, asked.pool, asked.kind) == (True, Pool(role=looped.people["fay"]), Kind.CLERICAL)
    assert asked.due_at == local("2026-11-23 14:40"), "four open hours after 10:40"
    assert (asked.focus, asked.patient, asked.site) == (str(ref), "Patient/p0", "main-st")

    write(looped, request("send", id=ref.id))
    assert task(looped, ref, ASK).end is End.DONE
    assert task(looped, ref, SEND).due_at == local("2026-11-25 10:40"), "two days by the wall"

    write(looped, request("review", id=ref.id))
    review = task(looped, ref, REVIEW)
    assert (review.owner, review.pool) == ("Practitioner/lind", None)

    write(looped, request("review", id=ref.id, status="completed"))
    assert [task(looped, ref, code).is_open for code in (ASK, SEND, REVIEW)] == [False] * 3
    assert task(looped, ref, REVIEW).produced == (str(ref),)


def test_going_back_reopens_the_same_task_with_a_new_date(looped: Clinic) -> None:
    ref = write(looped, request("ask"))
    write(looped, request("send", id=ref.id))
    looped.store.clock = replace(looped.store.clock, wall=lambda: looped.later(24 * 60))
    write(looped, request("ask", id=ref.id))
    again = task(looped, ref, ASK)
    assert (again.is_open, again.end, again.owner) == (True, None, "")
    assert again.due_at is not None
    assert again.due_at > local("2026-11-24 10:40")
    assert len(looped.rows("task", focus=str(ref))) == 2


def test_its_end_says_how_it_ended(looped: Clinic) -> None:
    ref = write(looped, request("ask"))
    write(looped, request("ask", id=ref.id, status="revoked"))
    ended = task(looped, ref, ASK)
    assert (ended.status, ended.end, ended.end_words) == ("cancelled", End.DECLINED, "does not want it")


def test_nobody_ends_the_task_before_the_record_has_moved_on(looped: Clinic) -> None:
    ref = write(looped, request("send"))
    task_id = LOOP.task_of(ref, SEND).id
    with pytest.raises(Refused, match="not there yet"):
        actions.done(looped.writer("dana"), task_id=task_id, at=looped.now)
    with pytest.raises(Refused, match="not there yet"):
        actions.end(looped.writer("dana"), task_id=task_id, how=End.NOT_NEEDED, why="x", at=looped.now)
    assert task(looped, ref, SEND).is_open
    actions.take(looped.writer("dana"), task_id=task_id)
    assert task(looped, ref, SEND).owner == "Practitioner/dana"


def test_whoever_has_the_task_keeps_it_while_the_record_stays_on_its_leg(looped: Clinic) -> None:
    ref = write(looped, request("send"))
    actions.take(looped.writer("dana"), task_id=LOOP.task_of(ref, SEND).id)
    write(looped, request("send", id=ref.id, priority="urgent"))
    assert task(looped, ref, SEND).owner == "Practitioner/dana"


def test_what_is_imported_owes_nothing_here(looped: Clinic) -> None:
    """Years of history from elsewhere must not become today's work."""
    ref = write(looped, request("ask"), origin=Origin.IMPORT)
    assert looped.rows("task", focus=str(ref)) == []


def test_a_long_id_still_has_one_task_for_each_leg(looped: Clinic) -> None:
    ref = Ref("ServiceRequest", "x" * 64)
    write(looped, request("ask", id=ref.id))
    assert len(LOOP.task_of(ref, ASK).id) <= 64
    assert LOOP.task_of(ref, ASK) != LOOP.task_of(ref, SEND)
    assert task(looped, ref, ASK).is_open


def test_a_task_is_as_sensitive_as_the_record_that_it_follows(looped: Clinic) -> None:
    label = [{"system": CONFIDENTIALITY, "code": "V"}]
    ref = write(looped, request("ask", meta={"security": label}))
    with looped.store.reader(operator_access(looped.practice), reason="test") as reader:
        assert reader.resource(LOOP.task_of(ref, ASK))["meta"]["security"] == label
