"""One leg of what is owed: values only, so that a skill's pure rules can say which leg a record is on (owed.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from carewright.core.terminology.coding import Coding
from carewright.core.work.model import Kind, Pool, Priority


@dataclass(frozen=True, kw_only=True)
class Leg:
    """What happens next to a record, who does it, and by when.

    `within` is counted from the moment the leg begins: in the open hours of the site, or (`any_hour`) by the clock on
    the wall. `due_at` says it outright; `not_before` keeps it off the lists until then.
    """

    code: Coding
    pool: Pool | None
    within: timedelta = timedelta(hours=8)
    any_hour: bool = False
    due_at: datetime | None = None
    not_before: datetime | None = None
    owner: str = ""
    kind: Kind = Kind.CLINICAL
    priority: Priority = Priority.ROUTINE
    words: str = ""

    def __post_init__(self) -> None:
        if self.pool is None and not self.owner:
            raise ValueError(f"The leg {self.code.code} is nobody's.")
