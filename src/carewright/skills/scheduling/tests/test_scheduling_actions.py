"""Booking in the chart, on both engines: one seat has one winner, whoever writes it and however it is given back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Conflict, KeyTaken, Origin, Ref, Resource
from carewright.skills.scheduling import actions, codes, queries
from carewright.skills.scheduling.fhir import template_to_fhir, to_fhir
from carewright.skills.scheduling.model import Booking, NoSeat, NotPossible, Session, Template
from carewright.skills.visit import actions as visit_actions
from tests.clinic import Clinic

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
ELEVEN = datetime(2026, 11, 23, 11, 0, tzinfo=NEW_YORK)
PLACE = "Location/main-st"
WEEK = Template(
    schedule="Schedule/lind",
    provider="Practitioner/lind",
    site=PLACE,
    zone="America/New_York",
    sessions=(Session(weekday=0, starts=time(8), ends=time(17)),),
)


@pytest.fixture
def week(clinic: Clinic) -> Template:
    clinic.have(
        template_to_fhir(WEEK),
        *({"resourceType": "Patient", "id": f"p{n}", "name": [{"family": f"Family{n}"}]} for n in range(20)),
    )
    return WEEK


def book(
    clinic: Clinic,
    patient: str = "p1",
    *,
    starts_at: datetime = ELEVEN,
    name: str = "fay",
    reason: str = "",
    overbook_reason: str = "",
) -> Ref:
    return actions.book(
        clinic.writer(name),
        schedule="Schedule/lind",
        patient=f"Patient/{patient}",
        visit_type=codes.SICK,
        starts_at=starts_at,
        at=clinic.now,
        reason=reason,
        overbook_reason=overbook_reason,
    )


def row(clinic: Clinic, ref: Ref) -> dict[str, object]:
    (found,) = clinic.rows("appointment", id=ref.id)
    return found


def cancel(clinic: Clinic, ref: Ref) -> None:
    actions.cancel(
        clinic.writer("fay"), appointment_id=ref.id, version=int(str(row(clinic, ref)["version"])), by=codes.BY_PATIENT
    )


def check_in(clinic: Clinic, ref: Ref) -> Ref:
    return visit_actions.check_in(
        clinic.writer("fay"),
        patient="Patient/p1",
        visit_type=codes.SICK,
        at=clinic.later(),
        site="Organization/main-st",
        appointment=str(ref),
    )


def step(clinic: Clinic, visit: Ref, action: str, **more: str) -> None:
    version = int(clinic.resource(visit)["meta"]["versionId"])
    visit_actions.take_step(
        clinic.writer("dana"), encounter_id=visit.id, action=action, at=clinic.later(), version=version, **more
    )


def test_a_booking_stands_on_the_day(clinic: Clinic, week: Template) -> None:
    ref = book(clinic, reason="Coughing since Friday")
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        (found,) = queries.day(reader, place=PLACE, on=MONDAY, zone=NEW_YORK)
        free = queries.free_times(reader, week, MONDAY, minutes=20, not_before=ELEVEN)
        assert queries.templates(reader, place=PLACE) == [week]
    assert (found["id"], found["reason"], found["minutes"]) == (ref.id, "Coughing since Friday", 20)
    assert found["starts_at"] == ELEVEN
    assert [f"{o.starts_at:%H:%M}" for o in free[:2]] == ["11:20", "11:40"]


def test_twenty_desks_want_the_last_seat_and_one_gets_it(clinic: Clinic, week: Template) -> None:
    def one(number: int) -> str:
        try:
            return book(clinic, f"p{number}").id
        except NoSeat:
            return ""

    with ThreadPoolExecutor(20) as pool:
        won = [ref for ref in pool.map(one, range(20)) if ref]
    assert len(won) == 1
    assert [r["status"] for r in clinic.rows("appointment", place=PLACE)] == ["booked"]


def test_twenty_who_overbook_get_twenty_different_seats(clinic: Clinic, week: Template) -> None:
    def one(number: int) -> Ref:
        return book(clinic, f"p{number}", overbook_reason="Flu clinic")

    with ThreadPoolExecutor(3) as pool:
        refs = list(pool.map(one, range(6)))
    assert sorted(int(str(row(clinic, ref)["seat"])) for ref in refs) == list(range(6))
    assert [row(clinic, ref)["overbook_reason"] for ref in refs].count("") == 1


def test_a_program_that_writes_the_same_seat_is_refused(clinic: Clinic, week: Template) -> None:
    book(clinic)
    for booking in (_elsewhere(schedule="Schedule/lind"), _elsewhere(schedule="")):
        writer = clinic.writer("fay", origin=Origin.API)
        with pytest.raises(KeyTaken), writer.transaction(reason="test.api") as tx:
            tx.create(booking)


def test_an_import_that_knows_nothing_of_seats_is_taken_as_it_is(clinic: Clinic, week: Template) -> None:
    book(clinic)
    (ref,) = clinic.have(_elsewhere(schedule=""))
    assert row(clinic, ref)["status"] == "booked"


def _elsewhere(*, schedule: str) -> Resource:
    booking = Booking(
        patient="Patient/p2", provider="Practitioner/lind", site=PLACE, schedule=schedule or "Schedule/x",
        starts_at=ELEVEN + timedelta(minutes=5), minutes=7, type=codes.SICK,
    )  # fmt: skip
    made = to_fhir(booking)
    return made if schedule else {k: v for k, v in made.items() if k != "extension"}


def test_moving_takes_the_new_time_and_gives_the_old_one_back(clinic: Clinic, week: Template) -> None:
    ref, other = book(clinic), book(clinic, "p2", starts_at=ELEVEN + timedelta(minutes=20))
    with pytest.raises(NoSeat):
        actions.move(clinic.writer("fay"), appointment_id=ref.id, version=1, starts_at=ELEVEN + timedelta(minutes=20))
    actions.move(clinic.writer("fay"), appointment_id=ref.id, version=1, starts_at=ELEVEN - timedelta(minutes=20))
    actions.move(clinic.writer("fay"), appointment_id=other.id, version=1, starts_at=ELEVEN + timedelta(minutes=10))
    actions.move(clinic.writer("fay"), appointment_id=other.id, version=2, starts_at=ELEVEN)
    assert [row(clinic, r)["starts_at"] for r in (ref, other)] == [ELEVEN - timedelta(minutes=20), ELEVEN]
    with pytest.raises(Conflict):
        actions.move(clinic.writer("fay"), appointment_id=ref.id, version=1, starts_at=ELEVEN + timedelta(hours=1))


def test_a_cancelled_seat_is_free_and_taking_it_back_must_win_it(clinic: Clinic, week: Template) -> None:
    ref = book(clinic)
    cancel(clinic, ref)
    other = book(clinic, "p2")
    with pytest.raises(NoSeat, match="Somebody else has this time"):
        actions.undo_cancel(clinic.writer("fay"), appointment_id=ref.id, version=2)
    assert row(clinic, ref)["status"] == "cancelled"
    actions.undo_book(clinic.writer("fay"), appointment_id=other.id, version=1)
    actions.undo_cancel(clinic.writer("fay"), appointment_id=ref.id, version=2)
    assert row(clinic, ref)["status"] == "booked"
    with pytest.raises(NoSeat):
        book(clinic, "p3")


def test_nobody_is_a_no_show_before_the_time(clinic: Clinic, week: Template) -> None:
    ref = book(clinic)
    with pytest.raises(NotPossible, match="before the appointed time"):
        actions.mark_no_show(clinic.writer("fay"), appointment_id=ref.id, version=1, at=clinic.now)
    actions.mark_no_show(clinic.writer("fay"), appointment_id=ref.id, version=1, at=clinic.later(60))
    actions.undo_no_show(clinic.writer("fay"), appointment_id=ref.id, version=2)
    assert row(clinic, ref)["status"] == "booked"


def test_a_no_show_who_comes_after_all_is_here_whoever_has_the_seat(clinic: Clinic, week: Template) -> None:
    ref = book(clinic)
    actions.mark_no_show(clinic.writer("fay"), appointment_id=ref.id, version=1, at=clinic.later(60))
    book(clinic, "p2")
    visit = check_in(clinic, ref)
    assert row(clinic, ref)["status"] == "arrived"
    with pytest.raises(KeyTaken):
        step(clinic, visit, "undo_check_in")


def test_an_appointment_follows_its_visit(clinic: Clinic, week: Template) -> None:
    ref = book(clinic)
    visit = check_in(clinic, ref)
    assert row(clinic, ref)["status"] == "arrived"
    step(clinic, visit, "undo_check_in")
    assert row(clinic, ref)["status"] == "booked"
    visit = check_in(clinic, ref)
    step(clinic, visit, "start_rooming", room="Location/r4")
    assert row(clinic, ref)["status"] == "fulfilled"
    with pytest.raises(NoSeat):
        book(clinic, "p3")


def test_a_walk_in_is_booked_now_and_struck_with_its_visit(clinic: Clinic, week: Template) -> None:
    book(clinic, starts_at=clinic.now.astimezone(NEW_YORK))
    ref = actions.walk_in(
        clinic.writer("fay"), schedule="Schedule/lind", patient="Patient/p1", visit_type=codes.SICK, at=clinic.now
    )
    found = row(clinic, ref)
    assert (found["seat"], found["overbook_reason"], found["is_walk_in"]) == (1, "Walk-in", 1)
    visit = check_in(clinic, ref)
    step(clinic, visit, "remove_walk_in")
    assert row(clinic, ref)["status"] == "entered-in-error"


def test_two_visits_of_one_patient_at_a_time_are_told_and_not_refused(clinic: Clinic, week: Template) -> None:
    book(clinic)
    second = book(clinic, overbook_reason="Sees the nurse as well")
    with clinic.store.reader(clinic.access("fay"), reason="test") as reader:
        found = queries.booked(reader, second.id)
        assert len(queries.at_the_same_time(reader, found.booking)) == 1


def test_odd_minutes_are_refused_in_words(clinic: Clinic, week: Template) -> None:
    with pytest.raises(NotPossible, match="whole steps of 5 minutes"):
        actions.book(
            clinic.writer("fay"), schedule="Schedule/lind", patient="Patient/p1", visit_type=codes.SICK,
            starts_at=ELEVEN, at=clinic.now, minutes=7,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "may"),
    [
        *((name, True) for name in ("fay", "dana", "lena", "nora", "lind", "mona")),
        *((name, False) for name in ("bill", "priya", "audra")),
    ],
)
def test_who_books(clinic: Clinic, week: Template, name: str, may: bool) -> None:
    if may:
        assert book(clinic, name=name)
    else:
        with pytest.raises(AccessDenied):
            book(clinic, name=name)


def test_the_rows_equal_a_rebuild(clinic: Clinic, week: Template) -> None:
    from carewright.skills.scheduling.skill import appointment_rows

    ref = book(clinic)
    cancel(clinic, ref)
    (again,) = appointment_rows(clinic.resource(ref))
    stored = row(clinic, ref)
    assert {name: stored[name] for name in again} == again
