"""A thread of messages between staff, as values, and the steps it can take. No store, no web, no clock.

A thread is owed an answer until it is closed with an outcome: it always has somebody (a person or a role) and a date.
Its words do nothing: no drug, dose or specimen is acted on from them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence, sentence, term
from carewright.core.work.legs import Leg
from carewright.core.work.model import Kind, Pool, Priority
from carewright.skills.messages.codes import ANSWER_MESSAGE

STAFF = "Practitioner/"
LONGEST_TOPIC, LONGEST_WORDS = 80, 2_000
"""Characters."""


class Outcome(StrEnum):
    """How a thread was closed."""

    DONE = "done"
    ANSWERED = "answered"
    PASSED_ON = "passed-on"
    NOTHING_TO_DO = "nothing-to-do"


OUTCOME_WORDS = {
    Outcome.DONE: term("It was done"),
    Outcome.ANSWERED: term("It was answered"),
    Outcome.PASSED_ON: term("It was passed on outside"),
    Outcome.NOTHING_TO_DO: term("Nothing had to be done"),
}


class NotPossible(ValueError):
    """The thread cannot take this step; `reason` says why."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a message: a blob by its digest, its type, and its name on the screen."""

    digest: str
    content_type: str
    title: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Words:
    """One message of a thread: who wrote what, when."""

    by: str
    at: datetime
    words: str
    files: tuple[File, ...] = ()

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise NotPossible(sentence("Write something first."))
        if len(self.words) > LONGEST_WORDS:
            raise NotPossible(sentence("Keep it under %(count)s characters.", count=LONGEST_WORDS))
        if self.at.tzinfo is None:
            raise ValueError("A message was written at an instant with a time zone.")


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A thread as it stands. References are `Type/id`; `topic` names no patient: lists and pop-ups show it.

    `to` is a person, `pool` a role. The patient may have written it, or be whom it is for: then somebody here looks
    after it until it is closed, the pool or, without one, any MA. `seen_by` are those who have seen it as it stands
    now. `turns` counts what is news to the others: answers, hand-overs, closings.
    """

    id: str = ""
    topic: str
    first: Words
    to: str = ""
    pool: Pool | None = None
    due_at: datetime
    patient: str = ""
    encounter: str = ""
    site: str = ""
    priority: Priority = Priority.ROUTINE
    seen_by: tuple[str, ...] = ()
    turns: int = 0
    outcome: Outcome | None = None
    outcome_words: str = ""
    version: int = 0

    def __post_init__(self) -> None:
        if not self.topic.strip():
            raise NotPossible(sentence("Say in a few words what it is about, without the patient’s name."))
        if len(self.topic) > LONGEST_TOPIC:
            raise NotPossible(sentence("Keep it under %(count)s characters.", count=LONGEST_TOPIC))
        if not self.to and self.pool is None:
            raise NotPossible(sentence("Say who gets it: a person, or everybody in a role."))
        if self.due_at.tzinfo is None:
            raise ValueError("A thread is due at an instant with a time zone.")

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def owner(self) -> str:
        """The person here whose it is; "" for a role's, and for one that waits for the patient."""
        return self.to if self.to.startswith(STAFF) else ""

    @property
    def role_pool(self) -> Pool | None:
        """The pool that has it while nobody here does."""
        return self.pool or (None if self.owner else Pool(role=Role.MA))


def answered(thread: Thread, *, by: str) -> Thread:
    """After an answer: only whoever wrote it has seen it. An answer to a closed thread opens it again."""
    return replace(_turned(thread, by=by), outcome=None, outcome_words="")


def seen(thread: Thread, *, by: str, turns: int) -> Thread:
    """Somebody was shown it as it stood at `turns`. What came after that they have not seen: it stays unread."""
    if turns != thread.turns or by in thread.seen_by:
        return thread
    return replace(thread, seen_by=(*thread.seen_by, by))


def given_to(thread: Thread, *, by: str, to: str = "", pool: Pool | None = None) -> Thread:
    """Somebody else has it now. NotPossible for nobody, and for a thread that is closed."""
    if not thread.is_open:
        raise NotPossible(sentence("This is closed. Answer it, and it is open again."))
    return replace(_turned(thread, by=by), to=to, pool=pool)


def closed(thread: Thread, *, by: str, outcome: Outcome, words: str = "") -> Thread:
    """Closed with what came of it; whoever asked has not seen that yet."""
    if not thread.is_open:
        raise NotPossible(sentence("This is closed already."))
    return replace(_turned(thread, by=by), outcome=outcome, outcome_words=words.strip())


def _turned(thread: Thread, *, by: str) -> Thread:
    """There is news in it, which only whoever made it has seen."""
    return replace(thread, seen_by=(by,), turns=thread.turns + 1)


def concerns(thread: Thread, *, person: str, roles: frozenset[str]) -> bool:
    """Whether a thread is in somebody's inbox: theirs, their role's while nobody has it, or one they have begun."""
    pool = thread.role_pool
    of_role = not thread.owner and pool is not None and (pool.role is None or pool.role.value in roles)
    return person in (thread.to, thread.first.by) or of_role


def is_unread(thread: Thread, *, person: str, roles: frozenset[str]) -> bool:
    """Whether it waits to be read: it concerns them and they have not seen it as it stands.

    What a role has is nobody's to read once it is closed.
    """
    theirs = person in (thread.to, thread.first.by)
    return person not in thread.seen_by and (
        theirs or (thread.is_open and concerns(thread, person=person, roles=roles))
    )


def unchanged(thread: Thread, *, turns: int | None) -> None:
    """NotPossible where something came after what was shown at `turns`; None asks for nothing."""
    if turns is not None and turns != thread.turns:
        raise NotPossible(sentence("Something came while you were here. Read it first, then press again."))


def leg_of(thread: Thread) -> Leg | None:
    """What an open thread is owed: an answer, by whoever it is for, by its date."""
    if not thread.is_open:
        return None
    return Leg(
        code=ANSWER_MESSAGE, pool=thread.role_pool, owner=thread.owner, due_at=thread.due_at, priority=thread.priority,
        kind=Kind.CLINICAL if thread.patient else Kind.CLERICAL, words=thread.topic,
    )  # fmt: skip
