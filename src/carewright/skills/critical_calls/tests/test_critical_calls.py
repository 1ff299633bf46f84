"""A critical call: it rings who was named, then who covers, then everybody; it ends with the read-back."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import NotFound, Ref, Refused
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, Pool, WorkTask
from carewright.project.timers import TimerRunner
from carewright.skills.critical_calls import actions, queries
from carewright.skills.critical_calls.codes import READ_BACK, TOLD, TOLD_IN_PERSON
from carewright.skills.critical_calls.model import CriticalCall
from tests.clinic import Clinic
from tests.pages import _person

LIND, CARLA = "Practitioner/lind", "Practitioner/carla"


@pytest.fixture
def ward(clinic: Clinic) -> Clinic:
    """A clinic with a second provider, and a visit."""
    clinic.people["carla"] = Role.PROVIDER
    clinic.have(
        *(resource for name, role in clinic.people.items() for resource in _person(name, role)),
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "AMB"},
         "subject": {"reference": "Patient/p1"}},
    )  # fmt: skip
    return clinic


def ring(ward: Clinic, name: str = "dana") -> str:
    return actions.ring(ward.writer(name), encounter_id="e1", patient="Patient/p1", site="", whom=LIND, at=ward.now)


def task(ward: Clinic, call_id: str) -> WorkTask:
    return work_fhir.from_fhir(ward.resource(Ref("Task", call_id)))


def of_visit(ward: Clinic) -> list[CriticalCall]:
    with ward.store.reader(ward.access("dana"), reason="test.read") as reader:
        return queries.of_visit(reader, "e1")


def clock(ward: Clinic) -> TimerRunner:
    return TimerRunner(ward.store, "clock", covering=lambda reader, site, at: CARLA)


def passes(ward: Clinic, seconds: float) -> None:
    ward.later(seconds / 60)
    clock(ward).drain(ward.practice)


def test_it_rings_the_next_one_after_a_minute_and_all_after_two(ward: Clinic) -> None:
    call_id = ring(ward)
    passes(ward, 59)
    assert task(ward, call_id).owner == LIND
    passes(ward, 2)
    assert task(ward, call_id).owner == CARLA
    passes(ward, 61)
    after = task(ward, call_id)
    assert (after.owner, after.pool, len(after.escalations)) == ("", Pool(role=Role.PROVIDER), 2)
    passes(ward, 3600)
    assert task(ward, call_id).is_open, "it rings until somebody answers"


def test_answering_stops_the_ringing_and_the_read_back_ends_it(ward: Clinic) -> None:
    call_id = ring(ward)
    with pytest.raises(Refused, match="Nobody has answered"):
        actions.read_back(ward.writer("dana"), call_id=call_id, at=ward.now)
    ward.later(0.5)
    work.start(ward.writer("lind"), task_id=call_id)
    passes(ward, 120)
    (call,) = of_visit(ward)
    assert (call.answered, call.ringing, call.level) == (True, LIND, 0)
    actions.read_back(ward.writer("dana"), call_id=call_id, at=ward.now)
    ended = task(ward, call_id)
    (told,) = [ward.resource(Ref("Communication", ref.split("/")[1])) for ref in ended.produced]
    assert ended.end is End.DONE
    assert (told["recipient"], told["sender"]) == ([{"reference": LIND}], {"reference": "Practitioner/dana"})
    assert TOLD.matches(told["category"][0])
    assert told["payload"] == [{"contentString": READ_BACK}]
    actions.read_back(ward.writer("dana"), call_id=call_id, at=ward.now)  # a second tap changes nothing
    assert len(task(ward, call_id).produced) == 1


def test_answered_and_never_read_back_it_rings_on(ward: Clinic) -> None:
    call_id = ring(ward)
    work.start(ward.writer("lind"), task_id=call_id)
    passes(ward, 5 * 60 + 1)
    assert (task(ward, call_id).owner, task(ward, call_id).status) == (CARLA, "requested")


def test_nobody_calls_it_done_without_the_read_back(ward: Clinic) -> None:
    call_id = ring(ward)
    with pytest.raises(Refused, match="Communication"):
        work.done(ward.writer("lind"), task_id=call_id, at=ward.now)


def told_in_person(ward: Clinic) -> None:
    writer = ward.writer("dana")
    with (
        ward.store.reader(writer.access, reason="test.told") as reader,
        writer.transaction(reason="test.told") as tx,
    ):
        actions.plan_told_in_person(tx, reader, encounter_id="e1", whom=CARLA, at=ward.now)


def test_a_second_call_about_the_visit_is_the_same_call_while_it_rings(ward: Clinic) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ring(ward))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    told_in_person(ward)
    again = ring(ward)
    assert again not in found
    first, second = of_visit(ward)
    assert (first.is_open, second.is_open) == (False, True)
    (told,) = task(ward, first.id).produced
    assert ward.resource(Ref("Communication", told.split("/")[1]))["payload"] == [{"contentString": TOLD_IN_PERSON}]


def test_who_may_call(ward: Clinic) -> None:
    for name in ("fay", "bill", "mona", "priya", "audra"):
        with pytest.raises(AccessDenied):
            ring(ward, name)
    call_id = ring(ward, "nora")
    with pytest.raises(AccessDenied):
        work.start(ward.writer("dana"), task_id=call_id)  # a provider answers, not an assistant
    with pytest.raises(NotFound):
        actions.read_back(ward.writer("dana"), call_id="nowhere", at=ward.now)
    other = work.add(
        ward.writer("dana"), task=replace(task(ward, call_id), id="", pool=Pool(role=None), owner="", asks_for="")
    )
    assert other.id != call_id


def test_the_minute_is_a_minute(ward: Clinic) -> None:
    assert task(ward, ring(ward)).due_at == ward.now + timedelta(seconds=60)
