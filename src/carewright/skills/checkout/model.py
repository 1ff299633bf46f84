"""What check-out looks at and what it makes, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding

Line = Sentence | str
"""A line of the summary: a sentence, or words of the chart that stay as they are."""
Span = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    """Something still open at the visit; `words` as the MA reads it ("After-shot watch until 10:57 AM")."""

    code: Coding
    words: Sentence
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """What check-out is told of a visit. Each tuple holds the words of one open thing."""

    waits_running: tuple[Sentence, ...] = ()
    orders_open: tuple[Sentence, ...] = ()
    rooming_open: tuple[Sentence, ...] = ()
    forms_owed: tuple[Sentence, ...] = ()
    next_visit_asked: Sentence | None = None
    next_visit_booked: bool = False
    summary_given: bool = False
    copay_open: str = ""


@dataclass(frozen=True, kw_only=True)
class NextVisit:
    """What the provider asks for: "in 3 months, well child". `on` is the day it is counted from."""

    patient: str
    provider: str
    on: date
    amount: int
    span: Span
    type: Coding
    reason: str = ""

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("The next visit lies in the future.")


@dataclass(frozen=True, kw_only=True)
class Window:
    """The days on which the next visit is looked for, and the one aimed at."""

    earliest: date
    target: date
    latest: date


@dataclass(frozen=True, kw_only=True)
class VisitFacts:
    """What the visit summary is made of: sentences, and what is the same in every language (names, numbers, notes)."""

    patient: str
    visited_on: str
    provider: str
    site: str
    site_phone: str = ""
    reason: str = ""
    vitals: tuple[Line, ...] = ()
    allergies: Sentence | None = None
    medicines: tuple[Line, ...] = ()
    done_today: tuple[Line, ...] = ()
    instructions: tuple[Line, ...] = ()
    still_open: tuple[Line, ...] = ()
    next_visit: Line = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the summary: a heading and its lines."""

    heading: Sentence
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class ExcuseNote:
    """A note for school or work. It says that the patient was here and until when to be excused; never why."""

    patient: str
    patient_name: str
    kind: Literal["school", "work"]
    seen_on: date
    excused_from: date
    excused_through: date
    provider: str
    provider_name: str
    written_at: datetime
    encounter: str | None = None
    limits: str = ""
    """What to avoid, in the provider's words ("no gym")."""

    def __post_init__(self) -> None:
        if self.excused_through < self.excused_from:
            raise ValueError("The note ends after it begins.")
        if self.written_at.tzinfo is None:
            raise ValueError("A note is written at an instant with a time zone.")
