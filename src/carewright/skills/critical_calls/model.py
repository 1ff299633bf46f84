"""A critical call as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class CriticalCall:
    """One call. References are `Type/id`. `ringing` is whom it rings now ("" : every provider), `answered` says that
    they have taken it; `level` counts how often it was sent on."""

    id: str
    encounter: str
    patient: str
    by: str
    since: datetime
    ringing: str
    answered: bool
    level: int
    is_open: bool
    version: int
