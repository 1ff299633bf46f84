"""A room, the state of its turnover, and the waits a clinic defines, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding


class RoomState(StrEnum):
    """From one patient to the next: occupied → dirty → cleaned → stocked → ready."""

    READY = "ready"
    OCCUPIED = "occupied"
    DIRTY = "dirty"
    CLEANED = "cleaned"
    STOCKED = "stocked"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A Location of kind room. `isolation` says that it was used by somebody masked and wants the longer cleaning."""

    id: str
    name: str
    site: str
    state: RoomState
    since: datetime
    by: str | None = None
    isolation: bool = False
    organization: str | None = None

    def __post_init__(self) -> None:
        if self.since.tzinfo is None:
            raise ValueError("A room's state began at an instant with a time zone.")


@dataclass(frozen=True, kw_only=True)
class RoomStep:
    """One allowed change of a room's state."""

    action: str
    words: str
    sources: tuple[RoomState, ...]
    target: RoomState


class RoomRefused(Exception):
    """The step is not in the table. `reason` is a sentence for the screen."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class WaitKind:
    """A clinic-defined wait: due after `minutes`, late after `late_after` more. `source` is that of the minutes."""

    coding: Coding
    minutes: int
    late_after: int = 10
    source: str = "site setting"

    def __post_init__(self) -> None:
        if self.minutes <= 0 or self.late_after <= 0:
            raise ValueError("A wait takes time.")


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One running wait of one patient. `ended_at` is None while it runs."""

    kind: WaitKind
    patient: str
    encounter: str
    started_at: datetime
    ended_at: datetime | None = None
    started_by: str | None = None
    cancelled: bool = False
    id: str = ""

    @property
    def due_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.kind.minutes)


class WaitClock(StrEnum):
    RUNNING = "running"
    DUE = "due"
    LATE = "late"
    OVER = "over"
