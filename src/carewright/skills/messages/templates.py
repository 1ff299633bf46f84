"""A template of a message, as a value. Pure."""

from dataclasses import dataclass

from carewright.core.access.model import Role
from carewright.skills.messages.threads import LONGEST_TOPIC, LONGEST_WORDS

MOST = 40
"""Templates of a practice; more than that nobody finds anything in."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a message of its kind is about, the words it begins with, and the role it goes to (None: chosen)."""

    topic: str
    words: str = ""
    role: Role | None = None

    def __post_init__(self) -> None:
        if not self.topic.strip() or len(self.topic) > LONGEST_TOPIC:
            raise ValueError(f"A template is about something, in at most {LONGEST_TOPIC} characters.")
        if len(self.words) > LONGEST_WORDS:
            raise ValueError(f"The words of a template have at most {LONGEST_WORDS} characters.")
