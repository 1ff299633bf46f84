"""An allergy or intolerance, and that somebody asked about them, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from carewright.core.sentences import Sentence, term
from carewright.core.terminology.coding import Coding

Criticality = Literal["low", "high", "unable-to-assess"]
Severity = Literal["mild", "moderate", "severe"]
Kind = Literal["allergy", "intolerance"]
Category = Literal["food", "medication", "environment", "biologic"]


class Status(StrEnum):
    """Clinical status and verification in one: what the list shows."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    RESOLVED = "resolved"
    REFUTED = "refuted"
    BY_MISTAKE = "entered-in-error"


NOT_NAMED = term("reaction not named")
"""What stands for the reaction where only its severity was told."""


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What happened, in words ("hives"), and how bad it was."""

    words: str
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True)
class Allergy:
    """One AllergyIntolerance. `substance` is in words; `coding` only where a code came with it.

    `told_by` is who said so (`Patient/…` or `RelatedPerson/…`), `recorded_by` who wrote it (`Practitioner/…`).
    """

    patient: str
    substance: str
    coding: Coding | None = None
    reactions: tuple[Reaction, ...] = ()
    criticality: Criticality | None = None
    kind: Kind | None = None
    category: Category | None = None
    status: Status = Status.ACTIVE
    confirmed: bool = False
    recorded_at: datetime | None = None
    recorded_by: str | None = None
    told_by: str | None = None
    note: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.substance.strip():
            raise ValueError("An allergy names what it is to.")


class Outcome(StrEnum):
    """How the asking went. Only COULD_NOT_ASK leaves the visit's allergies as not asked."""

    SAME = "same"
    CHANGED = "changed"
    NONE_KNOWN = "none-known"
    COULD_NOT_ASK = "could-not-ask"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """That allergies were asked at a visit: by whom, when, and the list as it stood then (`AllergyIntolerance/…`)."""

    patient: str
    encounter: str
    at: datetime
    by: str
    outcome: Outcome
    listed: tuple[str, ...] = ()
    words: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("Allergies are asked at an instant with a time zone.")
        if self.outcome is Outcome.NONE_KNOWN and self.listed:
            raise ValueError("Allergies are listed: “no known allergies” cannot be said.")

    @property
    def counts(self) -> bool:
        return self.outcome is not Outcome.COULD_NOT_ASK


@dataclass(frozen=True, kw_only=True)
class Banner:
    """The banner's line: its words, whether it is an alert, and when allergies were last asked."""

    words: Sentence
    alert: bool
    asked_at: datetime | None = None
