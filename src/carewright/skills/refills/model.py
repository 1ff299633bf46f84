"""A refill request and how far it has come, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import End

URGENT_DAYS = 2
"""With so many days left or fewer it is urgent, that nobody runs out: a target of the house."""
MOST_DAYS, MOST_REFILLS = 400, 11
"""The longest supply and the most repeats that one answer may give; a year and a little, a target of the house."""


class Stage(StrEnum):
    """How far a request has come."""

    ASKED = "asked"
    PREPARED = "prepared"
    ANSWERED = "answered"
    ENDED = "ended"


class Via(StrEnum):
    """The way a request came."""

    PHONE = "phone"
    PHARMACY = "pharmacy"
    FAX = "fax"
    DESK = "desk"
    PORTAL = "portal"


VIA_WORDS = {
    Via.PHONE: term("By phone"),
    Via.PHARMACY: term("From the pharmacy’s system"),
    Via.FAX: term("By fax"),
    Via.DESK: term("At the desk"),
    Via.PORTAL: term("By a message"),
}


class Asker(StrEnum):
    """Who asked."""

    PATIENT = "patient"
    FAMILY = "family"
    PHARMACY = "pharmacy"


ASKER_WORDS = {
    Asker.PATIENT: term("The patient"),
    Asker.FAMILY: term("Somebody for the patient"),
    Asker.PHARMACY: term("The pharmacy"),
}


class Outcome(StrEnum):
    """What the table says of a request."""

    MEETS = "meets"
    DOES_NOT = "does-not"
    NOT_ON_TABLE = "not-on-table"
    CONTROLLED = "controlled"


OUTCOME_WORDS = {
    Outcome.MEETS: term("Fits the refill protocol"),
    Outcome.DOES_NOT: term("Needs the prescriber’s look"),
    Outcome.NOT_ON_TABLE: term("Not on the refill table: needs the prescriber’s look"),
    Outcome.CONTROLLED: term("Controlled drug: no shortcut"),
}


class Answer(StrEnum):
    """What the prescriber said. ELSEWHERE: prescribed in the system for electronic prescriptions."""

    YES = "yes"
    NO = "no"
    ELSEWHERE = "elsewhere"


ANSWER_WORDS = {
    Answer.YES: term("Yes"),
    Answer.NO: term("No"),
    Answer.ELSEWHERE: term("Prescribed elsewhere"),
}


class Because(StrEnum):
    """Why a prescriber said no."""

    VISIT = "needs-visit"
    LABS = "needs-labs"
    TOO_SOON = "too-soon"
    CHANGED = "changed"
    STOPPED = "stopped"
    UNSAFE = "unsafe"
    NOT_OURS = "not-ours"
    OTHER = "other"


BECAUSE_WORDS = {
    Because.VISIT: term("Needs a visit first"),
    Because.LABS: term("Needs a blood test first"),
    Because.TOO_SOON: term("Too soon"),
    Because.CHANGED: term("The medicine or its dose was changed"),
    Because.STOPPED: term("The medicine was stopped"),
    Because.UNSAFE: term("Not safe now"),
    Because.NOT_OURS: term("Somebody else prescribes it"),
    Because.OTHER: term("Something else"),
}


class Whom(StrEnum):
    """Who has to hear the answer."""

    PATIENT = "patient"
    PHARMACY = "pharmacy"


WHOM_WORDS = {Whom.PATIENT: term("The patient"), Whom.PHARMACY: term("The pharmacy")}


class How(StrEnum):
    """How somebody was told, or that they were not reached."""

    PHONE = "phone"
    IN_PERSON = "in-person"
    VOICEMAIL = "voicemail"
    FAX = "fax"
    LETTER = "letter"
    NOT_REACHED = "not-reached"


HOW_WORDS = {
    How.PHONE: term("On the phone"),
    How.IN_PERSON: term("In person"),
    How.VOICEMAIL: term("Detailed voicemail"),
    How.FAX: term("Faxed"),
    How.LETTER: term("By letter"),
    How.NOT_REACHED: term("Not reached"),
}
ENDS = (End.NOT_NEEDED, End.DUPLICATE, End.DECLINED, End.MOVED, End.DIED)
"""How a request ends that nobody has to answer any more."""


class NotPossible(ValueError):
    """The request does not stand where this can be done; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Supply:
    """How much: days of supply each time, and how often it may be filled again."""

    days: int
    refills: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS or not 0 <= self.refills <= MOST_REFILLS:
            raise ValueError(f"A supply is 1 to {MOST_DAYS} days with 0 to {MOST_REFILLS} refills.")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One time that somebody asked; `by` (`Practitioner/…`) wrote it down."""

    at: datetime
    by: str
    via: Via
    asker: Asker
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the patient said when asked; None where nobody has asked, or nobody knew.

    `as_written`: taken as the label says; `well`: no trouble with it; `words` say more.
    """

    as_written: bool | None = None
    well: bool | None = None
    pregnant: bool | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """What was laid before the prescriber: what the table said then, by which version of it, in English."""

    at: datetime
    by: str
    outcome: Outcome
    table: str
    rows: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    supply: Supply | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the prescriber said: `supply` with a yes, `because` and `tell` with a no."""

    at: datetime
    by: str
    answer: Answer
    supply: Supply | None = None
    because: Because | None = None
    tell: str = ""

    def __post_init__(self) -> None:
        if (self.answer is Answer.YES) != (self.supply is not None):
            raise ValueError("A yes says how much; nothing else does.")
        if (self.answer is Answer.NO) != (self.because is not None):
            raise ValueError("A no says why; nothing else does.")


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One time that somebody was told, or was not reached; `name` is who heard it where it was not the patient."""

    at: datetime
    by: str
    whom: Whom
    how: How
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Refill:
    """One request. References are `Type/id`, `site` a Location's id.

    `on_file` is the MedicationStatement or MedicationRequest of the patient's list, "" for a medicine that is not on
    it; `dose` is what stands there. `days_left` is None where nobody could say. `source` is the phone call
    (`Communication/…`) or the paper (`DocumentReference/…`) it came by. `gap_harms`: days without it are dangerous.
    """

    patient: str
    medicine: str
    asked: tuple[Asking, ...]
    id: str = ""
    coding: Coding | None = None
    dose: str = ""
    on_file: str = ""
    pharmacy: str = ""
    days_left: int | None = None
    prescriber: str = ""
    site: str = ""
    source: str = ""
    gap_harms: bool = False
    said: Said = field(default_factory=Said)
    preparing: Preparing | None = None
    decision: Decision | None = None
    told: tuple[Telling, ...] = ()
    end: End | None = None
    end_why: str = ""
    version: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not self.asked or not self.medicine.strip():
            raise ValueError("A request names a medicine, and somebody has asked.")
        if self.days_left is not None and self.days_left < 0:
            raise ValueError("Days left are counted from 0.")

    @property
    def urgent(self) -> bool:
        return self.gap_harms or (self.days_left is not None and self.days_left <= URGENT_DAYS)

    @property
    def to_tell(self) -> tuple[Whom, ...]:
        """Who still has to hear the answer: the patient always, the pharmacy of a yes, or where it had asked."""
        if self.decision is None:
            return ()
        pharmacy = self.decision.answer is Answer.YES or (
            self.decision.answer is Answer.NO and any(one.asker is Asker.PHARMACY for one in self.asked)
        )
        heard = {one.whom for one in self.told if one.how is not How.NOT_REACHED}
        wanted = (Whom.PHARMACY, Whom.PATIENT) if pharmacy else (Whom.PATIENT,)
        return tuple(whom for whom in wanted if whom not in heard)

    @property
    def stage(self) -> Stage:
        if self.end is not None:
            return Stage.ENDED
        if self.decision is not None:
            return Stage.ANSWERED if self.to_tell else Stage.ENDED
        return Stage.PREPARED if self.preparing else Stage.ASKED
