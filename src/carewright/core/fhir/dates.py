"""FHIR dates and times as stretches of time: half-open intervals of UTC instants.

A date is not a moment: "2026" is the whole year, "2026-11-23" the whole day, a time with seconds that second. Search
compares these stretches. A date, or a time without a zone, is read as UTC, so both engines agree on every row.

FHIR R4: https://hl7.org/fhir/R4/datatypes.html#dateTime, https://hl7.org/fhir/R4/search.html#date
"""

import re
from datetime import UTC, datetime, timedelta

from carewright.core.fhir.model import Resource

MIN_INSTANT = datetime(1, 1, 2, tzinfo=UTC)
"""Stands for "since ever"; a day inside Python's range, so that any time zone can show it."""
MAX_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "no end"."""

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?", re.ASCII
)
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_MINUTE, _SECOND, _DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

Interval = tuple[datetime, datetime]


def interval(value: str) -> Interval:
    """The stretch [low, high) that a date, dateTime, instant or partial date names; ValueError if it is none.

    Minutes without seconds are accepted because searches may be written so. Fractions finer than a microsecond are
    cut to it, and a leap second is the second before it.
    """
    if len(value) <= len("2026-11-23"):
        low, high = _of_date(value)
    else:
        low, high = _of_time(value)
    return max(low, MIN_INSTANT), min(high, MAX_INSTANT)


def period_interval(period: Resource) -> Interval:
    """The stretch of a Period; a missing start or end is open (MIN_INSTANT, MAX_INSTANT)."""
    start, end = period.get("start"), period.get("end")
    return (interval(start)[0] if start else MIN_INSTANT), (interval(end)[1] if end else MAX_INSTANT)


def timing_interval(timing: Resource) -> Interval | None:
    """The outer limits of a Timing: its events and bounds; None where it has neither (every second day, for ever)."""
    parts = [interval(event) for event in timing.get("event", ()) if event]
    bounds = timing.get("repeat", {}).get("boundsPeriod")
    if bounds:
        parts.append(period_interval(bounds))
    return (min(low for low, _ in parts), max(high for _, high in parts)) if parts else None


def _of_date(value: str) -> Interval:
    found = _DATE.fullmatch(value)
    if not found:
        raise ValueError("A date is written 2026, 2026-11 or 2026-11-23.")
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    low = datetime(year, month, day, tzinfo=UTC)
    if found[3]:
        return low, low + _DAY if low < MAX_INSTANT else MAX_INSTANT
    if found[2]:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    else:
        year += 1
    return low, datetime(year, month, 1, tzinfo=UTC) if year <= MAX_INSTANT.year else MAX_INSTANT


def _of_time(value: str) -> Interval:
    found = _TIME.fullmatch(value)
    if not found:
        raise ValueError("A time is written 2026-11-23T10:42:00-05:00.")
    minute, second, fraction, zone = found.groups()
    low = datetime.fromisoformat(minute + (zone or "Z"))
    try:
        low = low.astimezone(UTC)
    except OverflowError:
        return (MIN_INSTANT, MIN_INSTANT) if low.year == 1 else (MAX_INSTANT, MAX_INSTANT)
    if second is None:
        return low, _later(low, _MINUTE)
    if second > "60":
        raise ValueError("A time has seconds from 00 to 60.")
    low += timedelta(seconds=min(int(second), 59))
    if fraction is None:
        return low, _later(low, _SECOND)
    low += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    return low, _later(low, max(timedelta(microseconds=10 ** (6 - min(len(fraction), 6))), _MICROSECOND))


def _later(low: datetime, width: timedelta) -> datetime:
    return low + width if low < MAX_INSTANT else MAX_INSTANT
