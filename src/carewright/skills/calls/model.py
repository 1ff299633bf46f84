"""A phone call as values: who, from where, what about, what is owed, and its trail line by line."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import term

MAX_WORDS = 1_000
"""Characters of what the caller said; more belongs in the chart."""
MAX_LINE = 120
"""Characters of a number, a place, a name."""


class State(StrEnum):
    """`taking`: somebody has the caller on the line, or the page was left. `owed`: somebody calls back. `ended`."""

    TAKING = "taking"
    OWED = "owed"
    ENDED = "ended"


class Answer(StrEnum):
    """The answer to the emergency question."""

    NOT_ASKED = ""
    YES = "yes"
    NO = "no"


class Caller(StrEnum):
    """Who is on the phone. `listed` is somebody on the patient's list of who may be told (`caller_ref`)."""

    UNKNOWN = ""
    PATIENT = "patient"
    LISTED = "listed"
    SOMEBODY_ELSE = "somebody-else"
    WILL_NOT_SAY = "will-not-say"
    NOT_OURS = "not-ours"


CALLER_WORDS = {
    Caller.UNKNOWN: term("Not asked yet"),
    Caller.PATIENT: term("The patient"),
    Caller.LISTED: term("Somebody on the list"),
    Caller.SOMEBODY_ELSE: term("Somebody else"),
    Caller.WILL_NOT_SAY: term("Will not say"),
    Caller.NOT_OURS: term("Not a patient of ours"),
}


class Ending(StrEnum):
    """How a call came to its end."""

    ANSWERED = "answered"
    NURSE_TOOK_OVER = "nurse-took-over"
    REACHED = "reached"
    VOICEMAIL = "voicemail"
    LETTER = "letter"
    NOT_REACHED = "not-reached"
    WRONG_NUMBER = "wrong-number"
    HUNG_UP = "hung-up"
    NOT_NEEDED = "not-needed"


ENDING_WORDS = {
    Ending.ANSWERED: term("Answered on the phone"),
    Ending.NURSE_TOOK_OVER: term("Nurse or provider took the caller"),
    Ending.REACHED: term("Reached"),
    Ending.VOICEMAIL: term("Answered by voicemail"),
    Ending.LETTER: term("Letter sent"),
    Ending.NOT_REACHED: term("Not reached, nobody to write to"),
    Ending.WRONG_NUMBER: term("Wrong number"),
    Ending.HUNG_UP: term("Hung up, nothing owed"),
    Ending.NOT_NEEDED: term("No longer needed"),
}


class Outcome(StrEnum):
    """How an attempt to call back went."""

    REACHED = "reached"
    DETAILED_VOICEMAIL = "detailed-voicemail"
    CALL_BACK_VOICEMAIL = "call-back-voicemail"
    NO_ANSWER = "no-answer"


OUTCOME_WORDS = {
    Outcome.REACHED: term("Reached"),
    Outcome.DETAILED_VOICEMAIL: term("Left a detailed voicemail"),
    Outcome.CALL_BACK_VOICEMAIL: term("Left “please call us back” only"),
    Outcome.NO_ANSWER: term("No answer"),
}


class Event(StrEnum):
    """What a line of the trail says."""

    RECEIVED = "received"
    EMERGENCY = "emergency"
    NO_EMERGENCY = "no-emergency"
    IDENTIFIED = "identified"
    CALLER = "caller"
    SENT_ON = "sent-on"
    TAKEN_OVER = "taken-over"
    PICKED_UP = "picked-up"
    ATTEMPT = "attempt"
    LETTER = "letter"
    NOTED = "noted"
    ENDED = "ended"


EVENT_WORDS = {
    Event.RECEIVED: term("Call received"),
    Event.EMERGENCY: term("Emergency: the nurse was told"),
    Event.NO_EMERGENCY: term("Said: no emergency"),
    Event.IDENTIFIED: term("Name and birth date said, both match"),
    Event.CALLER: term("Who is calling"),
    Event.SENT_ON: term("Sent on"),
    Event.TAKEN_OVER: term("Nurse or provider took the caller"),
    Event.PICKED_UP: term("Somebody else went on with it"),
    Event.ATTEMPT: term("Called back"),
    Event.LETTER: term("Letter sent"),
    Event.NOTED: term("Written down"),
    Event.ENDED: term("Ended"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the trail. `by` is a reference, `who` the name; `words` is what somebody wrote."""

    event: Event
    at: datetime
    by: str
    who: str = ""
    words: str = ""
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("The times of a trail carry their zone.")
        if (self.outcome is not None) != (self.event is Event.ATTEMPT):
            raise ValueError("An attempt, and nothing else, says how it went.")


@dataclass(frozen=True, kw_only=True)
class PhoneCall:
    """A phone call. `number` and `place` are as the caller said them; `patient` only after name and birth date matched.

    `for_whom` is the person it was sent to by name (`Practitioner/…`), "" for a pool. `site` is a Location's id.
    """

    id: str = ""
    site: str
    at: datetime
    by: str
    number: str = ""
    place: str = ""
    emergency: Answer = Answer.NOT_ASKED
    red_flag: str = ""
    caller: Caller = Caller.UNKNOWN
    caller_name: str = ""
    caller_ref: str = ""
    patient: str = ""
    reason: str = ""
    words: str = ""
    for_whom: str = ""
    state: State = State.TAKING
    ending: Ending | None = None
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("A call is received at an instant with a time zone.")
        if (self.state is State.ENDED) != (self.ending is not None):
            raise ValueError("A call that has ended, and no other, says how.")

    @property
    def attempts(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.event is Event.ATTEMPT)

    @property
    def taken_over(self) -> Line | None:
        """Who has the emergency caller; None while nobody licensed has said so."""
        return next((line for line in self.lines if line.event is Event.TAKEN_OVER), None)

    @property
    def rings(self) -> bool:
        """An emergency that nobody licensed has taken yet."""
        return self.state is not State.ENDED and self.emergency is Answer.YES and self.taken_over is None
