"""A referral and how far its loop has come, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term
from carewright.core.work.model import End


class Step(StrEnum):
    """The seven steps of the loop, in their sequence."""

    NEEDED = "needed"
    AUTHORISED = "authorised"
    SENT = "sent"
    SCHEDULED = "scheduled"
    SEEN = "seen"
    NOTE_BACK = "note-back"
    REVIEWED = "reviewed"


STEP_WORDS = {
    Step.NEEDED: term("Needed"),
    Step.AUTHORISED: term("Authorized"),
    Step.SENT: term("Sent"),
    Step.SCHEDULED: term("Scheduled"),
    Step.SEEN: term("Seen"),
    Step.NOTE_BACK: term("Note back"),
    Step.REVIEWED: term("Reviewed"),
}


class Hindrance(StrEnum):
    """What keeps a patient from going."""

    TRANSPORT = "transport"
    COST = "cost"
    LANGUAGE = "language"
    AFRAID = "afraid"
    NOT_REACHED = "not-reached"
    TIME = "time"
    OTHER = "other"


HINDRANCE_WORDS = {
    Hindrance.TRANSPORT: term("No way to get there"),
    Hindrance.COST: term("Cost"),
    Hindrance.LANGUAGE: term("Language"),
    Hindrance.AFRAID: term("Afraid of it"),
    Hindrance.NOT_REACHED: term("Could not be reached"),
    Hindrance.TIME: term("No time off, or nobody for the children"),
    Hindrance.OTHER: term("Something else"),
}
ENDS = (End.DECLINED, End.MOVED, End.DIED, End.DUPLICATE, End.NOT_NEEDED)
"""How a loop ends that is not closed."""


class NotPossible(ValueError):
    """The referral does not stand where this can be done; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A step that was taken: when, by whom, with a word about it."""

    step: Step
    at: datetime
    by: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Barrier:
    """What stood in the way, and what was done about it ("" while nothing was)."""

    kind: Hindrance
    words: str
    at: datetime
    by: str
    done: str = ""
    done_at: datetime | None = None
    done_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Referral:
    """One referral. References are `Type/id`, `site` a Location's id. `to` is whom the patient is sent to, in words.

    `taken` holds the steps so far; the first is that it was needed. `seen_at` is the appointment there.
    """

    patient: str
    provider: str
    to: str
    reason: str
    taken: tuple[Taken, ...]
    id: str = ""
    site: str = ""
    urgent: bool = False
    needs_authorisation: bool = False
    seen_at: datetime | None = None
    note: str = ""
    barriers: tuple[Barrier, ...] = ()
    end: End | None = None
    end_why: str = ""
    version: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not self.taken or self.taken[0].step is not Step.NEEDED:
            raise ValueError("A referral begins with being needed.")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of this loop: without the authorization where none is needed."""
        return tuple(step for step in Step if step is not Step.AUTHORISED or self.needs_authorisation)

    @property
    def next_step(self) -> Step | None:
        """What is owed; None at the end."""
        done = {taken.step for taken in self.taken}
        return None if self.end else next((step for step in self.steps if step not in done), None)
