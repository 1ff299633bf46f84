"""The demonstration: a made-up practice with a made-up day, in a data folder of its own."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from carewright.core.clock import wall_now
from carewright.core.store.store import Store

PRACTICE = "demo"
PRACTICE_NAME = "Riverside Family Practice"
SITE_ZONE = ZoneInfo("America/New_York")
OPENS_AT = time(10, 40)
"""The demonstration day opens in mid-morning, with patients in every state of a visit."""
SEED = 1
DAY = date(2026, 11, 23)

Told = Callable[[str, int], None]


def opening(day: date) -> datetime:
    """The clinical time at which the demonstration opens."""
    return datetime.combine(day, OPENS_AT, tzinfo=SITE_ZONE)


def clock_offset(day: date) -> timedelta:
    """What clinical time must be ahead of the wall clock for the day to open now."""
    return opening(day) - wall_now()


def prepare(store: Store, *, seed: int, day: date, told: Told = lambda label, done: None) -> None:
    """Make the practice and its day, once: what is there already is left as it is. `told` hears of progress."""
    store.ensure_practice(PRACTICE, PRACTICE_NAME)
    told("practice", 1)
