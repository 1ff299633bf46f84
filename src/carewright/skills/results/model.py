"""A result – a report, or an observation that stands in none – and how far it has come, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term
from carewright.core.work.trail import Entry

LONGEST = 500
"""Characters of what the patient is to be told, and of what was said."""


class Step(StrEnum):
    """What is owed next."""

    FINAL = "final"
    CRITICAL = "critical"
    REVIEW = "review"
    TELL = "tell"


class Event(StrEnum):
    """What was done about a result."""

    REVIEWED = "reviewed"
    TRIED = "tried"
    TOLD = "told"


EVENT_WORDS = {
    Event.REVIEWED: term("Reviewed"),
    Event.TRIED: term("Tried to reach them"),
    Event.TOLD: term("Patient told"),
}


class Outcome(StrEnum):
    """What a provider says after the review. Only what is released may be told by others."""

    TELL = "tell"
    NO_CALL = "no-call"
    PROVIDER_TELLS = "provider-tells"


OUTCOME_WORDS = {
    Outcome.TELL: term("Release: an MA tells the patient"),
    Outcome.NO_CALL: term("Release: nobody needs to call"),
    Outcome.PROVIDER_TELLS: term("Keep back: I tell the patient myself"),
}


class How(StrEnum):
    """How somebody was told."""

    PHONE = "phone"
    IN_PERSON = "in-person"
    VOICEMAIL = "voicemail"
    LETTER = "letter"


HOW_WORDS = {
    How.PHONE: term("By phone"),
    How.IN_PERSON: term("In person"),
    How.VOICEMAIL: term("Detailed voicemail"),
    How.LETTER: term("By letter"),
}


class NotPossible(ValueError):
    """The result does not stand where this can be done; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Part:
    """One observation (`Observation/…`) of a report: the digest of what it holds, and whether it is critical."""

    observation: str
    digest: str
    critical: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """One result. `ref` is its record; `digest` that of everything it holds, so that a corrected one is another.

    `provider` (`Practitioner/…`) is who ordered it, "" where nobody of ours is known; `document` the paper
    (`DocumentReference/…`) that holds it; `part_of` the report in which an observation stands.
    """

    ref: str
    patient: str
    words: str
    status: str
    digest: str
    critical: bool = False
    provider: str = ""
    site: str = ""
    orders: tuple[str, ...] = ()
    document: str = ""
    part_of: str = ""
    conclusion: str = ""
    trail: tuple[Entry, ...] = ()
    issued_at: datetime | None = None
    version: int = field(default=0, compare=False)

    @property
    def review(self) -> Entry | None:
        """The review that holds; None while nobody has reviewed what the result says now."""
        last = next((e for e in reversed(self.trail) if e.step == Event.REVIEWED), None)
        return last if last is not None and last.facts.get("digest") == self.digest else None

    @property
    def outcome(self) -> Outcome | None:
        """What the provider said; None before the review."""
        said = self.review.facts.get("outcome", "") if self.review else ""
        return Outcome(said) if said in set(Outcome) else None

    @property
    def told(self) -> Entry | None:
        """That the patient was told of what the review that holds says."""
        review = self.review
        if review is None:
            return None
        since = self.trail[self.trail.index(review) + 1 :]
        return next((e for e in since if e.step == Event.TOLD), None)

    @property
    def next_step(self) -> Step | None:
        """What is owed; None once it is over, for what stands in a report, and for what was a mistake."""
        if self.part_of or self.status in ("cancelled", "entered-in-error"):
            return None
        if self.review is None and self.critical:
            return Step.CRITICAL
        if self.status not in FINAL:
            return Step.FINAL
        if self.review is None or self.outcome is None:
            return Step.REVIEW
        return Step.TELL if self.outcome is not Outcome.NO_CALL and self.told is None else None


FINAL = frozenset({"final", "amended", "corrected", "appended"})
"""DiagnosticReport.status and Observation.status: it counts."""
