"""Times as the clinic writes them: 10:42 AM, 11/23/2026, "34 min", "1 h 20 min".

Plain Python: instants, dates and the site's style in, text out. Instants are aware; the site's time zone decides
the day and the hour. English only: `templatetags/shell.py` puts the words into the reader's language.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class SiteClock:
    """How one site reads the clock: its time zone, and whether it writes 10:42 AM or 10:42 (24 hours)."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/New_York"))
    hours: int = 12
    day_first: bool = False

    def __post_init__(self) -> None:
        if self.hours not in (12, 24):
            raise ValueError("A clock has 12 or 24 hours.")

    def local(self, instant: datetime) -> datetime:
        """`instant` in the site's zone; ValueError if it carries no zone."""
        if instant.tzinfo is None:
            raise ValueError("An instant without a time zone cannot be shown.")
        return instant.astimezone(self.zone)

    def time(self, instant: datetime) -> str:
        """'10:42 AM', or '22:42' on a clock of 24 hours."""
        local = self.local(instant)
        if self.hours == 24:
            return f"{local:%H:%M}"
        return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"

    def date(self, day: date | datetime) -> str:
        """'11/23/2026', or '23/11/2026' where the day comes first. An instant is taken on the site's day."""
        if isinstance(day, datetime):
            day = self.local(day).date()
        parts = (day.day, day.month) if self.day_first else (day.month, day.day)
        return f"{parts[0]:02}/{parts[1]:02}/{day.year:04}"

    def partial_date(self, fhir_date: str) -> str:
        """A FHIR date of any precision: '11/23/2026', '11/2026', '2026'. ValueError if it is none."""
        parts = fhir_date.split("-")
        if len(parts) == 3:
            return self.date(date.fromisoformat(fhir_date))
        if len(parts) == 2:
            return f"{int(parts[1]):02}/{int(parts[0]):04}"
        return f"{int(parts[0]):04}"


@dataclass(frozen=True)
class Wait:
    """A span of waiting in whole minutes, never below zero: a clock that was set back must not show -1 min."""

    minutes: int

    @classmethod
    def between(cls, *, since: datetime, now: datetime) -> "Wait":
        return cls(max(0, (now - since) // timedelta(minutes=1)))

    @property
    def hours_and_minutes(self) -> tuple[int, int]:
        return divmod(self.minutes, 60)

    def __str__(self) -> str:
        hours, minutes = self.hours_and_minutes
        if not hours:
            return f"{minutes} min"
        return f"{hours} h {minutes} min"
