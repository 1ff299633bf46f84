"""Asks: one Task per job of a visit, answered or passed to the pool, over with the visit."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work.fhir import from_fhir
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import OPEN, OTHER, End, Pool, WorkTask
from carewright.core.work.priority import Viewer
from carewright.skills.asks import actions, fhir, queries, rules
from carewright.skills.asks.codes import JOB, JOBS
from carewright.skills.asks.rules import Ask, State
from carewright.skills.asks.skill import ask_rows
from tests.clinic import TEN_FORTY, Clinic

EKG = JOB["ask-ekg"]
ASKED = Ask(
    job=EKG, patient="Patient/p1", encounter="Encounter/e1", to="Practitioner/dana", pod="Pod A", site="main-st"
)
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


@pytest.fixture
def here(clinic: Clinic) -> Clinic:
    clinic.people = {**clinic.people, "tou": Role.MA}
    clinic.have(
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Encounter", "id": "e1", "status": "arrived", "class": {"code": "AMB"},
         "subject": {"reference": "Patient/p1"}},
        *({"resourceType": "PractitionerRole", "id": f"role-{name}", "active": True,
           "practitioner": {"reference": f"Practitioner/{name}"}, "code": [Coding(ROLE_SYSTEM, role.value).concept()]}
          for name, role in clinic.people.items()),
    )  # fmt: skip
    return clinic


def asked(clinic: Clinic, ask: Ask = ASKED, *, by: str = "lind") -> str:
    return actions.ask(clinic.writer(by), asked=ask, at=TEN_FORTY).id


def task(clinic: Clinic, task_id: str) -> WorkTask:
    return from_fhir(clinic.resource(Ref("Task", task_id)))


def calls(clinic: Clinic, name: str, *, pod: str = "Pod A") -> list[str]:
    viewer = Viewer(
        reference=f"Practitioner/{name}", roles=frozenset({clinic.people[name]}), pods=frozenset({pod}),
        end_of_day=TEN_FORTY + timedelta(hours=14), site="main-st",
    )  # fmt: skip
    with clinic.store.reader(clinic.access(name), reason="test.calls") as reader:
        return [item.id for item in queries.calling(reader, viewer, now=TEN_FORTY)]


def test_it_calls_the_mas_screen_and_is_answered_once(here: Clinic) -> None:
    task_id = asked(here)
    assert (calls(here, "dana"), calls(here, "tou")) == ([task_id], [])
    actions.on_it(here.writer("dana"), task_id=task_id, at=TEN_FORTY + timedelta(minutes=1))
    assert calls(here, "dana") == []
    (line,) = lines(here)
    assert (line.state, line.owner, line.requester) == (State.ON_IT, "Practitioner/dana", "Practitioner/lind")
    assert line.answered_at == TEN_FORTY + timedelta(minutes=1)
    assert task(here, task_id).due_at == TEN_FORTY + timedelta(minutes=21)
    with pytest.raises(NotNow):
        actions.on_it(here.writer("tou"), task_id=task_id, at=TEN_FORTY)
    with pytest.raises(NotNow):
        actions.cannot(here.writer("tou"), task_id=task_id, at=TEN_FORTY)


def test_who_cannot_gives_it_to_the_others_and_is_left_alone(here: Clinic) -> None:
    task_id = asked(here)
    actions.cannot(here.writer("dana"), task_id=task_id, at=TEN_FORTY)
    found = task(here, task_id)
    assert (found.owner, found.pool, found.status) == ("", Pool(role=Role.MA, pod="Pod A"), "requested")
    assert (calls(here, "dana"), calls(here, "tou"), calls(here, "tou", pod="Pod B")) == ([], [task_id], [])
    actions.cannot(here.writer("tou"), task_id=task_id, at=TEN_FORTY)
    (line,) = lines(here)
    assert line.declined == ("Practitioner/dana", "Practitioner/tou")
    assert task(here, task_id).is_open, "it waits, and goes on when it is late"


def test_to_press_twice_asks_once_and_what_was_done_is_asked_anew(here: Clinic) -> None:
    task_id = asked(here)
    assert asked(here) == task_id
    assert int(here.resource(Ref("Task", task_id))["meta"]["versionId"]) == 1
    actions.cannot(here.writer("dana"), task_id=task_id, at=TEN_FORTY)
    actions.on_it(here.writer("dana"), task_id=task_id, at=TEN_FORTY)
    work.done(here.writer("dana"), task_id=task_id, at=TEN_FORTY + timedelta(minutes=3))
    assert [line.state for line in lines(here)] == [State.DONE]
    assert asked(here, replace(ASKED, to="")) == task_id
    (line,) = lines(here)
    assert (line.state, line.owner, line.declined, line.answered_at) == (State.ASKED, "", (), None)
    assert calls(here, "dana") == [task_id]
    assert asked(here, replace(ASKED, job=JOBS[1])) != task_id


def test_who_may_ask_and_who_may_answer(here: Clinic) -> None:
    for name in ("dana", "fay", "bill"):
        with pytest.raises(AccessDenied):
            asked(here, by=name)
    task_id = asked(here, by="nora")
    for name in ("lind", "fay"):
        with pytest.raises(AccessDenied):
            actions.on_it(here.writer(name), task_id=task_id, at=TEN_FORTY)
    other = work.add(here.writer("lind"), task=WorkTask(code=OTHER, words="Call", pool=Pool(role=Role.MA)))
    with pytest.raises(NotNow):
        actions.on_it(here.writer("dana"), task_id=other.id, at=TEN_FORTY)


def test_it_is_as_sensitive_as_the_visit(here: Clinic) -> None:
    ref = actions.ask(here.writer("lind"), asked=ASKED, at=TEN_FORTY, labels=[RESTRICTED])
    assert here.resource(ref)["meta"]["security"] == [RESTRICTED]


@pytest.mark.parametrize(("status", "over"), [("finished", True), ("cancelled", True), ("in-progress", False)])
def test_what_was_not_done_ends_with_the_visit(here: Clinic, status: str, over: bool) -> None:
    task_id = asked(here)
    visit = here.resource(Ref("Encounter", "e1"))
    with here.writer("dana").transaction(reason="test.end") as tx:
        tx.update({**visit, "status": status}, version=1)
    found = task(here, task_id)
    assert found.is_open != over
    assert found.end == (End.NOT_DONE if over else None)


def lines(clinic: Clinic) -> list[queries.Line]:
    with clinic.store.reader(clinic.access("lind"), reason="test.lines") as reader:
        return queries.of_visit(reader, "e1")


@given(st.sampled_from([*OPEN, "completed", "cancelled", "failed", "entered-in-error"]))
def test_every_status_is_a_state_and_open_ones_are_not_over(status: str) -> None:
    assert (rules.state_of(status) in (State.ASKED, State.ON_IT)) == (status in OPEN)


@given(
    who=st.lists(st.sampled_from(["Practitioner/a", "Practitioner/b", "Practitioner/c"]), max_size=5),
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1)),  # noqa: DTZ001  # a zone follows
)
def test_what_an_ask_keeps_is_read_back_and_gone_when_it_is_asked_anew(who: list[str], at: datetime) -> None:
    instant = at.replace(microsecond=0, tzinfo=TEN_FORTY.tzinfo)
    resource = {"resourceType": "Task", "id": "t", "code": EKG.concept(), "status": "requested"}
    found = resource
    for one in who:
        found = fhir.declined(found, by=one)
    found = fhir.answered(found, at=instant)
    assert fhir.declined_by(found) == tuple(dict.fromkeys(who))
    assert fhir.answered_at(found) == instant
    assert fhir.anew(found) == resource
    (row,) = ask_rows(found)
    assert str(row["declined"]).split() == list(dict.fromkeys(who))
