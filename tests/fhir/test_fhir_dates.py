"""A date names a stretch of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.dates import MAX_INSTANT, MIN_INSTANT, interval, period_interval, timing_interval


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1)),
        ("2026-11", at(2026, 11, 1), at(2026, 12, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2028-02-29", at(2028, 2, 29), at(2028, 3, 1)),
        ("2026-12-31", at(2026, 12, 31), at(2027, 1, 1)),
        ("2026-11-23T10:00Z", at(2026, 11, 23, 10), at(2026, 11, 23, 10, 1)),
        ("2026-11-23T10:00:01-05:00", at(2026, 11, 23, 15, 0, 1), at(2026, 11, 23, 15, 0, 2)),
        ("2026-11-23T10:00:01", at(2026, 11, 23, 10, 0, 1), at(2026, 11, 23, 10, 0, 2)),
        ("2026-11-23T10:00:01.5Z", at(2026, 11, 23, 10, 0, 1, 500_000), at(2026, 11, 23, 10, 0, 1, 600_000)),
        ("2026-11-23T10:00:01.250Z", at(2026, 11, 23, 10, 0, 1, 250_000), at(2026, 11, 23, 10, 0, 1, 251_000)),
        ("2026-11-23T10:00:01.1234567Z", at(2026, 11, 23, 10, 0, 1, 123_456), at(2026, 11, 23, 10, 0, 1, 123_457)),
        ("2016-12-31T23:59:60Z", at(2016, 12, 31, 23, 59, 59), at(2017, 1, 1)),
        ("9999", at(9999, 1, 1), MAX_INSTANT),
        ("9999-12-31T23:59:59-12:00", MAX_INSTANT, MAX_INSTANT),
        ("0001", MIN_INSTANT, at(2, 1, 1)),
        ("0001-01-01T00:00:00+14:00", MIN_INSTANT, MIN_INSTANT),
    ],
)
def test_a_value_names_its_stretch(value, low, high):
    assert interval(value) == (low, high)


@pytest.mark.parametrize(
    "value",
    [
        "", "26", "0000", "2026-13", "2026-02-30", "2026-1-1", "2026-11-23T", "2026-11-23T10", "2026-11-23T24:00:00Z",
        "2026-11-23T10:60:00Z", "2026-11-23T10:00:61Z", "2026-11-23T10:00:00+15:00", "2026-11-23 10:00:00Z",
        "2026-11-23T10:00:00.Z", "२०२६", "2026-11-23T10:00:00z", "today", "2026-11-23Z",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011 - any words will do
        interval(value)


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - a bound, taken without a zone
def test_any_second_in_any_zone_is_one_second_long(moment, minutes):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None)
    low, high = interval(f"{local.isoformat()}{sign}{hours:02}:{rest:02}")
    assert (low, high) == (moment, moment + timedelta(seconds=1))


@given(st.dates())
def test_a_day_lies_in_its_month_and_its_year(day):
    text = day.isoformat()
    low, high = interval(text)
    for shorter in (text[:7], text[:4]):
        outer = interval(shorter)
        assert outer[0] <= low <= high <= outer[1]


def test_a_period_is_open_where_it_says_nothing():
    assert period_interval({"start": "2026-11-23", "end": "2026-11-24"}) == (at(2026, 11, 23), at(2026, 11, 25))
    assert period_interval({"start": "2026-11-23"}) == (at(2026, 11, 23), MAX_INSTANT)
    assert period_interval({"end": "2026-11-23"}) == (MIN_INSTANT, at(2026, 11, 24))


def test_a_timing_has_outer_limits_or_none():
    assert timing_interval({"event": ["2026-11-25", "2026-11-23"]}) == (at(2026, 11, 23), at(2026, 11, 26))
    bounds = {"repeat": {"boundsPeriod": {"start": "2026-11-23"}}}
    assert timing_interval(bounds) == (at(2026, 11, 23), MAX_INSTANT)
    assert timing_interval({"repeat": {"frequency": 2}}) is None
