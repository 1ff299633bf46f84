from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.shell.times import SiteClock, Wait

CHICAGO = SiteClock(zone=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize(
    ("hour", "words"), [(6, "12:42 AM"), (16, "10:42 AM"), (18, "12:42 PM"), (23, "5:42 PM"), (5, "11:42 PM")]
)
def test_time_on_a_clock_of_twelve_hours(hour: int, words: str) -> None:
    assert CHICAGO.time(datetime(2026, 11, 23, hour, 42, tzinfo=UTC)) == words


def test_time_on_a_clock_of_twenty_four_hours() -> None:
    assert (
        SiteClock(zone=ZoneInfo("America/Chicago"), hours=24).time(datetime(2026, 11, 23, 23, 5, tzinfo=UTC)) == "17:05"
    )


def test_the_site_decides_the_day() -> None:
    late = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert CHICAGO.date(late) == "11/23/2026"
    assert CHICAGO.date(date(2026, 1, 4)) == "01/04/2026"
    assert SiteClock(day_first=True).date(date(2026, 1, 4)) == "04/01/2026"


def test_a_birth_date_is_shown_as_precisely_as_it_is_known() -> None:
    assert [CHICAGO.partial_date(d) for d in ("2025-08-21", "2025-08", "2025")] == ["08/21/2025", "08/2025", "2025"]


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        CHICAGO.time(datetime(2026, 11, 23, 10, 42))  # noqa: DTZ001  # the mistake under test


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (34, "34 min"), (59, "59 min"), (60, "1 h 0 min"), (80, "1 h 20 min"), (1441, "24 h 1 min")],
)
def test_wait_words(minutes: int, words: str) -> None:
    assert str(Wait(minutes)) == words


@given(seconds=st.integers(-10_000, 1_000_000))
def test_a_wait_is_whole_minutes_and_never_negative(seconds: int) -> None:
    since = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    wait = Wait.between(since=since, now=since + timedelta(seconds=seconds))
    assert wait.minutes == max(0, seconds // 60)
