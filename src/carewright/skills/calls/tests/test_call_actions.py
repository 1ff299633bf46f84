"""Phone calls in the store, on both engines: what is kept, and the one task that each open call has."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Ref, Refused
from carewright.core.work import actions as work
from carewright.core.work.model import End
from carewright.skills.calls import actions, queries
from carewright.skills.calls.model import Answer, Caller, Ending, Outcome, PhoneCall, State
from carewright.skills.calls.rules import NotNow
from tests.clinic import Clinic

SITE = "main-st"


@pytest.fixture
def call_id() -> str:
    return str(uuid.uuid4())


def keep(clinic: Clinic, call_id: str, number: str = "555-0142", place: str = "12 Elm St") -> PhoneCall:
    return actions.keep(clinic.writer(), call_id=call_id, site=SITE, number=number, place=place, at=clinic.later())


def tasks(clinic: Clinic, call_id: str, *, is_open: int = 1) -> list[dict[str, object]]:
    return clinic.rows("task", focus=f"Communication/{call_id}", is_open=is_open)


def codes_of(found: list[dict[str, object]]) -> list[object]:
    return [row["code"] for row in found]


def test_what_is_typed_is_there_from_the_first_letter_and_is_one_call(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id, number="5", place="")
    keep(clinic, call_id, number="555-0142", place="")
    call = keep(clinic, call_id, number="", place="12 Elm St")
    assert (call.number, call.place, call.state) == ("555-0142", "12 Elm St", State.TAKING)
    (row,) = clinic.rows("phone_call", site=SITE)
    assert (row["number"], row["place"], row["taken_by"]) == ("555-0142", "12 Elm St", "Practitioner/dana")
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["owner"]) == ("phone-finish", "Practitioner/dana")
    assert task["due_at"] is not None


def test_two_that_come_at_once_are_one_call(clinic: Clinic, call_id: str) -> None:
    def one(number: int) -> None:
        actions.keep(clinic.writer(), call_id=call_id, site=SITE, place=f"Elm St {number}", at=clinic.now)

    def ring() -> None:
        actions.answer_emergency(clinic.writer(), call_id=call_id, site=SITE, answer=Answer.YES, at=clinic.now)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(one, 1), pool.submit(ring), pool.submit(one, 2), pool.submit(ring)]:
            done.result()
    (row,) = clinic.rows("phone_call", site=SITE)
    assert row["rings"] == 1
    assert codes_of(tasks(clinic, call_id)) == ["phone-nurse-now"]


def test_an_emergency_is_the_nurses_task_in_the_same_moment(clinic: Clinic, call_id: str) -> None:
    clinic.have(duty_of("nora", Role.NURSE), duty_of("dana", Role.MA))
    keep(clinic, call_id)
    actions.answer_emergency(
        clinic.writer(), call_id=call_id, site=SITE, answer=Answer.YES, red_flag="chest", at=clinic.later()
    )
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["kind"], task["priority"], task["pool_role"]) == (
        "phone-nurse-now", "critical", "stat", "nurse",
    )  # fmt: skip
    assert "555" not in str(task["words"])
    with pytest.raises(NotNow, match="nurse or a provider"):
        actions.take_over(clinic.writer("dana"), call_id=call_id, at=clinic.later())
    with pytest.raises(AccessDenied):
        work.take(clinic.writer("dana"), task_id=str(task["id"]))
    with pytest.raises(Refused):
        work.done(clinic.writer("nora"), task_id=str(task["id"]), at=clinic.later())
    actions.take_over(clinic.writer("nora"), call_id=call_id, at=clinic.later())
    assert codes_of(tasks(clinic, call_id)) == ["phone-finish"]
    ended = actions.hang_up(clinic.writer(), call_id=call_id, at=clinic.later())
    assert ended.ending is Ending.NURSE_TOOK_OVER
    assert tasks(clinic, call_id) == []


def test_a_call_is_owed_an_answer_until_somebody_was_reached(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    actions.send_on(clinic.writer(), call_id=call_id, site=SITE, reason="refill", at=clinic.later())
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["pool_role"], task["words"]) == ("phone-call-back", "ma", "Call back about a refill")
    with pytest.raises(Refused):
        work.end(clinic.writer(), task_id=str(task["id"]), how=End.DECLINED, why="no", at=clinic.later())
    attempt(clinic, call_id, Outcome.NO_ANSWER)
    assert codes_of(tasks(clinic, call_id)) == ["phone-call-again"]
    attempt(clinic, call_id, Outcome.REACHED)
    assert tasks(clinic, call_id) == []
    assert len(tasks(clinic, call_id, is_open=0)) == 3
    call = stored(clinic, call_id)
    assert [line.outcome for line in call.attempts] == [Outcome.NO_ANSWER, Outcome.REACHED]


def attempt(clinic: Clinic, call_id: str, outcome: Outcome, name: str = "dana", allowed: bool = False) -> PhoneCall:
    return actions.attempt(
        clinic.writer(name), call_id=call_id, outcome=outcome, detailed_allowed=allowed, at=clinic.later()
    )


def stored(clinic: Clinic, call_id: str) -> PhoneCall:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return queries.call(reader, call_id)[0]


def test_after_two_attempts_a_letter(clinic: Clinic, call_id: str) -> None:
    (jonas,) = clinic.have({"resourceType": "Patient", "name": [{"family": "Okafor"}]})
    actions.identify(clinic.writer(), call_id=call_id, site=SITE, patient=str(jonas), at=clinic.later())
    actions.send_on(clinic.writer(), call_id=call_id, site=SITE, reason="result", at=clinic.later())
    for _ in range(2):
        with pytest.raises(NotNow):
            attempt(clinic, call_id, Outcome.NO_ANSWER, "dana")
        attempt(clinic, call_id, Outcome.NO_ANSWER, "nora")
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["patient"]) == ("phone-letter", jonas.id)
    assert actions.send_letter(clinic.writer(), call_id=call_id, at=clinic.later()).ending is Ending.LETTER
    assert tasks(clinic, call_id) == []


def test_a_symptom_goes_to_the_named_person_when_no_nurse_is_on_duty(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    actions.send_on(
        clinic.writer(), call_id=call_id, site=SITE, reason="symptom", for_whom="Practitioner/lind", at=clinic.later()
    )
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["owner"]) == ("phone-licensed-back", "Practitioner/lind")


def test_nobody_writes_into_the_call_that_somebody_else_answered(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    with pytest.raises(AccessDenied):
        actions.keep(clinic.writer("fay"), call_id=call_id, site=SITE, number="1", at=clinic.later())
    with pytest.raises(AccessDenied):
        actions.keep(clinic.writer("bill"), call_id=str(uuid.uuid4()), site=SITE, number="1", at=clinic.later())
    actions.who_calls(clinic.writer(), call_id=call_id, site=SITE, caller=Caller.WILL_NOT_SAY, at=clinic.later())
    assert actions.hang_up(clinic.writer("fay"), call_id=call_id, at=clinic.later()).ending is Ending.HUNG_UP
    assert tasks(clinic, call_id) == []


def test_sent_on_twice_is_sent_on_once(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    actions.send_on(clinic.writer(), call_id=call_id, site=SITE, reason="refill", at=clinic.later())
    with pytest.raises(NotNow):
        actions.send_on(clinic.writer(), call_id=call_id, site=SITE, reason="billing", at=clinic.later())
    assert codes_of(tasks(clinic, call_id)) == ["phone-call-back"]


def duty_of(name: str, role: Role, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole", "practitioner": {"reference": f"Practitioner/{name}"},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": role.value}]}],
        "location": [{"reference": f"Location/{SITE}"}], **more,
    }  # fmt: skip


def test_the_lists_of_a_site(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    other = str(uuid.uuid4())
    actions.keep(clinic.writer(), call_id=other, site=SITE, number="2", at=clinic.later())
    actions.hang_up(clinic.writer(), call_id=other, at=clinic.later())
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        assert [entry.id for entry in queries.not_ended(reader, site=SITE)] == [call_id]
        (ended,) = queries.ended_since(reader, site=SITE, since=clinic.now.replace(hour=0))
        assert (ended.id, ended.ending) == (other, Ending.HUNG_UP)
        assert queries.not_ended(reader, site="lakeview") == []
    assert clinic.resource(Ref("Communication", call_id))["status"] == "preparation"


def test_a_call_that_was_left_half_way_is_gone_on_with_by_somebody_else(clinic: Clinic, call_id: str) -> None:
    keep(clinic, call_id)
    call = actions.pick_up(clinic.writer("nora"), call_id=call_id, at=clinic.later())
    assert (call.by, call.lines[-1].who) == ("Practitioner/nora", clinic.writer("nora").access.actor.display)
    (task,) = tasks(clinic, call_id)
    assert (task["code"], task["owner"]) == ("phone-finish", "Practitioner/nora")
    with pytest.raises(AccessDenied):
        keep(clinic, call_id, number="555-0143")
    again = actions.pick_up(clinic.writer("nora"), call_id=call_id, at=clinic.later())
    assert len(again.lines) == len(call.lines), "pressed twice, it is once"
    actions.send_on(clinic.writer("nora"), call_id=call_id, site=SITE, reason="symptom", at=clinic.later())
    with pytest.raises(NotNow):
        actions.pick_up(clinic.writer("dana"), call_id=call_id, at=clinic.later())
