"""The Encounter of a visit: what US Core asks for, what is kept, what comes from elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carewright.core.terminology.coding import Coding, own_system
from carewright.skills.visit import codes, fhir
from carewright.skills.visit.model import RoomStay, Stage, Visit, VisitStatus

AT = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
VISIT = Visit(
    id="e1",
    patient="Patient/1",
    type=Coding(own_system("visit-type"), "well-child", "Well child"),
    stages=(
        Stage(status=VisitStatus.WAITING, since=AT, until=AT + timedelta(minutes=9)),
        Stage(status=VisitStatus.ROOMING, since=AT + timedelta(minutes=9)),
    ),
    rooms=(RoomStay(location="Location/4", since=AT + timedelta(minutes=9)),),
    reason="Shots, and he pulls his ear",
    provider="Practitioner/lind",
    assistant="Practitioner/cole",
    appointment="Appointment/7",
    site="Organization/main-st",
)


def test_the_encounter_has_what_us_core_asks_for() -> None:
    encounter = fhir.to_fhir(VISIT)
    assert encounter["status"] == "in-progress"
    assert codes.AMBULATORY.to_fhir() == encounter["class"]
    assert encounter["type"][0]["text"] == "Well child"
    assert encounter["subject"] == {"reference": "Patient/1"}
    assert encounter["reasonCode"] == [{"text": "Shots, and he pulls his ear"}]
    assert encounter["location"][0]["status"] == "active"
    assert [entry["status"] for entry in encounter["statusHistory"]] == ["arrived", "in-progress"]
    assert fhir.from_fhir(encounter) == VISIT


def test_an_update_keeps_what_it_does_not_know() -> None:
    interpreter = {"type": [{"text": "interpreter"}], "individual": {"display": "ID 4471"}}
    stored = fhir.to_fhir(VISIT) | {"length": {"value": 3}, "reasonCode": [{"text": "as asked in the room"}]}
    stored["participant"] = [*stored["participant"], interpreter]
    again = fhir.to_fhir(VISIT, onto=stored)
    assert again["length"] == {"value": 3}
    assert interpreter in again["participant"]
    assert len(again["participant"]) == 3
    assert again["reasonCode"] == [{"text": "as asked in the room"}]


def test_a_booking_has_no_encounter() -> None:
    booked = Visit(patient="Patient/1", type=VISIT.type, stages=(Stage(status=VisitStatus.BOOKED, since=AT),))
    with pytest.raises(ValueError, match="before the patient has arrived"):
        fhir.to_fhir(booked)


@pytest.mark.parametrize(
    ("status", "board"),
    [("finished", VisitStatus.DONE), ("arrived", VisitStatus.WAITING), ("unknown", VisitStatus.DONE)],
)
def test_an_encounter_from_elsewhere_is_one_stage(status: str, board: VisitStatus) -> None:
    visit = fhir.from_fhir(
        {
            "resourceType": "Encounter",
            "status": status,
            "class": {"code": "AMB"},
            "type": [{"text": "Encounter for symptom"}],
            "subject": {"reference": "Patient/1"},
            "period": {"start": "2018-01-02T09:00:00-05:00", "end": "2018-01-02T09:15:00-05:00"},
            "location": [{"location": {"reference": "Location/x"}}],
        }
    )
    assert visit.status is board
    assert visit.type.display == "Encounter for symptom"
    assert visit.room is None


@pytest.mark.parametrize(
    "place",
    [
        {"location": {"display": "Emergency"}, "status": "active", "period": {"start": "2018-01-02T09:00:00-05:00"}},
        {"location": {"reference": "#home"}, "period": {"start": "2018-01-02T09:00:00-05:00"}},
        {"location": {"reference": "Location/x"}},
    ],
)
def test_a_place_that_is_no_room_of_ours_is_kept_and_nobody_is_in_it(place: dict[str, Any]) -> None:
    encounter = {
        "resourceType": "Encounter", "status": "in-progress", "class": {"code": "AMB"}, "location": [place],
        "subject": {"reference": "Patient/1"}, "period": {"start": "2018-01-02T09:00:00-05:00"},
    }  # fmt: skip
    visit = fhir.from_fhir(encounter)
    assert visit.rooms == ()
    assert fhir.to_fhir(visit, onto=encounter)["location"] == [place]


def test_a_flow_task_says_whose_visit_and_where_it_stands() -> None:
    task = fhir.task_to_fhir(
        codes.ROOM_PATIENT, status="requested", business=VisitStatus.WAITING, patient="Patient/1",
        encounter="Encounter/e1", at=AT, owner=None,
    )  # fmt: skip
    assert task["businessStatus"]["coding"][0]["code"] == "waiting"
    assert task["for"] == {"reference": "Patient/1"}
    assert "owner" not in task


def test_a_gap_in_the_stages_is_refused() -> None:
    with pytest.raises(ValueError, match="no gap"):
        Visit(
            patient="Patient/1",
            type=VISIT.type,
            stages=(
                Stage(status=VisitStatus.WAITING, since=AT, until=AT + timedelta(minutes=1)),
                Stage(status=VisitStatus.ROOMING, since=AT + timedelta(minutes=2)),
            ),
        )
