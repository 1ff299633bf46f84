"""How long each kind of waiting may last: a setting of the practice or the site, in minutes.

The defaults are a starting point, not a rule from elsewhere: what is long differs between a walk-in clinic and a
practice with hour-long visits, so every site chooses its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from carewright.core.settings.model import OF_SITE, Kind, Setting
from carewright.shell.components import Level

LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Limits:
    """Minutes in a status after which the row is marked, and after which it is an alarm."""

    warn: int
    late: int

    def level(self, minutes: int) -> Level:
        if minutes >= self.late:
            return Level.CRITICAL
        return Level.WARN if minutes >= self.warn else Level.PLAIN


Thresholds = Mapping[str, Limits]

DEFAULTS: Thresholds = {
    "waiting": Limits(15, 25),
    "mask": Limits(1, 5),
    "rooming": Limits(15, 25),
    "ready": Limits(10, 20),
    "with-provider": Limits(30, 45),
    "orders": Limits(10, 20),
    "checking-out": Limits(10, 20),
    "booked": Limits(5, 15),
}
"""By board status; `mask` is somebody masked who waits, `booked` somebody who is not here at the appointed time."""


def _read(value: object) -> Thresholds:
    if not isinstance(value, dict) or not set(value) <= set(DEFAULTS):
        raise TypeError("minutes by status expected")
    return {**DEFAULTS, **{name: Limits(*_pair(minutes)) for name, minutes in value.items()}}


def _pair(value: object) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(type(part) is int for part in value):
        raise TypeError("two whole numbers of minutes expected")
    return value[0], value[1]


def _write(value: Thresholds) -> object:
    return {name: [limits.warn, limits.late] for name, limits in value.items()}


def _fault(value: Thresholds) -> str | None:
    if all(0 < limits.warn < limits.late <= LONGEST_MINUTES for limits in value.values()):
        return None
    return f"each needs two times in minutes, the second longer than the first, at most {LONGEST_MINUTES}."


WAIT_MINUTES: Setting[Thresholds] = Setting(
    name="board.wait-minutes",
    kind=Kind(name="pair of minutes for each status", read=_read, write=_write),
    default=DEFAULTS,
    doc="After how many minutes in a status a row of the flow board is marked, and after how many it is an alarm.",
    levels=OF_SITE,
    unit="min",
    check=_fault,
)
