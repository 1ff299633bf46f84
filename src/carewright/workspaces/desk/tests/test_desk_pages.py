"""The front desk through its pages, on both engines."""

import re
import uuid
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carewright.core.store.model import Ref
from carewright.skills.registration import actions as registration
from carewright.skills.registration import queries as registered
from carewright.skills.scheduling import actions, codes, people
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import Session, Template
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing.model import Absence, Why
from tests.clinic import Clinic
from tests.pages import SITE, Pages, open_pages

NEW_YORK = ZoneInfo("America/New_York")
HTMX = {"HTTP_HX_REQUEST": "true"}
ELEVEN = datetime(2026, 11, 23, 11, 0, tzinfo=NEW_YORK)
TEN = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
EVERYBODY = ("fay", "dana", "lena", "nora", "lind", "bill", "mona", "priya")
BOOKERS = {"fay", "dana", "lena", "nora", "lind", "mona"}


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    people.forget()
    opened = open_pages(clinic)
    week = [Session(weekday=day, starts=time(8), ends=time(17)) for day in range(5)]
    clinic.have(
        *(
            template_to_fhir(
                Template(
                    schedule=f"Schedule/{name}", provider=f"Practitioner/{name}", site="Location/main-st",
                    zone="America/New_York", sessions=tuple(week),
                )
            )
            for name in ("lind", "nora")
        ),
        *(
            {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "birthDate": f"20{10 + n}-01-02",
             "name": [{"family": "Okafor", "given": [given]}]}
            for n, given in enumerate(("Ada", "Ben", "Chi"))
        ),
    )  # fmt: skip
    return opened


def book(clinic: Clinic, patient: str = "p0", *, starts_at: datetime = ELEVEN) -> Ref:
    return actions.book(
        clinic.writer("fay"), schedule="Schedule/lind", patient=f"Patient/{patient}", visit_type=codes.SICK,
        starts_at=starts_at, at=clinic.now, reason="Earache",
    )  # fmt: skip


def standing(pages: Pages, ref: Ref) -> str:
    return str(pages.clinic.rows("appointment", id=ref.id)[0]["status"])


def booking_form(client: Any, patient: str, **more: str) -> dict[str, str]:
    """The hidden fields of the form as it was opened, and what somebody chooses."""
    html = client.get(f"/desk/book/{patient}").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(care_\w+)" value="([^"]+)"', html))
    return {**hidden, "schedule": "Schedule/lind", "visit_type": "sick", "starts_at": ELEVEN.isoformat(), **more}


def test_the_day_shows_who_is_due_and_which_times_are_free(pages: Pages) -> None:
    book(pages.clinic, "p0", starts_at=TEN)
    book(pages.clinic, "p1", starts_at=ELEVEN)
    html = pages.client("fay").get("/desk/").content.decode()
    assert re.search(r"Due now <span>2</span>", html)
    assert "Okafor, Ada" in html
    assert "Late by 40 min" in html
    assert "Earache" in html
    assert "11:20 AM" in html, "the next free time of the provider"
    later = pages.client("fay").get("/desk/?day=2026-11-24").content.decode()
    assert "No appointments in this view" in later


def test_one_is_checked_in_once(pages: Pages) -> None:
    ref = book(pages.clinic)
    client = pages.client("fay")
    assert client.post("/desk/check-in", {"appointment": ref.id}, **HTMX).status_code == 204
    (visit,) = pages.clinic.rows("visit", patient="p0")
    assert (visit["status"], visit["reason"], visit["provider"]) == ("waiting", "Earache", "Practitioner/lind")
    assert standing(pages, ref) == "arrived"
    again = client.post("/desk/check-in", {"appointment": ref.id}, **HTMX)
    assert "Checked in already" in again["HX-Trigger"]
    assert len(pages.clinic.rows("visit", patient="p0")) == 1
    with pages.clinic.store.reader(pages.clinic.access("fay"), reason="test") as reader:
        assert registered.patient(reader, "p0")[0].mrn, "a record number of ours is given at the first check-in"


def test_a_family_comes_in_one_arrival(pages: Pages) -> None:
    refs = [book(pages.clinic, "p0"), book(pages.clinic, "p1", starts_at=ELEVEN.replace(minute=20))]
    registration.make_family(pages.clinic.writer("fay"), members=["Patient/p0", "Patient/p1"], name="Okafor")
    client = pages.client("fay")
    html = client.get(f"/desk/appointment/{refs[0].id}").content.decode()
    assert "One arrival for the family" in html
    assert f'name="appointment" value="{refs[1].id}" checked' in html
    answer = client.post("/desk/check-in", {"appointment": [ref.id for ref in refs]}, **HTMX)
    assert "2 patients checked in" in answer["HX-Trigger"]
    assert [standing(pages, ref) for ref in refs] == ["arrived", "arrived"]


def test_checked_in_by_mistake_is_booked_again(pages: Pages) -> None:
    ref = book(pages.clinic)
    client = pages.client("fay")
    client.post("/desk/check-in", {"appointment": ref.id}, **HTMX)
    (visit,) = pages.clinic.rows("visit", patient="p0")
    sent = {"step": "undo-check-in", "visit": visit["id"], "visit_version": visit["version"], "version": "2"}
    assert client.post(f"/desk/appointment/{ref.id}/step", sent, **HTMX).status_code == 204
    assert standing(pages, ref) == "booked"


def test_booking_and_a_seat_that_is_gone(pages: Pages) -> None:
    client = pages.client("fay")
    first, second = booking_form(client, "p0"), booking_form(client, "p1", reason="Fever")
    assert client.post("/desk/book/p0", first, **HTMX).status_code == 204
    full = client.post("/desk/book/p1", second, **HTMX)
    assert full.status_code == 409
    assert "This time is full" in full.content.decode()
    assert 'value="Fever"' in full.content.decode(), "what was typed is kept"
    assert client.post("/desk/book/p1", {**second, "overbook_reason": "Baby with fever"}, **HTMX).status_code == 204
    found = pages.clinic.rows("appointment", patient="p1")[0]
    assert (found["seat"], found["overbook_reason"], found["reason"]) == (1, "Baby with fever", "Fever")


def test_a_form_of_another_patient_is_not_saved_here(pages: Pages) -> None:
    client = pages.client("fay")
    answer = client.post("/desk/book/p1", booking_form(client, "p0"), **HTMX)
    assert answer.status_code == 409
    assert pages.clinic.rows("appointment", patient="p1") == []


def test_a_walk_in_is_booked_and_checked_in(pages: Pages) -> None:
    client = pages.client("fay")
    answer = client.post("/desk/book/p2", booking_form(client, "p2", walk_in="1", starts_at=""), **HTMX)
    assert answer.status_code == 204
    (visit,) = pages.clinic.rows("visit", patient="p2")
    found = pages.clinic.rows("appointment", patient="p2")[0]
    assert (visit["status"], found["status"], found["is_walk_in"]) == ("waiting", "arrived", 1)


def test_moving_to_another_provider_and_time(pages: Pages) -> None:
    ref = book(pages.clinic)
    client = pages.client("fay")
    sent = {"version": "1", "schedule": "Schedule/nora", "starts_at": ELEVEN.replace(hour=14).isoformat()}
    assert client.post(f"/desk/appointment/{ref.id}/move", sent, **HTMX).status_code == 204
    found = pages.clinic.rows("appointment", id=ref.id)[0]
    assert (found["provider"], found["starts_at"]) == ("Practitioner/nora", ELEVEN.replace(hour=14))
    stale = client.post(f"/desk/appointment/{ref.id}/move", sent, **HTMX)
    assert stale.status_code == 409
    assert "Someone else changed this" in stale.content.decode()
    assert client.post(f"/desk/appointment/{ref.id}/move", {"version": "2"}, **HTMX).status_code == 409


def test_who_is_booked_with_somebody_who_is_away_is_marked(pages: Pages) -> None:
    clinic, client = pages.clinic, pages.client("fay")
    book(clinic)
    assert "Away" not in client.get("/desk/").content.decode()
    absence = Absence(practitioner="Practitioner/lind", first=ELEVEN.date(), last=ELEVEN.date(), why=Why.SICK)
    staffing.mark_absent(clinic.writer("lena"), site=SITE, absence=absence)
    assert client.get("/desk/").content.decode().count("Away") == 1


def test_cancelling_says_by_whom_and_is_taken_back(pages: Pages) -> None:
    ref = book(pages.clinic)
    client = pages.client("fay")
    sent = {"version": "1", "by": "prov", "words": "Sick child at home"}
    assert client.post(f"/desk/appointment/{ref.id}/cancel", sent, **HTMX).status_code == 204
    assert pages.clinic.resource(ref)["cancelationReason"]["coding"][0]["code"] == "prov"
    assert "Sick child at home" in client.get(f"/desk/appointment/{ref.id}").content.decode()
    undone = client.post(f"/desk/appointment/{ref.id}/step", {"step": "undo-cancel", "version": "2"}, **HTMX)
    assert undone.status_code == 204
    assert standing(pages, ref) == "booked"


def test_a_no_show_only_after_the_time(pages: Pages) -> None:
    early, late = book(pages.clinic, "p0", starts_at=ELEVEN), book(pages.clinic, "p1", starts_at=TEN)
    client = pages.client("fay")
    refused = client.post(f"/desk/appointment/{early.id}/step", {"step": "no-show", "version": "1"}, **HTMX)
    assert refused.status_code == 409
    assert "before the appointed time" in refused.content.decode()
    assert (
        client.post(f"/desk/appointment/{late.id}/step", {"step": "no-show", "version": "1"}, **HTMX).status_code == 204
    )
    assert standing(pages, late) == "noshow"


def test_times_follow_provider_kind_and_date(pages: Pages) -> None:
    book(pages.clinic)
    client = pages.client("fay")
    asked = {"schedule": "Schedule/lind", "visit_type": "sick", "day": "2026-11-23"}
    html = client.get("/desk/times", asked).content.decode()
    free, full = html.split("Times that are full", 1)
    assert "11:20 AM" in free
    assert "11:00 AM" not in free
    assert "11:00 AM" in full, "a full time may be overbooked"
    sunday = client.get("/desk/times", {**asked, "day": "2026-11-29"}).content.decode()
    assert "No patients are seen on this day" in sunday


def test_finding_goes_by_post_and_by_anything_known(pages: Pages) -> None:
    client = pages.client("fay")
    assert "Okafor, Ben" in client.post("/desk/find", {"q": "okaf ben"}, **HTMX).content.decode()
    assert "Nobody found" in client.post("/desk/find", {"q": "zzz"}, **HTMX).content.decode()


def test_registering_shows_who_is_alike_before_a_second_record(pages: Pages) -> None:
    client = pages.client("fay")
    typed = {
        "family": "Okafor", "given": "Ada", "birth_date": "01/02/2010", "gender": "female", "language": "en",
        "care_key": str(uuid.uuid4()),
    }  # fmt: skip
    alike = client.post("/desk/patient", typed, **HTMX)
    assert alike.status_code == 409
    assert "registered already" in alike.content.decode()
    assert "/desk/book/p0" in alike.content.decode()
    assert 'value="Okafor"' in alike.content.decode()
    made = client.post("/desk/patient", {**typed, "is_new": "1"}, **HTMX)
    assert "Registered" in made.content.decode()
    assert len(pages.clinic.rows("patient", family="Okafor", given="Ada")) == 2


@pytest.mark.parametrize(
    ("field", "text"),
    [("birth_date", "13/45/2020"), ("birth_date", "01/02/2030"), ("birth_date", "01/02/1020"), ("family", "")],
)
def test_what_cannot_be_right_is_said_at_its_field(pages: Pages, field: str, text: str) -> None:
    key = str(uuid.uuid4())
    typed = {
        "family": "New", "given": "One", "birth_date": "01/02/2010", "gender": "female", "care_key": key, field: text,
    }  # fmt: skip
    answer = pages.client("fay").post("/desk/patient", typed, **HTMX)
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.content.decode()
    assert pages.clinic.rows("patient", family="New") == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_who_sees_and_who_does(pages: Pages, name: str) -> None:
    ref = book(pages.clinic)
    client = pages.client(name)
    assert client.get("/desk/").status_code == 200
    assert client.get(f"/desk/appointment/{ref.id}").status_code == 200
    may = 200 if name in BOOKERS else 403
    assert client.get("/desk/book/p0").status_code == may
    assert client.get("/desk/patient").status_code == may
    steps = 204 if name in BOOKERS - {"mona"} else 403
    assert client.post("/desk/check-in", {"appointment": ref.id}, **HTMX).status_code == steps


def test_the_auditor_and_strangers_do_not_see_it(pages: Pages) -> None:
    assert pages.client("audra").get("/desk/").status_code == 403
    assert pages.client().get("/desk/").status_code == 302


def test_dates_of_the_day() -> None:
    from carewright.workspaces.desk.day import date_of

    today = date(2026, 11, 23)
    assert date_of("2026-11-24", today) == date(2026, 11, 24)
    assert date_of("tomorrow", today) == date_of(None, today) == today


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31", "2026-02-30", "x", ""])
def test_a_day_that_no_schedule_reaches_is_today(pages: Pages, day: str) -> None:
    book(pages.clinic)
    desk = pages.client("fay")
    for path in ("/desk/", "/desk/day"):
        answer = desk.get(path, {"day": day})
        assert answer.status_code == 200
        assert "11/23/2026" in answer.content.decode()
    assert desk.get("/desk/times", {"day": day, "schedule": "Schedule/lind"}).status_code == 200
