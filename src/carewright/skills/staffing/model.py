"""Who is here on a day, with whom, and who is away, as values. References are `Practitioner/…`; instants are aware."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from carewright.core.access.model import Role
from carewright.core.terminology.coding import Coding
from carewright.skills.staffing import codes

LONGEST_POD = 40


class Why(StrEnum):
    """Why somebody is away."""

    SICK = "sick"
    LEAVE = "leave"
    OTHER = "other"


WHY_CODES: dict[Why, Coding] = {Why.SICK: codes.SICK, Why.LEAVE: codes.LEAVE, Why.OTHER: codes.OTHER}


@dataclass(frozen=True, kw_only=True)
class Presence:
    """One person of a site on a day. None: not said, so the site's hours. `away` says why somebody is not here."""

    practitioner: str
    role: Role
    site: str
    here_from: datetime | None = None
    here_until: datetime | None = None
    lunch_from: datetime | None = None
    lunch_until: datetime | None = None
    pod: str = ""
    works_with: str = ""
    """The provider whom an MA rooms for on this day."""
    away: Why | None = None

    def __post_init__(self) -> None:
        for begins, ends in ((self.here_from, self.here_until), (self.lunch_from, self.lunch_until)):
            if any(at is not None and at.tzinfo is None for at in (begins, ends)):
                raise ValueError("Instants carry a time zone.")
            if begins and ends and ends <= begins:
                raise ValueError(f"This ends before it begins: {begins} to {ends}.")

    def at_lunch(self, at: datetime) -> bool:
        return bool(self.lunch_from and self.lunch_until and self.lunch_from <= at < self.lunch_until)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An MA and the provider they room for on a day."""

    ma: str
    provider: str
    day: date


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Somebody is away from the first to the last day, both included."""

    practitioner: str
    first: date
    last: date
    why: Why


@dataclass(frozen=True, kw_only=True)
class Team:
    """The people of a site (a Location's id) on a day. `version` 0: nothing was written for this day yet."""

    site: str
    day: date
    people: tuple[Presence, ...] = ()
    covering: str = ""
    version: int = 0

    def person(self, practitioner: str) -> Presence | None:
        return next((one for one in self.people if one.practitioner == practitioner), None)

    @property
    def here(self) -> tuple[Presence, ...]:
        return tuple(one for one in self.people if one.away is None)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs whose two people are both here."""
        here = {one.practitioner for one in self.here}
        return tuple(
            Pair(ma=one.practitioner, provider=one.works_with, day=self.day)
            for one in self.here
            if one.works_with in here
        )
