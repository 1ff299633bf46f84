"""Open times on ordinary days and on the two odd ones, seats and their keys, and Appointments through FHIR and back."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.validation import validate
from carewright.skills.scheduling import codes, fhir, rules
from carewright.skills.scheduling.model import VISIT_TYPES, Booking, Lateness, LateRule, NoSeat, Session, Template

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
SPRING, FALL = date(2027, 3, 14), date(2026, 11, 1)
WEEK = Template(
    schedule="Schedule/7",
    provider="Practitioner/lind",
    site="Location/main-st",
    zone="America/New_York",
    sessions=(
        Session(weekday=0, starts=time(8), ends=time(12)),
        Session(weekday=0, starts=time(13), ends=time(17), slot_minutes=20, seats=2, types=(codes.SICK,)),
        Session(weekday=6, starts=time(0), ends=time(4), slot_minutes=30),
    ),
    closed=frozenset({date(2026, 11, 30)}),
)
TEN_FORTY = datetime(2026, 11, 23, 10, 40, tzinfo=NEW_YORK)
VISIT = Booking(
    id="a1", patient="Patient/1", provider="Practitioner/lind", site="Location/main-st", schedule="Schedule/7",
    starts_at=TEN_FORTY, minutes=20, type=codes.WELL_CHILD, reason="Shots",
)  # fmt: skip


def test_a_monday_opens_what_the_week_says() -> None:
    found = rules.openings(WEEK, MONDAY)
    assert len(found) == 24
    assert found[0].starts_at == datetime(2026, 11, 23, 8, tzinfo=NEW_YORK)
    assert found[-1].ends_at == datetime(2026, 11, 23, 17, tzinfo=NEW_YORK)
    assert {opening.seats for opening in found} == {1, 2}


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 11, 30)])
def test_other_days_and_days_off_open_nothing(day: date) -> None:
    assert rules.openings(WEEK, day) == ()


def test_sessions_are_in_force_between_their_dates() -> None:
    until = replace(WEEK, sessions=(replace(WEEK.sessions[0], last=MONDAY),))
    assert rules.openings(until, MONDAY)
    assert not rules.openings(until, MONDAY + timedelta(days=14))


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 3), (FALL, 5), (date(2026, 11, 8), 4)])
def test_a_night_session_has_the_slots_that_the_night_has_hours(day: date, hours: int) -> None:
    found = rules.openings(WEEK, day)
    assert len(found) == hours * 2
    assert all(
        b.starts_at.astimezone(UTC) - a.starts_at.astimezone(UTC) == timedelta(minutes=30) for a, b in pairwise(found)
    )
    assert len({key for o in found for key in rules.keys("Schedule/7", o.starts_at, minutes=30, seat=0)}) == hours * 12


def test_the_spring_gap_has_no_slot() -> None:
    assert [f"{o.starts_at:%H:%M}" for o in rules.openings(WEEK, SPRING)] == [
        "00:00", "00:30", "01:00", "01:30", "03:00", "03:30",
    ]  # fmt: skip


def test_an_ordinary_morning_keeps_its_wall_clock_across_the_change() -> None:
    for day in (date(2026, 10, 26), date(2026, 11, 2)):
        assert f"{rules.openings(WEEK, day)[0].starts_at:%H:%M}" == "08:00"


def test_keys_name_each_five_minutes_and_the_seat() -> None:
    assert rules.keys("Practitioner/7", TEN_FORTY, minutes=10, seat=1) == (
        "Practitioner/7/2026-11-23T15:40Z/1", "Practitioner/7/2026-11-23T15:45Z/1",
    )  # fmt: skip


@given(st.integers(0, 23 * 12), st.integers(1, 12), st.integers(0, 23 * 12), st.integers(1, 12))
def test_two_bookings_share_a_key_exactly_when_they_overlap(a: int, long_a: int, b: int, long_b: int) -> None:
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    one = replace(VISIT, starts_at=midnight + timedelta(minutes=5 * a), minutes=5 * long_a)
    other = replace(VISIT, id="a2", starts_at=midnight + timedelta(minutes=5 * b), minutes=5 * long_b)
    overlap = one.starts_at < other.ends_at and other.starts_at < one.ends_at
    assert bool(set(rules.booking_keys(one)) & set(rules.booking_keys(other))) == overlap
    assert bool(rules.same_time(one, [other])) == overlap


def test_the_last_seat_and_past_it() -> None:
    taken = set(rules.booking_keys(VISIT))
    with pytest.raises(NoSeat, match="full"):
        rules.free_seat(WEEK, TEN_FORTY, minutes=20, taken=taken)
    assert rules.free_seat(WEEK, TEN_FORTY, minutes=20, taken=taken, overbook_reason="Fever, 5 weeks old") == 1
    assert rules.is_overbooked(WEEK, replace(VISIT, seat=1))
    assert not rules.is_overbooked(WEEK, VISIT)
    with pytest.raises(NoSeat):
        rules.free_seat(WEEK, TEN_FORTY, minutes=20, taken=taken, overbook_reason="  ")


def test_a_long_visit_needs_all_of_its_time() -> None:
    taken = set(rules.booking_keys(replace(VISIT, starts_at=TEN_FORTY + timedelta(minutes=20))))
    with pytest.raises(NoSeat):
        rules.free_seat(WEEK, TEN_FORTY, minutes=40, taken=taken)
    assert rules.free_seat(WEEK, TEN_FORTY, minutes=20, taken=taken) == 0


def test_lunch_is_closed_but_may_be_overbooked() -> None:
    noon = TEN_FORTY.replace(hour=12, minute=0)
    with pytest.raises(NoSeat, match="does not see patients"):
        rules.free_seat(WEEK, noon, minutes=20, taken=())
    assert rules.free_seat(WEEK, noon, minutes=20, taken=(), overbook_reason="Only time the mother can come") == 0


def test_free_times_skip_what_is_taken_past_or_for_others() -> None:
    taken = set(rules.booking_keys(VISIT))
    free = rules.free_times(WEEK, MONDAY, minutes=20, taken=taken, visit_type=codes.WELL_CHILD, not_before=TEN_FORTY)
    assert [f"{o.starts_at:%H:%M}" for o in free] == ["11:00", "11:20", "11:40"]
    assert len(rules.free_times(WEEK, MONDAY, minutes=20, taken=(), visit_type=codes.SICK)) == 24
    assert len(rules.free_times(WEEK, MONDAY, minutes=40, taken=())) == 22


def test_moving_gives_up_and_takes_only_what_changes() -> None:
    moved = rules.move(VISIT, starts_at=TEN_FORTY + timedelta(minutes=10), seat=0)
    release, claim = rules.key_changes(VISIT, moved)
    assert [key[-8:-3] for key in release] == ["15:40", "15:45"]
    assert [key[-8:-3] for key in claim] == ["16:00", "16:05"]
    assert rules.key_changes(None, VISIT) == ((), tuple(sorted(rules.booking_keys(VISIT))))


def test_cancelling_and_not_coming_give_the_seat_back() -> None:
    cancelled = rules.cancel(VISIT, by=codes.BY_PATIENT, words="car broke down")
    missed = rules.no_show(VISIT, now=TEN_FORTY + timedelta(minutes=30))
    for after in (cancelled, missed):
        assert rules.key_changes(VISIT, after) == (tuple(sorted(rules.booking_keys(VISIT))), ())
    assert cancelled.cancelled_words == "car broke down"


def test_only_what_is_still_booked_changes() -> None:
    arrived = replace(VISIT, status="arrived")
    with pytest.raises(ValueError, match=r"can be cancelled\. The patient is here already"):
        rules.cancel(arrived, by=codes.BY_PATIENT)
    with pytest.raises(ValueError, match="moved"):
        rules.move(arrived, starts_at=TEN_FORTY, seat=0)
    with pytest.raises(ValueError, match="before the appointed time"):
        rules.no_show(VISIT, now=TEN_FORTY - timedelta(minutes=1))


def test_a_walk_in_takes_a_seat_or_overbooks_with_its_reason() -> None:
    now = TEN_FORTY + timedelta(minutes=3, seconds=7)
    first = rules.walk_in(WEEK, patient="Patient/2", now=now, minutes=20, visit_type=codes.SICK, taken=())
    assert (first.starts_at, first.seat, first.status, first.overbook_reason) == (TEN_FORTY, 0, "booked", "")
    second = rules.walk_in(
        WEEK,
        patient="Patient/3",
        now=now,
        minutes=20,
        visit_type=codes.SICK,
        taken=rules.booking_keys(VISIT),
        reason="Cough",
    )
    assert (second.seat, second.overbook_reason, second.walk_in) == (1, "Walk-in", True)


@pytest.mark.parametrize(
    ("minutes", "lateness"),
    [(-10, Lateness.ON_TIME), (5, Lateness.ON_TIME), (6, Lateness.LATE), (15, Lateness.LATE), (16, Lateness.TOO_LATE)],
)
def test_late_by_the_rule_of_the_site(minutes: int, lateness: Lateness) -> None:
    found = rules.arrival(TEN_FORTY, arrived_at=TEN_FORTY + timedelta(minutes=minutes), rule=LateRule())
    assert found.lateness is lateness
    assert found.minutes == max(0, minutes)


@pytest.mark.parametrize(
    "booking",
    [
        VISIT,
        replace(VISIT, seat=3, overbook_reason="Fever", walk_in=True, status="arrived", comment="wheelchair van"),
        rules.cancel(VISIT, by=codes.BY_PROVIDER, words="sick"),
        replace(VISIT, created_at=datetime(2026, 11, 2, 9, tzinfo=UTC)),
    ],
)
def test_a_booking_comes_back(booking: Booking) -> None:
    appointment = fhir.to_fhir(booking)
    assert fhir.from_fhir(appointment) == booking
    assert [p["status"] for p in appointment["participant"]] == ["accepted"] * 3
    assert appointment["start"].endswith("-05:00")


def test_an_appointment_keeps_what_it_does_not_know() -> None:
    stored = fhir.to_fhir(VISIT) | {"priority": 1}
    stored["extension"].append({"url": "http://example.org/x", "valueString": "kept"})
    again = fhir.to_fhir(rules.move(VISIT, starts_at=TEN_FORTY, seat=1), onto=stored)
    assert again["priority"] == 1
    assert [e["url"] for e in again["extension"]] == [codes.SEAT_EXTENSION, "http://example.org/x"]


def test_an_appointment_without_a_time_is_no_booking() -> None:
    with pytest.raises(ValueError, match="without a time"):
        fhir.from_fhir({"resourceType": "Appointment", "status": "proposed", "participant": []})


def test_a_week_comes_back() -> None:
    dated = replace(WEEK, sessions=(*WEEK.sessions, replace(WEEK.sessions[0], first=MONDAY, last=FALL)))
    assert fhir.template_from_fhir(fhir.template_to_fhir(dated)) == dated
    with pytest.raises(ValueError, match="keeps no week"):
        fhir.template_from_fhir({"resourceType": "Schedule", "id": "x", "actor": []})


@pytest.mark.parametrize(("taken", "status", "overbooked"), [(0, "free", False), (1, "busy", False), (2, "busy", True)])
def test_a_slot_says_whether_a_seat_is_left(taken: int, status: str, overbooked: bool) -> None:
    slot = fhir.slot_to_fhir(rules.openings(WEEK, MONDAY)[0], taken_seats=taken)
    assert (slot["status"], slot["overbooked"]) == (status, overbooked)


def test_visit_types_are_whole_units_and_named_once() -> None:
    assert len({t.coding.code for t in VISIT_TYPES}) == len(VISIT_TYPES)
    with pytest.raises(ValueError, match="whole steps"):
        replace(VISIT_TYPES[0], minutes=7)


def test_what_is_written_is_valid() -> None:
    overbooked = replace(VISIT, seat=2, overbook_reason="Fever", walk_in=True, created_at=TEN_FORTY, comment="van")
    dated = replace(WEEK, sessions=(replace(WEEK.sessions[1], first=MONDAY, last=MONDAY),))
    for resource in (
        fhir.to_fhir(VISIT),
        fhir.to_fhir(overbooked),
        fhir.to_fhir(rules.cancel(VISIT, by=codes.BY_PATIENT, words="sick")),
        fhir.slot_to_fhir(rules.openings(WEEK, MONDAY)[-1], taken_seats=1),
        fhir.template_to_fhir(dated),
    ):
        assert validate(resource) == []
