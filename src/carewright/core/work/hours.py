"""When a site is open, and what "four working hours from now" means there: holidays, weekends, the clock's change.

A site is a Location: `hoursOfOperation` gives its week (https://hl7.org/fhir/R4/location.html), our extension its
holidays. Amounts of open time are counted on the clock of the universe, so an hour that the change of the clock takes
away or gives twice is counted as it passes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import OWN_EXTENSIONS

HOLIDAY = OWN_EXTENSIONS + "site-holiday"
"""On the Location of a site: a day on which it is closed (valueDate)."""
TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Stretch = tuple[time, time]
OFFICE: Mapping[int, tuple[Stretch, ...]] = {day: ((time(8), time(17)),) for day in range(5)}
"""Where a site says nothing: Monday to Friday, 8 AM to 5 PM."""
FARTHEST = timedelta(days=400)
"""A site that is closed longer than this has no hours to count in."""
MIDNIGHT = time(0)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The open hours of a site. `week` maps the weekday (0 Monday) to stretches; one that ends at midnight ends the
    day."""

    zone: ZoneInfo
    week: Mapping[int, tuple[Stretch, ...]] = field(default_factory=lambda: OFFICE)
    holidays: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether the site is open at `at`, an aware instant."""
        return any(low <= at < high for low, high in self._of_day(at.astimezone(self.zone).date()))

    def is_working_day(self, day: date) -> bool:
        return day not in self.holidays and bool(self.week.get(day.weekday()))

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The instant at which the site has been open for `amount` since `start`; ValueError if it never opens.

        No time at all is the next moment at which it is open.
        """
        left, start = amount, start.astimezone(UTC)  # in a zone, adding goes by the hands of the clock
        for low, high in self._from(start):
            begin = max(low, start)
            if left <= high - begin and not (left == timedelta(0) and begin == high):
                return (begin + left).astimezone(self.zone)
            left -= high - begin
        raise ValueError("This site has no open hours within a year: nothing can come due by them.")

    def end_of_working_day(self, start: datetime, *, days: int = 0) -> datetime:
        """When the site closes on the working day that holds or follows `start`, `days` working days further on."""
        left = days
        last: datetime | None = None
        for low, high in self._from(start):
            day = low.astimezone(self.zone).date()
            if last is not None and last.astimezone(self.zone).date() != day:
                if left == 0:
                    return last
                left -= 1
            last = high
        raise ValueError("This site has no open hours within a year: nothing can come due by them.")

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches that end after `start`, in order."""
        first = start.astimezone(self.zone).date()
        for n in range(FARTHEST.days):
            yield from ((low, high) for low, high in self._of_day(first + timedelta(days=n)) if high > start)

    def _of_day(self, day: date) -> list[tuple[datetime, datetime]]:
        if day in self.holidays:
            return []
        return [
            (self._instant(day, low), self._instant(day + timedelta(days=1) if high == MIDNIGHT else day, high))
            for low, high in sorted(self.week.get(day.weekday(), ()))
        ]

    def _instant(self, day: date, wall: time) -> datetime:
        """In UTC, where differences are what has passed."""
        return datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)


def hours_of(location: Resource | None, *, zone: ZoneInfo | None = None) -> Hours:
    """The hours of a site's Location; office hours where it names none, `zone` (UTC) where it names no zone."""
    place = location or {}
    holidays = _values(place, HOLIDAY, "valueDate")
    return Hours(
        zone=_zone(_values(place, TIME_ZONE, "valueCode")) or zone or ZoneInfo("UTC"),
        week=_week(place.get("hoursOfOperation", ())) or OFFICE,
        holidays=frozenset(date.fromisoformat(day) for day in holidays if len(day) == len("2026-11-26")),
    )


def _week(listed: Iterable[Resource]) -> dict[int, tuple[Stretch, ...]]:
    week: dict[int, list[Stretch]] = {}
    for entry in listed:
        opens, closes = entry.get("openingTime"), entry.get("closingTime")
        stretch = (
            (MIDNIGHT, MIDNIGHT)
            if entry.get("allDay")
            else (time.fromisoformat(opens), time.fromisoformat(closes))
            if opens and closes
            else None
        )
        for day in entry.get("daysOfWeek", ()) if stretch else ():
            if day in DAYS and stretch:
                week.setdefault(DAYS.index(day), []).append(stretch)
    return {day: tuple(sorted(stretches)) for day, stretches in week.items()}


def _values(resource: Resource, url: str, name: str) -> list[str]:
    return [str(e[name]) for e in resource.get("extension", ()) if e.get("url") == url and name in e]


def _zone(named: list[str]) -> ZoneInfo | None:
    try:
        return ZoneInfo(named[0]) if named else None
    except (ValueError, KeyError, OSError):
        return None
