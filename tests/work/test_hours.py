"""Open hours: weekends, holidays, the change of the clock, sites that never open."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.work.hours import HOLIDAY, OFFICE, TIME_ZONE, Hours, hours_of
from tests.work.conftest import NEW_YORK, local

WEEKDAYS = Hours(zone=NEW_YORK, week=OFFICE, holidays=frozenset({date(2026, 11, 26)}))
HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2026, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001 - hypothesis takes bounds without a zone


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        pytest.param("2026-11-23 10:40", 2 * HOUR, "2026-11-23 12:40", id="within a day"),
        pytest.param("2026-11-23 16:30", 2 * HOUR, "2026-11-24 09:30", id="over night"),
        pytest.param("2026-11-20 16:30", HOUR, "2026-11-23 08:30", id="over the weekend"),
        pytest.param("2026-11-25 16:30", HOUR, "2026-11-27 08:30", id="over Thanksgiving"),
        pytest.param("2026-11-21 12:00", timedelta(0), "2026-11-23 08:00", id="nothing, on a Saturday"),
        pytest.param("2026-11-23 17:00", timedelta(0), "2026-11-24 08:00", id="nothing, at closing time"),
        pytest.param("2026-11-23 06:00", 9 * HOUR, "2026-11-23 17:00", id="a whole day, to its end"),
        pytest.param("2026-11-23 08:00", 45 * HOUR, "2026-11-30 17:00", id="a week with a holiday in it"),
    ],
)
def test_open_time_is_counted_in_open_hours(start: str, amount: timedelta, end: str) -> None:
    assert WEEKDAYS.after(local(start), amount) == local(end)


NIGHT = Hours(zone=NEW_YORK, week={day: ((time(22), time(0)), (time(0), time(6))) for day in range(7)})


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        pytest.param("2026-10-31 23:00", 8, "2026-11-01 06:00", id="autumn: one hour comes twice"),
        pytest.param("2026-11-01 23:00", 7, "2026-11-02 06:00", id="the night after"),
        pytest.param("2027-03-13 23:00", 6, "2027-03-14 06:00", id="spring: one hour is not there"),
        pytest.param("2027-03-13 23:00", 7, "2027-03-14 23:00", id="and one more is the next night's"),
    ],
)
def test_a_night_shift_over_the_change_of_the_clock(start: str, hours: int, end: str) -> None:
    assert NIGHT.after(local(start), hours * HOUR) == local(end)


def test_a_morning_shift_on_the_day_the_clock_goes_forward() -> None:
    early = Hours(zone=NEW_YORK, week={6: ((time(1), time(5)),)})
    one_am = datetime(2027, 3, 14, 6, tzinfo=UTC)
    assert early.after(one_am, 2 * HOUR) == one_am + 2 * HOUR, "1 AM + 2 h is 4 AM on that day"
    assert (early.after(one_am, 2 * HOUR)).astimezone(NEW_YORK).hour == 4


@given(
    start=st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    minutes=st.integers(0, 60 * 60),
    more=st.integers(0, 600),
)
def test_counting_is_monotonic_additive_and_ends_in_open_time(start: datetime, minutes: int, more: int) -> None:
    first = WEEKDAYS.after(start, timedelta(minutes=minutes))
    both = WEEKDAYS.after(start, timedelta(minutes=minutes + more))
    assert start <= first <= both
    assert WEEKDAYS.is_open(first) or WEEKDAYS.is_open(first - timedelta(seconds=1))
    if minutes:  # from the end of a day, "nothing more" is the next morning
        assert both == first or WEEKDAYS.after(first, timedelta(minutes=more)) == both


def test_a_site_that_never_opens_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="no open hours"):
        Hours(zone=NEW_YORK, week={}).after(local("2026-11-23 10:40"), HOUR)


@pytest.mark.parametrize(("days", "end"), [(0, "2026-11-25 17:00"), (1, "2026-11-27 17:00"), (2, "2026-11-30 17:00")])
def test_the_end_of_a_working_day(days: int, end: str) -> None:
    assert WEEKDAYS.end_of_working_day(local("2026-11-25 16:00"), days=days) == local(end)


def test_hours_are_read_from_the_site() -> None:
    site = {
        "resourceType": "Location",
        "extension": [
            {"url": TIME_ZONE, "valueCode": "America/Chicago"},
            {"url": HOLIDAY, "valueDate": "2026-12-25"},
        ],
        "hoursOfOperation": [
            {"daysOfWeek": ["sat"], "openingTime": "09:00:00", "closingTime": "12:00:00"},
            {"daysOfWeek": ["sun"], "allDay": True},
        ],
    }
    hours = hours_of(site)
    assert hours.zone == ZoneInfo("America/Chicago")
    assert hours.week == {5: ((time(9), time(12)),), 6: ((time(0), time(0)),)}
    assert not hours.is_working_day(date(2026, 12, 25))
    assert hours.is_open(datetime(2026, 11, 22, 23, 59, tzinfo=ZoneInfo("America/Chicago")))
    assert hours_of(None).week == OFFICE
    assert hours_of({"extension": [{"url": TIME_ZONE, "valueCode": "Moon/Sea"}]}).zone == ZoneInfo("UTC")
