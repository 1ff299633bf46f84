"""May somebody do a task today: by role, by credential, and never a minute after it has lapsed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.delegation import Credential, Days, Held, HeldRole, may
from carewright.core.access.model import Role
from carewright.core.registry import TaskCode

CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 11, 23, 12, tzinfo=CHICAGO)
ROOMING = TaskCode(code="room", display="Rooming", roles=frozenset({Role.MA, Role.NURSE}))
INJECTION = TaskCode(code="inject", display="Injection", roles=frozenset({Role.MA}), competency="CMA")


def held(*credentials: Credential, role: Role = Role.MA, site: str | None = None, days: Days | None = None) -> Held:
    return Held(roles=(HeldRole(role=role, site=site, days=days or Days()),), credentials=credentials)


def cma(starts_on: date | None = None, ends_on: date | None = None) -> Credential:
    return Credential(code="CMA", name="Certified Medical Assistant", days=Days(starts_on=starts_on, ends_on=ends_on))


def test_a_role_that_the_task_names_may_do_it() -> None:
    decision = may(held(), ROOMING, at=NOON)
    assert decision.allowed
    assert str(decision.reason) == "Rooming is part of your role: Medical assistant."


def test_another_role_may_not_and_is_told_whose_task_it_is() -> None:
    decision = may(held(role=Role.FRONT_DESK), ROOMING, at=NOON)
    assert not decision.allowed
    assert str(decision.reason) == "Rooming is for: Medical assistant, Nurse. Your role here: Front desk."


def test_nobody_without_a_role() -> None:
    assert may(Held(), ROOMING, at=NOON) == may(held(days=Days(ends_on=date(2026, 11, 22))), ROOMING, at=NOON)
    assert not may(Held(), ROOMING, at=NOON).allowed


def test_a_role_at_another_site_does_not_count_here() -> None:
    assert may(held(site="main"), ROOMING, at=NOON, site="main").allowed
    assert not may(held(site="lakeview"), ROOMING, at=NOON, site="main").allowed
    assert may(held(site=None), ROOMING, at=NOON, site="main").allowed


def test_a_credential_lapses_at_midnight_of_the_site_and_not_of_greenwich() -> None:
    person = held(cma(ends_on=date(2026, 11, 30)))
    last_minute = datetime(2026, 11, 30, 23, 59, 59, tzinfo=CHICAGO)
    assert last_minute.astimezone(UTC).date() == date(2026, 12, 1)
    allowed = may(person, INJECTION, at=last_minute)
    assert allowed.allowed
    assert str(allowed.reason) == "Injection needs CMA. Certified Medical Assistant is current through 11/30/2026."
    refused = may(person, INJECTION, at=last_minute + timedelta(seconds=1))
    assert not refused.allowed
    assert "lapsed at the end of 11/30/2026" in str(refused.reason)


def test_a_credential_that_begins_tomorrow_does_not_count_today() -> None:
    person = held(cma(starts_on=date(2026, 11, 24)))
    assert "begins on 11/24/2026" in str(may(person, INJECTION, at=NOON).reason)
    assert may(person, INJECTION, at=datetime(2026, 11, 24, tzinfo=CHICAGO)).allowed


def test_a_missing_credential_is_named() -> None:
    decision = may(held(Credential(code="CPR", name="Basic Life Support")), INJECTION, at=NOON)
    assert not decision.allowed
    assert "needs CMA. None is on record" in str(decision.reason)


def test_a_credential_without_the_role_is_not_enough() -> None:
    assert not may(held(cma(), role=Role.BILLER), INJECTION, at=NOON).allowed


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        may(held(), ROOMING, at=datetime(2026, 11, 23, 12))  # noqa: DTZ001 - the missing zone is the point


DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 1, 1))


@given(st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS), max_size=4), DAYS)
def test_one_current_credential_among_any_is_enough_and_needed(
    spans: list[tuple[date | None, date | None]], day: date
) -> None:
    person = held(*(cma(start, end) for start, end in spans))
    current = any((start is None or start <= day) and (end is None or day <= end) for start, end in spans)
    decision = may(person, INJECTION, at=datetime(day.year, day.month, day.day, 8, tzinfo=CHICAGO))
    assert decision.allowed == current
    assert "Injection needs CMA." in str(decision.reason)
