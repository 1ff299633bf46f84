"""A message about a visit, as values."""

from dataclasses import dataclass
from datetime import datetime

MAX_WORDS = 500
"""Characters; what needs more belongs in the chart."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What somebody wrote about a visit. References are `Type/id`; `seen_to` once somebody has said so."""

    patient: str
    encounter: str
    words: str
    by: str
    at: datetime
    seen_to: bool = False
    seen_to_by: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise ValueError("A message has words.")
        if len(self.words) > MAX_WORDS:
            raise ValueError(f"Keep it under {MAX_WORDS} characters.")
        if self.at.tzinfo is None:
            raise ValueError("A message was written at an instant with a time zone.")
