from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.shell.ages import Age, AgeUnit, age, born_between, whole_months

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ("2026-11-23", "0 days"),
        ("2026-11-22", "1 day"),
        ("2026-10-27", "27 days"),
        ("2026-10-26", "4 wk"),
        ("2026-08-25", "12 wk"),
        ("2026-08-24", "2 mo"),
        ("2025-08-21", "15 mo"),
        ("2024-11-24", "23 mo"),
        ("2024-11-23", "2 y"),
        ("1993-11-24", "32 y"),
        ("1993-11-23", "33 y"),
        ("1993-11", "about 33 y"),
        ("1993", "about 33 y"),
        ("2026", "about 10 mo"),
    ],
)
def test_age_words_at_the_boundaries(born: str, words: str) -> None:
    assert str(age(born=born, on=DAY)) == words


def test_month_known_and_no_doubt_left_is_exact() -> None:
    assert age(born="1993-02", on=DAY) == Age(value=33, unit=AgeUnit.YEARS)


def test_born_at_the_end_of_a_long_month() -> None:
    assert whole_months(born=date(2026, 1, 31), on=date(2026, 2, 28)) == 0
    assert whole_months(born=date(2026, 1, 31), on=date(2026, 3, 1)) == 1


@pytest.mark.parametrize("born", ["", "11/23/2026", "2026-13", "2026-02-30", "2026-11-23T10:00:00Z"])
def test_what_is_no_birth_date_is_refused(born: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        age(born=born, on=DAY)


def test_born_in_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        age(born="2026-11-24", on=DAY)


@given(born=st.dates(date(1900, 1, 1), date(2099, 12, 31)), days=st.integers(0, 40_000))
def test_nobody_gets_younger(born: date, days: int) -> None:
    order = list(AgeUnit)
    on = born + timedelta(days=days)
    before, after = (age(born=born.isoformat(), on=day) for day in (on, on + timedelta(days=1)))
    assert (order.index(before.unit), before.value) <= (order.index(after.unit), after.value)


@given(born=st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_partial_date_contains_the_whole_one(born: date) -> None:
    for partial in (born.isoformat(), born.isoformat()[:7], born.isoformat()[:4]):
        first, last = born_between(partial)
        assert first <= born <= last
