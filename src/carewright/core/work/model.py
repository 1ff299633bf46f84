"""A task as values: what somebody has to do, whose it is, by when, and what it closes.

A task has an owner (a person) or a pool (a role, perhaps narrowed to a pod, a language or a competency); an open task
without either is refused. FHIR has a place for most of it; the rest are our own extensions, listed at `EXTENSIONS`.
https://hl7.org/fhir/R4/task.html
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding, own_system

TASK_CODE = own_system("task-code")
OTHER = Coding(TASK_CODE, "other", term("Something to do"))
"""Stands for the code of a task from elsewhere that has none."""

OPEN = frozenset({"requested", "received", "accepted", "in-progress", "on-hold"})
"""The statuses in which a task waits for somebody."""


MAX_ID = 64
"""Characters of a FHIR id."""


def derived_id(base: str, suffix: str) -> str:
    """The id of what belongs to `base` (an id) under the name `suffix`; a digest stands for a base that is too long."""
    whole = f"{base}-{suffix}"
    if len(whole) <= MAX_ID:
        return whole
    digest = blake2b(base.encode(), digest_size=12).hexdigest()
    short = f"{digest}-{suffix}"
    if len(short) > MAX_ID:
        raise ValueError(f"The name {suffix!r} is too long for an id.")
    return short


class Kind(StrEnum):
    """Who hears of it when it is late: of `clinical` the nurse, then the covering provider; of `critical` the covering
    provider within a minute, whatever the hour; of `clerical` the lead MA, then the manager; of `quiet` nobody."""

    CLINICAL = "clinical"
    CRITICAL = "critical"
    CLERICAL = "clerical"
    QUIET = "quiet"


class Priority(StrEnum):
    """Task.priority, FHIR's own words."""

    ROUTINE = "routine"
    URGENT = "urgent"
    ASAP = "asap"
    STAT = "stat"


class End(StrEnum):
    """How a task ended. All but `done` say why in words."""

    DONE = "done"
    DECLINED = "declined"
    MOVED = "moved"
    DIED = "died"
    DUPLICATE = "duplicate"
    NOT_NEEDED = "not-needed"
    NOT_DONE = "not-done"


END_WORDS = {
    End.DONE: term("Done"),
    End.DECLINED: term("Patient declined"),
    End.MOVED: term("Patient moved away"),
    End.DIED: term("Patient died"),
    End.DUPLICATE: term("Asked for twice"),
    End.NOT_NEEDED: term("No longer needed"),
    End.NOT_DONE: term("Not done at the visit"),
}

ANYONE = "anyone"
ANYONE_WORDS = term("Anyone here")


def with_what_they_lead(roles: frozenset[Role]) -> frozenset[Role]:
    """A lead MA is an MA too, and takes what any MA may take."""
    return roles | {Role.MA} if Role.LEAD_MA in roles else roles


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Those who may take it: everybody in a role (None: anybody on the staff), narrowed by what is not empty."""

    role: Role | None
    pod: str = ""
    language: str = ""
    competency: str = ""

    @property
    def words(self) -> str:
        """The role, for the record; pages add the pod and the rest."""
        return ANYONE_WORDS if self.role is None else ROLE_WORDS[self.role]


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """One time that a late task was sent on. `to` is a role or a person; `next_at` is when it is sent on again."""

    at: datetime
    role: Role
    person: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the lead has put a task among the others of its pool: 1 comes first. `why` is shown to who sees it."""

    rank: int
    by: str
    why: str

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError("Places are counted from 1.")
        if not self.why.strip():
            raise ValueError("Say why this comes first; the others see it.")


@dataclass(frozen=True, kw_only=True)
class WorkTask:
    """One task. References are `Type/id`; `site` is a Location's id; instants are aware.

    `words` say what to do without naming a patient. `asks_for` is a resource type: the task is done when such a
    record about its patient exists (`produced`). `waits_for` are references of what must come first. `not_before`
    keeps it off every list until then; `due_at` is the promised time.
    """

    id: str = ""
    code: Coding
    words: str = ""
    status: str = "requested"
    priority: Priority = Priority.ROUTINE
    kind: Kind = Kind.CLINICAL
    patient: str = ""
    encounter: str = ""
    focus: str = ""
    site: str = ""
    owner: str = ""
    pool: Pool | None = None
    due_at: datetime | None = None
    not_before: datetime | None = None
    remind_at: datetime | None = None
    waiting_on: str = ""
    waits_for: tuple[str, ...] = ()
    authored_at: datetime | None = None
    requester: str = ""
    part_of: str = ""
    based_on: tuple[str, ...] = ()
    instantiates: str = ""
    asks_for: str = ""
    needs_order: str = ""
    """The code of what a provider must have ordered; a standing order that allows it (`based_on`) stands in."""
    produced: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    pinned_by: tuple[str, ...] = ()
    place: Place | None = None
    end: End | None = None
    end_words: str = ""
    duplicate_of: str = ""
    ended_at: datetime | None = None
    version: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        for name in ("due_at", "not_before", "remind_at", "authored_at", "ended_at"):
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise ValueError(f"A task's {name} has a time zone.")
        if self.due_at and self.not_before and self.due_at < self.not_before:
            raise ValueError("A task cannot be due before it begins.")

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def said(self) -> str:
        """What to do, in words."""
        return self.words or self.code.display
