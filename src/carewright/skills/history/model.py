"""What the chart holds from before, as lines to read."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """A part of the history; the value is the end of its address."""

    PROBLEMS = "problems"
    MEDICINES = "medicines"
    VACCINES = "vaccines"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. `on` is a FHIR date or dateTime as written ("" where unknown); `detail` a dose, a lot, a status.

    `active` is False for what is over (a resolved problem, a stopped medicine, a dose that was not given).
    """

    id: str
    words: str
    on: str = ""
    detail: str = ""
    active: bool = True
