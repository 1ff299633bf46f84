"""A message about a visit, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.work.legs import Leg
from carewright.core.work.model import Pool, Priority
from carewright.skills.messages.codes import SEE_VISIT_MESSAGE

MAX_WORDS = 500
"""Characters; what needs more belongs in the chart."""
SEEN_WITHIN = timedelta(minutes=15)
"""Whoever waits for it is in the house. A target of the house, by the clock on the wall; no source asks for another."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What somebody wrote about a visit. References are `Type/id`; `seen_to` once somebody has said so.

    `to` is whom it is for, "" for anybody in the role `role`.
    """

    patient: str
    encounter: str
    words: str
    by: str
    at: datetime
    to: str = ""
    role: Role = Role.MA
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


def leg_of(message: Message) -> Leg | None:
    """What a message about a visit is owed: somebody who sees to it, soon. None once that was said."""
    if message.seen_to:
        return None
    return Leg(
        code=SEE_VISIT_MESSAGE, pool=Pool(role=message.role), owner=message.to, within=SEEN_WITHIN, any_hour=True,
        priority=Priority.URGENT,
    )  # fmt: skip
