"""Rooms and waits in the chart, on both engines."""

from datetime import timedelta

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Conflict, Ref
from carewright.core.terminology.coding import Coding
from carewright.skills.rooms import actions, codes, queries
from carewright.skills.rooms.model import RoomRefused, RoomState
from carewright.skills.visit import actions as visit_actions
from tests.clinic import Clinic

PLACE = "Location/main-st"
SICK = Coding("urn:test:visit-type", "sick", "Sick visit")


@pytest.fixture(autouse=True)
def rooms(clinic: Clinic) -> None:
    clinic.have(
        {"resourceType": "Location", "id": "main-st", "name": "Main St"},
        *(
            {
                "resourceType": "Location", "id": f"r{n}", "name": f"Room {n}", "partOf": {"reference": PLACE},
                "managingOrganization": {"reference": "Organization/main-st"}, "physicalType": codes.ROOM.concept(),
            }
            for n in (10, 4, 5)
        ),
        {"resourceType": "Patient", "id": "p1", "name": [{"family": "Okafor"}]},
    )  # fmt: skip


def row(clinic: Clinic, room_id: str) -> dict[str, object]:
    (found,) = clinic.rows("room", id=room_id)
    return found


def turn(clinic: Clinic, room_id: str, action: str, *, name: str = "dana") -> RoomState:
    version = int(str(row(clinic, room_id)["version"]))
    return actions.set_state(
        clinic.writer(name), room_id=room_id, action=action, at=clinic.later(), version=version
    )  # fmt: skip


def roomed(clinic: Clinic, room: str = "Location/r4") -> Ref:
    visit = visit_actions.check_in(
        clinic.writer("fay"), patient="Patient/p1", visit_type=SICK, at=clinic.later(), site="Organization/main-st"
    )
    visit_actions.take_step(
        clinic.writer(), encounter_id=visit.id, action="start_rooming", at=clinic.later(), version=1, room=room
    )
    return visit


def test_rooms_nobody_has_said_anything_of_are_clean_and_in_order(clinic: Clinic) -> None:
    with clinic.store.reader(clinic.access("fay"), reason="test") as reader:
        found = queries.rooms(reader, place=PLACE)
    assert [(r["name"], r["state"], r["site"]) for r in found] == [
        ("Room 4", "ready", "Organization/main-st"), ("Room 5", "ready", "Organization/main-st"),
        ("Room 10", "ready", "Organization/main-st"),
    ]  # fmt: skip


def test_a_room_is_turned_over_step_by_step_and_says_by_whom(clinic: Clinic) -> None:
    for action in ("make_dirty", "clean", "stock", "make_ready"):
        turn(clinic, "r4", action)
    found = row(clinic, "r4")
    assert (found["state"], found["changed_by"], found["since"]) == ("ready", "Practitioner/dana", clinic.now)
    with pytest.raises(RoomRefused, match="Look at the rooms again"):
        turn(clinic, "r4", "clean")


def test_two_people_at_one_room_the_second_learns_of_it(clinic: Clinic) -> None:
    version = int(str(row(clinic, "r4")["version"]))
    actions.set_state(clinic.writer(), room_id="r4", action="make_dirty", at=clinic.later(), version=version)
    with pytest.raises(Conflict):
        actions.set_state(clinic.writer("lena"), room_id="r4", action="clean", at=clinic.later(), version=version)


def test_a_patient_who_moves_or_leaves_leaves_a_dirty_room(clinic: Clinic) -> None:
    visit = roomed(clinic)
    assert row(clinic, "r4")["state"] == "ready"
    visit_actions.move_to_room(
        clinic.writer(), encounter_id=visit.id, room="Location/r5", at=clinic.later(), version=2
    )  # fmt: skip
    assert (row(clinic, "r4")["state"], row(clinic, "r5")["state"]) == ("dirty", "ready")
    turn(clinic, "r4", "clean")
    visit_actions.take_step(
        clinic.writer(), encounter_id=visit.id, action="patient_left", at=clinic.later(), version=3
    )  # fmt: skip
    assert (row(clinic, "r4")["state"], row(clinic, "r5")["state"]) == ("cleaned", "dirty")


def test_a_masked_patient_leaves_a_room_that_wants_the_longer_cleaning(clinic: Clinic) -> None:
    visit = roomed(clinic)
    actions.use_masked(clinic.writer(), room_id="r4", at=clinic.later())
    visit_actions.take_step(
        clinic.writer(), encounter_id=visit.id, action="back_to_waiting", at=clinic.later(), version=2
    )  # fmt: skip
    found = row(clinic, "r4")
    assert (found["state"], found["is_isolation"]) == ("dirty", 1)
    turn(clinic, "r4", "clean")
    assert row(clinic, "r4")["is_isolation"] == 0


def test_a_wait_runs_on_its_own_clock_and_ends_once(clinic: Clinic) -> None:
    visit = roomed(clinic)
    started = clinic.later()
    wait = actions.start_wait(
        clinic.writer(), encounter_id=visit.id, patient="Patient/p1", code="dilating", at=started
    )  # fmt: skip
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        (found,) = queries.waits(reader, (visit.id,))
    assert (found["words"], found["due_at"]) == ("Dilating", started + timedelta(minutes=20))
    actions.end_wait(clinic.writer(), wait_id=wait.id, at=clinic.later(25), version=1)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert queries.waits(reader, (visit.id,)) == []
        assert queries.waits(reader, ()) == []
    with pytest.raises(RoomRefused, match="ends once"):
        actions.end_wait(clinic.writer(), wait_id=wait.id, at=clinic.later(), version=2)


def test_a_wait_by_mistake_is_cancelled_and_an_unknown_one_refused(clinic: Clinic) -> None:
    visit = roomed(clinic)
    wait = actions.start_wait(
        clinic.writer(), encounter_id=visit.id, patient="Patient/p1", code="after-shot", at=clinic.later(), minutes=30
    )
    actions.cancel_wait(clinic.writer(), wait_id=wait.id, at=clinic.later(), version=1)
    assert clinic.resource(wait)["status"] == "cancelled"
    with pytest.raises(RoomRefused, match="no such wait"):
        actions.kind_of("tea-break")


def test_who_turns_rooms_over_and_who_starts_waits(clinic: Clinic) -> None:
    visit = roomed(clinic)
    assert turn(clinic, "r5", "make_dirty", name="fay") is RoomState.DIRTY
    with pytest.raises(AccessDenied):
        turn(clinic, "r5", "clean", name="bill")
    with pytest.raises(AccessDenied):
        actions.start_wait(
            clinic.writer("fay"), encounter_id=visit.id, patient="Patient/p1", code="dilating", at=clinic.later()
        )
