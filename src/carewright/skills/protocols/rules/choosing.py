"""Which protocols a visit gets, and the tasks that one of them brings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import Kind, Pool, WorkTask
from carewright.core.work.whom import Facts, Whom
from carewright.skills.protocols.codes import ROLES_OF, TASKS
from carewright.skills.protocols.fhir import canonical_of, id_of
from carewright.skills.protocols.model import MadeBy, ProtocolTask, Version

CLAIM = "protocol"
"""Key claims of this kind: a protocol has been applied to what its key names."""
WITHIN_THE_VISIT = timedelta(hours=12)
"""What was due so long after the visit began belongs to the visit; what is due later (a recall) outlives it."""
LONGEST_ID = 64
"""FHIR R4: https://hl7.org/fhir/R4/datatypes.html#id"""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What lists show of a protocol. `number` is the store's version, `label` the practice's count."""

    name: str
    title: str
    about: str
    active: bool
    by_hand: bool
    visit_types: tuple[str, ...]
    whom: Whom
    tasks: int
    made_by: MadeBy
    label: str
    number: int
    made_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a protocol is applied to. `ref` is an Encounter, an Appointment, or what was asked for (a Communication).

    `start` is when the visit starts; where there is none, the moment itself. `site` is a Location's id.
    """

    ref: str
    patient: str
    start: datetime
    site: str = ""

    @property
    def encounter(self) -> str:
        return self.ref if self.ref.startswith("Encounter/") else ""


def of_visit(cards: Iterable[Card], *, visit_type: str, facts: Facts, on: date) -> list[Card]:
    """The protocols that a visit of this kind gets by itself: all that is asked for must be known to hold."""
    fitting = _of_kind(cards, visit_type)
    return [card for card in fitting if not card.by_hand and card.whom.holds(facts, on=on)]


def offered(cards: Iterable[Card], *, visit_type: str, facts: Facts, on: date) -> list[Card]:
    """The protocols that somebody may choose for it: by hand, or where something is not known."""
    fitting = _of_kind(cards, visit_type)
    return [
        card
        for card in fitting
        if (holds := card.whom.holds(facts, on=on)) is not False and (card.by_hand or holds is None)
    ]


def _of_kind(cards: Iterable[Card], visit_type: str) -> list[Card]:
    return [card for card in cards if card.active and visit_type in card.visit_types]


def tasks_of(version: Version, subject: Subject, *, facts: Facts, now: datetime, by: str) -> list[WorkTask]:
    """The tasks that a protocol brings here. What is not known leaves no task out: a needless one is ended, a missing
    one is never seen. Nothing is late before it exists."""
    on = subject.start.date()
    return [
        _task(version, task, subject, now=now, by=by)
        for task in version.protocol.tasks
        if task.only_if.holds(facts, on=on) is not False
    ]


def _task(version: Version, task: ProtocolTask, subject: Subject, *, now: datetime, by: str) -> WorkTask:
    name = version.protocol.name
    due_at = max(task.due.at(start=subject.start, now=now), now)
    begins = task.not_before.at(start=subject.start, now=now) if task.not_before else None
    known = TASKS[task.code]
    return WorkTask(
        id=task_id(subject.ref, task.key),
        code=Coding(known.system, known.code, known.display),
        words=task.words,
        kind=Kind.QUIET if _is_of_the_room(version, task, subject, now=now) else task.kind,
        patient=subject.patient,
        encounter=subject.encounter,
        focus=subject.ref,
        site=subject.site,
        pool=Pool(role=task.role, competency=task.competency),
        due_at=due_at,
        not_before=min(begins, due_at) if begins and begins > now else None,
        authored_at=now,
        requester=by,
        based_on=(f"PlanDefinition/{id_of(name)}",),
        needs_order=task.standing_order,
        instantiates=canonical_of(name, version.label),
    )


def _is_of_the_room(version: Version, task: ProtocolTask, subject: Subject, *, now: datetime) -> bool:
    """Whether it is done while the patient is in the room. The board says how long a patient waits; a provider who is
    told of every cuff that is late would soon read none of it. What follows a judgment is watched."""
    if not subject.encounter or task.role is not Role.MA:
        return False
    due_at = task.due.at(start=subject.start, now=now)
    judged = (t.due.at(start=subject.start, now=now) for t in version.protocol.tasks if is_judged(t.code))
    return due_at < min([subject.start + WITHIN_THE_VISIT, *judged])


def is_judged(code: str) -> bool:
    """Whether such a task is a licensed person's, and theirs alone."""
    roles = ROLES_OF[code]
    return bool(roles & {Role.NURSE, Role.PROVIDER}) and Role.MA not in roles


def key_of(name: str, subject: Ref) -> str:
    """The key that says: this protocol has been applied to this."""
    return f"{name} {subject}"


def task_id(subject: str, key: str) -> str:
    """The id of a task: what it is for and its key, as the visit's own tasks have it, so that two protocols of one
    visit that ask for the same make one task."""
    plain = f"{subject.partition('/')[2]}-{key}"
    if len(plain) <= LONGEST_ID:
        return plain
    return f"p-{blake2b(f'{subject} {key}'.encode(), digest_size=24).hexdigest()}"
