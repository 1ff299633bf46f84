"""What the mapping writes is valid R4, in every status."""

from datetime import UTC, datetime

import pytest

from carewright.core.fhir.validation import validate
from carewright.core.terminology.coding import Coding, own_system
from carewright.skills.visit import codes, fhir
from carewright.skills.visit.model import RoomStay, Stage, Visit, VisitStatus
from carewright.skills.visit.rules import TRANSITIONS

AT = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)


@pytest.mark.parametrize("status", list(VisitStatus))
def test_the_encounter_of_every_status_is_valid(status: VisitStatus) -> None:
    visit = Visit(
        id="e1",
        patient="Patient/1",
        type=Coding(own_system("visit-type"), "sick", "Sick visit"),
        stages=(Stage(status=VisitStatus.WAITING, since=AT, until=AT), Stage(status=status, since=AT)),
        rooms=(RoomStay(location="Location/4", since=AT),),
        reason="Cough",
        provider="Practitioner/lind",
        assistant="Practitioner/cole",
        appointment="Appointment/7",
        site="Organization/main-st",
    )
    assert validate(fhir.to_fhir(visit)) == []


@pytest.mark.parametrize("status", sorted({status for step in TRANSITIONS for _, status in step.tasks}))
def test_the_flow_task_is_valid(status: str) -> None:
    task = fhir.task_to_fhir(
        codes.ROOM_PATIENT, status=status, business=VisitStatus.WAITING, patient="Patient/1",
        encounter="Encounter/e1", at=AT, owner="Practitioner/cole",
    )  # fmt: skip
    assert validate(task) == []
