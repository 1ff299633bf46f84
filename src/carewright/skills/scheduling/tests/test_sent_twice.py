"""A booking that is sent again, because its answer was lost, is there once; on both engines."""

from datetime import time, timedelta
from typing import Any

import pytest

from carewright.core.store.model import KeyTaken
from carewright.skills.scheduling import actions
from carewright.skills.scheduling.codes import SICK
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import Session, Template
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, open_pages

KEY = "6f1c3c1e-5a5e-4e0e-9d0b-0d5f0d2a7a11"
NAMED: dict[str, Any] = {
    "schedule": "Schedule/lind", "patient": "Patient/ada", "visit_type": SICK, "at": TEN_FORTY, "form_key": KEY,
}  # fmt: skip
WEEK = Template(
    schedule="Schedule/lind", provider="Practitioner/lind", site=f"Location/{SITE}", zone="America/New_York",
    sessions=tuple(Session(weekday=day, starts=time(0), ends=time(23, 40)) for day in range(7)),
)  # fmt: skip


@pytest.fixture
def desk(clinic: Clinic) -> Clinic:
    open_pages(clinic)
    clinic.have(template_to_fhir(WEEK))
    clinic.have({"resourceType": "Patient", "id": "ada", "gender": "female", "birthDate": "1980-05-06",
                 "name": [{"family": "Berg", "given": ["Ada"]}]})  # fmt: skip
    return clinic


def test_a_walk_in_is_booked_once(desk: Clinic) -> None:
    first = actions.walk_in(desk.writer("fay"), **NAMED)
    with pytest.raises(KeyTaken) as again:
        actions.walk_in(desk.writer("fay"), **NAMED)
    assert again.value.holder == first
    assert len(desk.rows("appointment", patient="ada")) == 1


def test_a_booking_does_not_stand_in_its_own_way(desk: Clinic) -> None:
    named = {**NAMED, "starts_at": TEN_FORTY + timedelta(days=1)}
    first = actions.book(desk.writer("fay"), **named)
    with pytest.raises(KeyTaken) as again:
        actions.book(desk.writer("fay"), **named)
    assert again.value.holder == first


def test_a_walk_in_whose_answer_was_lost_is_checked_in_by_the_second_sending(desk: Clinic) -> None:
    fay = open_pages(desk).client("fay")
    page = fay.get("/desk/book/ada", {"walk_in": "1"}).content.decode()
    hidden = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("care_context", "care_key")
    }
    sent = {**hidden, "schedule": "Schedule/lind", "visit_type": "sick", "reason": "Cut", "walk_in": "1"}
    actions.walk_in(desk.writer("fay"), **{**NAMED, "form_key": hidden["care_key"]})  # and then the server was killed
    for _ in range(2):
        assert fay.post("/desk/book/ada", sent, headers={"HX-Request": "true"}).status_code == 204
    assert len(desk.rows("appointment", patient="ada")) == 1
    assert len(desk.rows("visit", patient="ada")) == 1


def test_a_patient_is_registered_once(desk: Clinic) -> None:
    fay = open_pages(desk).client("fay")
    page = fay.get("/desk/patient").content.decode()
    key = page.partition('name="care_key" value="')[2].partition('"')[0]
    typed = {"care_key": key, "family": "Novak", "given": "Ivan", "birth_date": "02/03/1970", "gender": "male",
             "is_new": "1"}  # fmt: skip
    for _ in range(2):
        assert "Ivan" in fay.post("/desk/patient", typed).content.decode()
    assert len(desk.rows("patient", family="Novak")) == 1
