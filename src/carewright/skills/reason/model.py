"""The reason for a visit, as told."""

from dataclasses import dataclass
from datetime import datetime

from carewright.core.terminology.coding import Coding

MAX_WORDS = 500
"""Characters; longer stories belong in the provider's note."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What the patient said, in their words. `told_by` said it, `recorded_by` wrote it (`Practitioner/…`)."""

    words: str
    told_by: Coding | None = None
    recorded_by: str | None = None
    asked_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise ValueError("A reason has words.")
        if self.asked_at is not None and self.asked_at.tzinfo is None:
            raise ValueError("A reason was asked at an instant with a time zone.")
