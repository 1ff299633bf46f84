"""Two clocks. Recorded times (lastUpdated, audit, sessions) are wall time; clinical times are the product's clock.

The product clock can be set, so that the demonstration day and the tests stand at a known moment. It runs on from
the moment it was set to, in the demonstration perhaps faster than the wall's. Nothing else in the product asks the
operating system for the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def wall_now() -> datetime:
    """The wall clock: an aware instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Clinical time: the wall clock moved by an offset (zero in a real clinic).

    `rate` is how many clinical seconds pass in one of the wall's, from the wall's instant `since` on, at which the
    offset held: clinical time = wall + offset + (rate - 1) x (wall - since). A real clinic's is 1.
    """

    offset: timedelta = timedelta(0)
    rate: float = 1.0
    since: datetime | None = None
    wall: Callable[[], datetime] = field(default=wall_now, repr=False)

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError("Time runs forward.")
        if self.rate != 1 and (self.since is None or self.since.tzinfo is None):
            raise ValueError("A clock that runs faster says since when: an instant with a time zone.")

    @classmethod
    def set_to(cls, instant: datetime, *, wall: Callable[[], datetime] = wall_now, rate: float = 1.0) -> "Clock":
        """A clock that shows `instant` (aware) now and runs on from there."""
        if instant.tzinfo is None:
            raise ValueError("The clock is set to an instant with a time zone.")
        now = wall()
        return cls(offset=instant - now, rate=rate, since=now, wall=wall)

    def now(self) -> datetime:
        return self.at(self.wall())

    def at(self, recorded: datetime) -> datetime:
        """What this clock showed, or will show, at an instant of the wall clock (aware)."""
        if self.rate == 1 or self.since is None or recorded <= self.since:
            return recorded + self.offset
        return recorded + self.offset + (recorded - self.since) * (self.rate - 1)
