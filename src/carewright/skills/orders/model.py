"""An order that is no referral – laboratory, imaging, a test or procedure in the house – as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import End, Priority
from carewright.core.work.trail import Entry

LONGEST = 200
"""Characters of what is ordered, and of a reason."""


class Kind(StrEnum):
    """What becomes of it: a specimen is collected and sent, a request is sent, or it is done here."""

    LABORATORY = "laboratory"
    IMAGING = "imaging"
    IN_CLINIC = "in-clinic"
    OTHER = "other"


KIND_WORDS = {
    Kind.LABORATORY: term("Laboratory"),
    Kind.IMAGING: term("Imaging"),
    Kind.IN_CLINIC: term("Done here"),
    Kind.OTHER: term("Another order"),
}


class Step(StrEnum):
    """What is owed next."""

    CONFIRMED = "confirmed"
    RESUMED = "resumed"
    COLLECTED = "collected"
    SENT = "sent"
    DONE = "done"
    RESULTED = "resulted"


class Event(StrEnum):
    """What was done about an order."""

    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    RESUMED = "resumed"
    COULD_NOT = "could-not"
    COLLECTED = "collected"
    COLLECT_AGAIN = "collect-again"
    SENT = "sent"
    CHASED = "chased"
    RESULTED = "resulted"
    DONE = "done"
    REOPENED = "reopened"
    TAKEN_BACK = "taken-back"
    """One of several results: another one answers the order still."""
    ENDED = "ended"


EVENT_WORDS = {
    Event.ORDERED: term("Ordered"),
    Event.CONFIRMED: term("Confirmed"),
    Event.RESUMED: term("Goes on"),
    Event.COULD_NOT: term("Couldn’t get it"),
    Event.COLLECTED: term("Collected"),
    Event.COLLECT_AGAIN: term("The specimen is no good: collect it again"),
    Event.SENT: term("Sent"),
    Event.CHASED: term("Asked where the result is"),
    Event.RESULTED: term("Result is here"),
    Event.DONE: term("Done"),
    Event.REOPENED: term("The result was taken back: still waiting"),
    Event.TAKEN_BACK: term("One of its results was taken back"),
    Event.ENDED: term("Will not be done"),
}


class Obstacle(StrEnum):
    """Why a specimen could not be had today; the order stays."""

    REFUSED = "refused"
    CRYING = "crying"
    EQUIPMENT = "equipment"
    NOT_PREPARED = "not-prepared"
    OTHER = "other"


OBSTACLE_WORDS = {
    Obstacle.REFUSED: term("Refused"),
    Obstacle.CRYING: term("Crying"),
    Obstacle.EQUIPMENT: term("Equipment"),
    Obstacle.NOT_PREPARED: term("Not fasting, or not prepared"),
    Obstacle.OTHER: term("Something else"),
}
ENDS = (End.DECLINED, End.MOVED, End.DIED, End.DUPLICATE, End.NOT_NEEDED)
"""How an order ends that will not be done."""


class NotPossible(ValueError):
    """The order does not stand where this can be done; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test that is often ordered. `days` are working days from sending to the result that one waits for."""

    key: str
    words: str
    kind: Kind
    days: int
    coding: Coding | None = None
    measures: tuple[tuple[Coding, str], ...] = ()
    """What is measured, each with its unit as UCUM writes it ("" for none)."""
    specimen: Coding | None = None
    """What is collected for it; None for what needs nothing, or where that differs."""

    __test__ = False  # the name is the clinic's; pytest takes it for a case otherwise


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order. References are `Type/id`, `site` a Location's id, `status` FHIR's own word.

    `trail` holds what was done so far. `elsewhere`: the specimen is taken at a draw station. `not_before` is the day
    for which it is meant; `expected_by` is when an asked laboratory promised the result. `collector` is whose it is to
    collect, "" for the MAs' pool; `standing_order` (`ActivityDefinition/…`) is the one under which it was ordered.
    """

    patient: str
    provider: str
    words: str
    kind: Kind
    trail: tuple[Entry, ...] = ()
    coding: Coding | None = None
    id: str = ""
    status: str = "active"
    site: str = ""
    encounter: str = ""
    reason: str = ""
    priority: Priority = Priority.ROUTINE
    elsewhere: bool = False
    not_before: datetime | None = None
    expected_by: datetime | None = None
    collector: str = ""
    standing_order: str = ""
    end: End | None = None
    end_why: str = ""
    authored_at: datetime | None = None
    version: int = field(default=0, compare=False)

    @property
    def is_open(self) -> bool:
        return self.status in ("active", "draft", "on-hold", "unknown")

    @property
    def steps(self) -> tuple[Step, ...]:
        """What this order goes through once it is confirmed."""
        if self.kind is Kind.LABORATORY and not self.elsewhere:
            return (Step.COLLECTED, Step.SENT, Step.RESULTED)
        if self.kind in (Kind.LABORATORY, Kind.IMAGING):
            return (Step.SENT, Step.RESULTED)
        return (Step.DONE,) if self.kind is Kind.IN_CLINIC else (Step.RESULTED,)

    @property
    def taken(self) -> frozenset[Step]:
        """The steps that stand: a specimen that is no good takes back that it was collected and sent."""
        found: set[Step] = set()
        for entry in self.trail:
            match entry.step:
                case Event.COLLECTED:
                    found.add(Step.COLLECTED)
                case Event.SENT:
                    found.add(Step.SENT)
                case Event.COLLECT_AGAIN:
                    found -= {Step.COLLECTED, Step.SENT}
        return frozenset(found)

    @property
    def next_step(self) -> Step | None:
        """What is owed; None at the end."""
        if not self.is_open:
            return None
        if self.status == "on-hold":
            return Step.RESUMED
        if self.status != "active":
            return Step.CONFIRMED
        return next((step for step in self.steps if step not in self.taken), self.steps[-1])

    @property
    def specimen(self) -> str:
        """The Specimen (`Specimen/…`) that counts; "" while none does."""
        if Step.COLLECTED not in self.taken:
            return ""
        return next((e.facts.get("specimen", "") for e in reversed(self.trail) if e.step == Event.COLLECTED), "")

    @property
    def reports(self) -> tuple[str, ...]:
        """The results that answer it, as they came; without those that were taken back."""
        standing: dict[str, None] = {}
        for entry in self.trail:
            named = entry.facts.get("report", "")
            if entry.step == Event.RESULTED:
                standing[named] = None
            elif entry.step in (Event.REOPENED, Event.TAKEN_BACK):
                standing.pop(named, None)
        return tuple(standing)

    @property
    def report(self) -> str:
        """The result that answers it, the last one of several; "" while none does."""
        return (self.reports or ("",))[-1]
