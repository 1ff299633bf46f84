"""Two clocks. Recorded times (lastUpdated, audit, sessions) are wall time; clinical times are the product's clock.

The product clock can be set, so that the demonstration day and the tests stand at a known moment. It runs on from
the moment it was set to. Nothing else in the product asks the operating system for the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def wall_now() -> datetime:
    """The wall clock: an aware instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Clinical time: the wall clock moved by a fixed offset (zero in a real clinic)."""

    offset: timedelta = timedelta(0)
    wall: Callable[[], datetime] = field(default=wall_now, repr=False)

    @classmethod
    def set_to(cls, instant: datetime, *, wall: Callable[[], datetime] = wall_now) -> "Clock":
        """A clock that shows `instant` (aware) now and runs on from there."""
        if instant.tzinfo is None:
            raise ValueError("The clock is set to an instant with a time zone.")
        return cls(offset=instant - wall(), wall=wall)

    def now(self) -> datetime:
        return self.wall() + self.offset
