"""A call for help as values: where, who is needed, and its record, line by line with times. No patient, ever."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What a line of the record says."""

    CALLED = "called"
    COMING = "coming"
    NOTED = "noted"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the record. `by` is a reference, `who` the name; `words` is empty unless somebody wrote a note."""

    event: Event
    at: datetime
    by: str
    who: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call for help. `room` and `site` are ids of Locations; `job` a code of ours; `lines` in the order of time."""

    id: str = ""
    site: str
    room: str
    room_name: str
    job: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not self.lines or self.lines[0].event is not Event.CALLED:
            raise ValueError("The record of a call begins with the call.")
        if any(line.at.tzinfo is None for line in self.lines):
            raise ValueError("The times of a record carry their zone.")

    @property
    def called(self) -> Line:
        return self.lines[0]

    @property
    def over_at(self) -> datetime | None:
        """When it was over; None while it is not."""
        return next((line.at for line in self.lines if line.event is Event.OVER), None)

    @property
    def coming(self) -> tuple[str, ...]:
        """The names of those who said that they are coming, in that order."""
        return tuple(dict.fromkeys(line.who for line in self.lines if line.event is Event.COMING))
