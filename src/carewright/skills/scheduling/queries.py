"""Reads of the schedule: a day's appointments, who sees patients when, which times are free."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.store.search.parse import parse
from carewright.core.terminology.coding import Coding
from carewright.skills.scheduling import rules
from carewright.skills.scheduling.fhir import from_fhir, template_from_fhir
from carewright.skills.scheduling.model import Booking, Opening, Template

LONGEST = timedelta(hours=12)
"""No appointment lasts longer: how far back to look for one that reaches into a time."""
MOST_SCHEDULES = 200

Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Booked:
    """An appointment as it was read, and the version that a change must name."""

    booking: Booking
    appointment: Resource
    version: int

    @property
    def ref(self) -> Ref:
        return Ref("Appointment", self.booking.id)


def booked(reader: Reader, appointment_id: str) -> Booked:
    """One appointment; NotFound, ValueError for one without a time."""
    appointment = reader.resource(Ref("Appointment", appointment_id))
    version = int(appointment["meta"]["versionId"])
    return Booked(booking=from_fhir(appointment), appointment=appointment, version=version)


def day(reader: Reader, *, place: str, on: date, zone: ZoneInfo) -> list[Row]:
    """The appointments at `place` (the site's `Location/…`) on a date of its zone: rows of `appointment`, by time."""
    starts = Between(*bounds(on, zone))
    return reader.rows("appointment", where={"place": place, "starts_at": starts}, order=("starts_at", "seat", "id"))


def bounds(on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of a date in a zone, and that of the next; 23 or 25 hours apart on two days of the year."""
    first, last = (datetime.combine(on + timedelta(days=n), time(), tzinfo=zone).astimezone(UTC) for n in (0, 1))
    return first, last


def of_patient(reader: Reader, patient_id: str, *, since: datetime) -> list[Row]:
    """The appointments of a patient from `since` on, by time."""
    where = {"patient": patient_id, "starts_at": Between(since, None)}
    return reader.rows("appointment", where=where, order=("starts_at",))


def template(reader: Reader, schedule: str) -> Template:
    """The week of `Schedule/…`; NotFound, ValueError for a Schedule that keeps none."""
    return template_from_fhir(reader.resource(Ref("Schedule", schedule.removeprefix("Schedule/"))))


def templates(reader: Reader, *, place: str) -> list[Template]:
    """The weeks of those who see patients at `place` (`Location/…`)."""
    found = reader.resources(parse("Schedule", [("actor", place), ("_count", str(MOST_SCHEDULES))]))
    return [week for schedule in found if (week := _week(schedule)) is not None]


def taken(reader: Reader, provider: str, *, since: datetime, until: datetime) -> frozenset[str]:
    """The keys of the seats of a provider that are held in [since, until)."""
    where = {"provider": provider, "starts_at": Between(since - LONGEST, until)}
    rows = reader.rows("appointment", where=where)
    return frozenset(key for row in rows for key in _keys(row))


def free_times(
    reader: Reader,
    week: Template,
    on: date,
    *,
    minutes: int,
    visit_type: Coding | None = None,
    not_before: datetime | None = None,
) -> tuple[Opening, ...]:
    """The times of a date at which a visit of `minutes` can start."""
    since, until = bounds(on, week.tz)
    held = taken(reader, week.provider, since=since, until=until)
    return rules.free_times(week, on, minutes=minutes, taken=held, visit_type=visit_type, not_before=not_before)


def at_the_same_time(reader: Reader, booking: Booking) -> list[Row]:
    """What else the patient has at this time: told, never refused."""
    rows = of_patient(reader, booking.patient.removeprefix("Patient/"), since=booking.starts_at - LONGEST)
    return [
        row
        for row in rows
        if row["status"] in rules.HOLDING
        and row["id"] != booking.id
        and cast(datetime, row["starts_at"]) < booking.ends_at
        and booking.starts_at < cast(datetime, row["ends_at"])
    ]


def _week(schedule: Resource) -> Template | None:
    try:
        return template_from_fhir(schedule)
    except (KeyError, ValueError):
        return None


def _keys(row: Mapping[str, object]) -> Iterable[str]:
    if row["status"] not in rules.HOLDING:
        return ()
    starts_at = cast(datetime, row["starts_at"])
    minutes, seat = cast(int, row["minutes"]), cast(int, row["seat"])
    return rules.keys(str(row["provider"]), starts_at, minutes=minutes, seat=seat)
