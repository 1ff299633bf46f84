"""The product's clock: moved, and in the demonstration perhaps faster than the wall's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carewright.core.clock import Clock
from carewright.project.environment import BadEnvironment, Environment

WALL = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
TEN_FORTY = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)


def test_a_faster_clock_goes_on_from_where_it_was_set() -> None:
    clock = Clock.set_to(TEN_FORTY, wall=lambda: WALL, rate=60)
    assert clock.now() == TEN_FORTY
    assert clock.at(WALL + timedelta(seconds=10)) == TEN_FORTY + timedelta(minutes=10)
    assert clock.at(WALL - timedelta(seconds=10)) == TEN_FORTY - timedelta(seconds=10), "before, it ran like the wall's"


def test_an_ordinary_clock_is_moved_only() -> None:
    clock = Clock.set_to(TEN_FORTY, wall=lambda: WALL)
    assert clock.at(WALL + timedelta(seconds=10)) == TEN_FORTY + timedelta(seconds=10)
    assert Clock(wall=lambda: WALL).now() == WALL


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_time_runs_forward(rate: float) -> None:
    with pytest.raises(ValueError, match="forward"):
        Clock(rate=rate, since=WALL)


def test_a_faster_clock_says_since_when() -> None:
    with pytest.raises(ValueError, match="since when"):
        Clock(rate=2)


def test_every_process_that_is_told_the_same_shows_the_same(tmp_path: Path) -> None:
    told = {
        "CARE_DATA_DIR": str(tmp_path), "CARE_CLOCK_OFFSET": "-3600", "CARE_CLOCK_RATE": "600",
        "CARE_CLOCK_SINCE": WALL.isoformat(),
    }  # fmt: skip
    later = WALL + timedelta(seconds=60)
    assert Environment.read(told).clock.at(later) == WALL - timedelta(hours=1) + timedelta(hours=10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CARE_CLOCK_RATE": "fast"},
        {"CARE_CLOCK_RATE": "0"},
        {"CARE_CLOCK_RATE": "1000000"},
        {"CARE_CLOCK_RATE": "2"},
        {"CARE_CLOCK_RATE": "2", "CARE_CLOCK_SINCE": "noon"},
        {"CARE_CLOCK_RATE": "2", "CARE_CLOCK_SINCE": "2026-11-24T00:00:00"},
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(BadEnvironment, match="CARE_CLOCK_"):
        Environment.read({"CARE_DATA_DIR": str(tmp_path), **wrong})
