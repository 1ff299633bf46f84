"""A visit as values: the board status, the stages it went through, the rooms, and what still holds "ready".

No clock and no store. `docs/visit-states.md` shows the same tables in words; a test keeps the two equal.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding


class VisitStatus(StrEnum):
    """Where a visit stands on the board; the value is the code in our `visit-status` code system."""

    BOOKED = "booked"
    WAITING = "waiting"
    ROOMING = "rooming"
    READY = "ready"
    WITH_PROVIDER = "with-provider"
    ORDERS = "orders"
    CHECKING_OUT = "checking-out"
    DONE = "done"
    LEFT = "left"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"
    BY_MISTAKE = "by-mistake"


class RoomUse(StrEnum):
    """What Encounter.location says of the room in a status."""

    NONE = "none"
    ACTIVE = "active"
    COMPLETED = "completed"


class Turn(StrEnum):
    """Who must act next: the board groups its rows by this."""

    DESK = "Front desk"
    MA = "MA"
    PROVIDER = "Provider"
    NOBODY = "Nobody"


@dataclass(frozen=True, kw_only=True)
class StatusRow:
    """One line of the state table. `encounter` is None where no Encounter exists (yet)."""

    status: VisitStatus
    words: str
    appointment: str
    encounter: str | None
    room: RoomUse
    turn: Turn
    end: bool = False


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One allowed step. `tasks` are the Task.status values that the step sets, by task code.

    `back` marks a step that takes an earlier one back (charted by mistake, or the patient came back);
    `cancels_tasks` means that every task of the visit that is still open is cancelled.
    """

    action: str
    words: str
    sources: tuple[VisitStatus, ...]
    target: VisitStatus
    roles: frozenset[Role]
    tasks: tuple[tuple[Coding, str], ...] = ()
    back: bool = False
    cancels_tasks: bool = False


class NotAllowed(Exception):
    """The step is not in the state table, or not for this person. `reason` is a sentence for the screen."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _aware(*instants: datetime | None) -> None:
    if any(at is not None and at.tzinfo is None for at in instants):
        raise ValueError("Instants carry a time zone.")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One status and the time it lasted; `until` is None for the present one."""

    status: VisitStatus
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        _aware(self.since, self.until)
        if self.until is not None and self.until < self.since:
            raise ValueError(f"A stage ends after it begins; got {self.since} to {self.until}.")


@dataclass(frozen=True, kw_only=True)
class RoomStay:
    """A Location of the visit: `location` is `Location/…`; `until` is None while the patient is there."""

    location: str
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        _aware(self.since, self.until)
        if not self.location.startswith("Location/"):
            raise ValueError(f"A room is a Location reference; got {self.location!r}.")
        if self.until is not None and self.until < self.since:
            raise ValueError(f"A stay ends after it begins; got {self.since} to {self.until}.")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One Encounter of our practice. References are `Type/id`; `stages` run without a gap, the last one is open."""

    patient: str
    type: Coding
    stages: tuple[Stage, ...]
    rooms: tuple[RoomStay, ...] = ()
    id: str = ""
    reason: str = ""
    provider: str | None = None
    assistant: str | None = None
    appointment: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("A visit has at least one stage.")
        for earlier, later in pairwise(self.stages):
            if earlier.until != later.since:
                raise ValueError(f"Stages leave no gap: {earlier.until} is followed by {later.since}.")
        if self.stages[-1].until is not None:
            raise ValueError("The last stage of a visit is open.")

    @property
    def status(self) -> VisitStatus:
        return self.stages[-1].status

    @property
    def since(self) -> datetime:
        """When the present status began: the clock on the board."""
        return self.stages[-1].since

    @property
    def room(self) -> str | None:
        """The Location the patient is in now, or None."""
        return next((stay.location for stay in reversed(self.rooms) if stay.until is None), None)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who was told of a critical vital sign (`Practitioner/…` and the name in words), and when."""

    whom: str
    name: str
    at: datetime

    def __post_init__(self) -> None:
        _aware(self.at)


@dataclass(frozen=True, kw_only=True)
class CriticalVital:
    """A critical reading of this visit in words ("SpO₂ 84 %") and who was told of it, if anybody was."""

    words: Sentence
    told: Told | None = None


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """The three safety items of a rooming. Everything else on the checklist may be left open."""

    identity_checked: bool = False
    allergies_asked: bool = False
    critical_vitals: tuple[CriticalVital, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One thing that holds "ready": what is missing and the task code that ends it."""

    code: Coding
    words: Sentence
