"""A visit from the door to the door, in the chart, on both engines."""

import pytest

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.store.model import Conflict, KeyTaken, Ref, Refused, Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.tasks import ALLERGIES_ASKED, new_task, of_visit, with_status
from carewright.skills.visit import actions, queries
from carewright.skills.visit.fhir import from_fhir, to_fhir
from carewright.skills.visit.model import NotAllowed, VisitStatus
from carewright.skills.visit.rules import TRANSITIONS, advance
from tests.clinic import Clinic

WELL_CHILD = Coding("urn:test:visit-type", "well-child", "Well child, 15 months")
ROOM_4 = "Location/room-4"


@pytest.fixture
def jonas(clinic: Clinic) -> Ref:
    (ref,) = clinic.have({"resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Jonas"]}]})
    return ref


def arrive(clinic: Clinic, jonas: Ref, **more: str) -> Ref:
    return actions.check_in(
        clinic.writer("fay"),
        patient=str(jonas),
        visit_type=WELL_CHILD,
        at=clinic.later(),
        site="Organization/main-st",
        **more,
    )


def step(clinic: Clinic, visit: Ref, action: str, *, name: str = "dana", **more: str) -> VisitStatus:
    version = int(clinic.resource(visit)["meta"]["versionId"])
    return actions.take_step(
        clinic.writer(name), encounter_id=visit.id, action=action, at=clinic.later(), version=version, **more
    )


def ask_allergies(clinic: Clinic, visit: Ref, jonas: Ref) -> None:
    task = with_status(
        new_task(visit.id, ALLERGIES_ASKED, patient=str(jonas), at=clinic.now), "completed", at=clinic.now
    )
    with clinic.writer().transaction(reason="test.ask") as tx:
        tx.put(task)


def test_a_whole_visit_leaves_its_path_in_the_chart(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas, reason="Check-up, and he coughs")
    assert step(clinic, visit, "start_rooming", room=ROOM_4) is VisitStatus.ROOMING
    actions.check_identity(clinic.writer(), encounter_id=visit.id, at=clinic.later())
    ask_allergies(clinic, visit, jonas)
    for action in ("mark_ready", "provider_in", "send_to_check_out", "finish"):
        step(clinic, visit, action)
    encounter = clinic.resource(visit)
    stages = [stage.status.value for stage in from_fhir(encounter).stages]
    assert stages == ["waiting", "rooming", "ready", "with-provider", "checking-out", "done"]
    assert encounter["status"] == "finished"
    assert encounter["reasonCode"] == [{"text": "Check-up, and he coughs"}]
    (row,) = clinic.rows("visit", id=visit.id)
    assert (row["status"], row["room"], row["is_open"]) == ("done", None, 0)
    assert {r["status"] for r in clinic.rows("task", encounter=visit.id)} == {"completed"}


def test_ready_is_held_until_the_three_safety_items_are_settled(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas)
    step(clinic, visit, "start_rooming", room=ROOM_4)
    with pytest.raises(NotAllowed, match=r"Name and birth date not checked yet\. Allergies not asked today\."):
        step(clinic, visit, "mark_ready")
    assert step(clinic, visit, "provider_in_anyway", name="lind") is VisitStatus.WITH_PROVIDER


def test_a_program_cannot_walk_around_the_readiness_guard(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas)
    step(clinic, visit, "start_rooming", room=ROOM_4)
    encounter: Resource = clinic.resource(visit)
    mark_ready = next(t for t in TRANSITIONS if t.action == "mark_ready")
    ready = to_fhir(advance(from_fhir(encounter), mark_ready, at=clinic.later()), onto=encounter)
    with pytest.raises(Refused, match="Name and birth date"), clinic.writer().transaction(reason="test.api") as tx:
        tx.update(ready, version=int(encounter["meta"]["versionId"]))


def test_an_appointment_is_checked_in_once(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas, appointment="Appointment/a1")
    with pytest.raises(KeyTaken) as caught:
        arrive(clinic, jonas, appointment="Appointment/a1")
    assert caught.value.holder == visit
    step(clinic, visit, "undo_check_in")
    assert arrive(clinic, jonas, appointment="Appointment/a1") != visit


def test_a_visit_is_as_sensitive_as_what_it_was_booked_as(clinic: Clinic, jonas: Ref) -> None:
    """The reason goes over from the appointment to the visit; whoever may not read the one may not read the other."""
    restricted = [{"system": CONFIDENTIALITY, "code": "R"}]
    (booked,) = clinic.have({
        "resourceType": "Appointment", "meta": {"security": restricted}, "status": "booked",
        "start": "2026-11-23T10:40:00-05:00", "end": "2026-11-23T11:00:00-05:00",
        "participant": [{"actor": {"reference": str(jonas)}, "status": "accepted"}],
    })  # fmt: skip
    visit = actions.check_in(
        clinic.writer("dana"), patient=str(jonas), visit_type=WELL_CHILD, at=clinic.later(),
        site="Organization/main-st", appointment=str(booked), reason="Told to nobody else",
    )  # fmt: skip
    step(clinic, visit, "start_rooming", room=ROOM_4)
    actions.check_identity(clinic.writer("dana"), encounter_id=visit.id, at=clinic.later())
    codes = ("room-patient", "name-and-birth-date")
    for ref in (visit, *(Ref("Task", f"{visit.id}-{code}") for code in codes)):
        assert clinic.resource(ref)["meta"]["security"] == restricted, ref


def test_two_people_at_the_same_visit_the_second_learns_of_it(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas)
    actions.take_step(
        clinic.writer("dana"), encounter_id=visit.id, action="start_rooming", at=clinic.later(), version=1, room=ROOM_4
    )
    with pytest.raises(Conflict) as caught:
        actions.move_to_room(
            clinic.writer("lena"), encounter_id=visit.id, room="Location/room-5", at=clinic.later(), version=1
        )
    assert caught.value.current is not None
    with clinic.store.reader(clinic.access("lena"), reason="test.read") as reader:
        assert queries.open_visit(reader, visit.id).visit.room == ROOM_4


def test_the_front_desk_does_not_room_and_the_biller_does_not_step(clinic: Clinic, jonas: Ref) -> None:
    from carewright.core.access.model import AccessDenied

    visit = arrive(clinic, jonas)
    with pytest.raises(NotAllowed, match="is for"):
        step(clinic, visit, "start_rooming", name="fay", room=ROOM_4)
    with pytest.raises(AccessDenied):
        step(clinic, visit, "start_rooming", name="bill", room=ROOM_4)


def test_a_patient_who_leaves_leaves_no_open_task(clinic: Clinic, jonas: Ref) -> None:
    visit = arrive(clinic, jonas)
    step(clinic, visit, "patient_left")
    assert [r["status"] for r in clinic.rows("task", encounter=visit.id)] == ["cancelled"]
    assert clinic.resource(of_visit(visit.id, Coding("", "room-patient")))["status"] == "cancelled"
