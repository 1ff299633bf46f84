"""A provider's week, the times it opens, and a booked time, as values. Times of the week are the site's wall clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding
from carewright.skills.scheduling import codes

UNIT = timedelta(minutes=5)
"""The grain of the schedule: every session, visit type and booking is a whole number of these."""


def whole_units(minutes: int) -> None:
    """ValueError unless `minutes` is a whole number of steps of the schedule."""
    if minutes <= 0 or timedelta(minutes=minutes) % UNIT:
        raise ValueError(f"Times are whole steps of {UNIT // timedelta(minutes=1)} minutes; got {minutes}.")


@dataclass(frozen=True, kw_only=True)
class VisitType:
    """A kind of visit and how long it takes."""

    coding: Coding
    minutes: int

    def __post_init__(self) -> None:
        whole_units(self.minutes)


VISIT_TYPES: tuple[VisitType, ...] = (
    VisitType(coding=codes.WELL_CHILD, minutes=20),
    VisitType(coding=codes.PHYSICAL, minutes=40),
    VisitType(coding=codes.SICK, minutes=20),
    VisitType(coding=codes.FOLLOW_UP, minutes=20),
    VisitType(coding=codes.NEW_PATIENT, minutes=40),
    VisitType(coding=codes.NURSE_VISIT, minutes=10),
    VisitType(coding=codes.PROCEDURE, minutes=40),
    VisitType(coding=codes.TELEHEALTH, minutes=20),
)
"""What a new practice starts with; a site changes the minutes in its settings."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A stretch of the week in which a provider sees patients. `weekday` is 0 for Monday; `seats` patients at a time.

    `types` are the visit types taken here; empty means any. `first` and `last` bound the dates it is in force.
    """

    weekday: int
    starts: time
    ends: time
    slot_minutes: int = 20
    seats: int = 1
    types: tuple[Coding, ...] = ()
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        whole_units(self.slot_minutes)
        if not 0 <= self.weekday <= 6 or self.seats < 1 or self.starts >= self.ends:
            raise ValueError(f"A session has a weekday 0–6, a seat, and ends after it starts; got {self!r}.")

    def is_on(self, day: date) -> bool:
        in_force = (self.first is None or self.first <= day) and (self.last is None or day <= self.last)
        return self.weekday == day.weekday() and in_force


@dataclass(frozen=True, kw_only=True)
class Template:
    """A provider's week at one site, in the site's time zone (IANA name). `closed` are days off."""

    schedule: str
    provider: str
    site: str
    zone: str
    sessions: tuple[Session, ...]
    closed: frozenset[date] = frozenset()

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A time that a template opens: `seats` patients may be booked into it."""

    schedule: str
    starts_at: datetime
    minutes: int
    seats: int
    types: tuple[Coding, ...] = ()

    @property
    def ends_at(self) -> datetime:
        return later(self.starts_at, self.minutes)


class NoSeat(Exception):
    """No seat is left at this time. `reason` says so, and what would help."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NotPossible(ValueError):
    """The appointment does not stand where this can be done. `reason` is a sentence for the screen."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One Appointment. `reason` is in the patient's words; an overbooked one says why."""

    patient: str
    provider: str
    site: str
    schedule: str
    starts_at: datetime
    minutes: int
    type: Coding
    seat: int = 0
    status: str = "booked"
    reason: str = ""
    overbook_reason: str = ""
    walk_in: bool = False
    cancelled_by: Coding | None = None
    cancelled_words: str = ""
    comment: str = ""
    created_at: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        # Whole steps are asked for where somebody books here; an appointment from elsewhere may last seven minutes.
        if self.minutes <= 0:
            raise ValueError(f"A booking takes time; got {self.minutes} minutes.")
        if self.starts_at.tzinfo is None:
            raise ValueError("A booking starts at an instant with a time zone.")

    @property
    def ends_at(self) -> datetime:
        return later(self.starts_at, self.minutes)


class Lateness(StrEnum):
    ON_TIME = "on-time"
    LATE = "late"
    TOO_LATE = "too-late"


@dataclass(frozen=True, kw_only=True)
class LateRule:
    """A site's own rule: up to `grace_minutes` counts as on time; after `ask_after_minutes` the provider is asked."""

    grace_minutes: int = 5
    ask_after_minutes: int = 15


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """How late somebody came."""

    lateness: Lateness
    minutes: int


def later(at: datetime, minutes: int) -> datetime:
    """`minutes` of elapsed time later, in the same zone: adding to a local time would be an hour off on two days."""
    zone = at.tzinfo
    return (at.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(zone)
