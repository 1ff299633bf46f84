"""Whom a patient lets us tell, about what, and what may be left on voicemail; as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term

MAX_LINE = 120
"""Characters of a name, a number."""


class Topic(StrEnum):
    """What somebody may be told."""

    APPOINTMENTS = "appointments"
    CARE = "care"
    BILLING = "billing"


TOPIC_WORDS = {
    Topic.APPOINTMENTS: term("Appointments"),
    Topic.CARE: term("Results and care"),
    Topic.BILLING: term("Bills"),
}


class Voicemail(StrEnum):
    """What may be left on the patient's voicemail. Not asked counts as no."""

    NOT_ASKED = "not-asked"
    DETAILED = "detailed"
    CALL_BACK_ONLY = "call-back-only"


VOICEMAIL_WORDS = {
    Voicemail.NOT_ASKED: term("Not asked yet: leave “please call us back” only"),
    Voicemail.DETAILED: term("Detailed message: yes"),
    Voicemail.CALL_BACK_ONLY: term("Detailed message: no – “please call us back” only"),
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody around the patient (`RelatedPerson/…`, "" before they are written) and what they may be told."""

    name: str
    relationship: str = ""
    phone: str = ""
    may_hear: frozenset[Topic] = frozenset()
    reference: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("Somebody who may be told has a name.")


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """One patient's answer. `own_number` is theirs alone and confidential; `said_by` is who gave this answer, `by`
    (`Practitioner/…`) who wrote it down."""

    patient: str
    people: tuple[Person, ...] = ()
    voicemail: Voicemail = Voicemail.NOT_ASKED
    own_number: str = ""
    said_by: str = ""
    by: str = ""
    at: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("An answer was given at an instant with a time zone.")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What may be said to whoever is on the phone. `stop`: not even that the patient is one."""

    stop: bool
    words: tuple[Sentence, ...]
