"""What may wait on a short day, and whose load is what. Plain values: no store, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from carewright.core.access.model import Role
from carewright.core.work import lifecycle
from carewright.core.work.model import OTHER, Kind, Pool, Priority, WorkTask
from carewright.core.work.priority import Item
from carewright.skills.incoming.codes import MATCH, NAME

UNREAD = frozenset({MATCH.code, NAME.code})
"""A paper may be a discharge or a critical result until somebody has looked at it."""
POOL = "pool"
"""Instead of a person: everybody of the task's pool."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What somebody has now: open tasks, those that are late, visits in the house."""

    open: int = 0
    late: int = 0
    visits: int = 0


def can_wait(item: Item, *, before: datetime) -> bool:
    """Whether a task may be put off on a short day: clerical, routine, due before `before`, of no special note, and not
    about a paper that nobody has read."""
    due = item.due_at is not None and item.due_at < before
    begun = item.not_before is None or item.not_before < before
    plain = item.kind is Kind.CLERICAL and item.priority is Priority.ROUTINE and not item.level and item.place is None
    return plain and due and begun and item.code not in UNREAD


def is_known_to_wait(item: Item) -> bool:
    """Whether the product knows what it is. Of what somebody typed, whoever leads says whether it can wait."""
    return item.code != OTHER.code


def is_for_today(item: Item, *, before: datetime) -> bool:
    """Whether it waits on its owner today: what begins later does not."""
    return item.not_before is None or item.not_before < before


def load_of(items: Iterable[Item], *, now: datetime, visits: int) -> Load:
    """The load of one person by their open tasks that have begun."""
    begun = [item for item in items if item.not_before is None or item.not_before <= now]
    late = sum(item.due_at is not None and item.due_at < now for item in begun)
    return Load(open=len(begun), late=late, visits=visits)


def handed_over(task: WorkTask, *, to: str) -> WorkTask:
    """The task at somebody else, or at everybody of its pool (the leads, where it has none); it goes on waiting for
    what it waits for."""
    pool = task.pool or (Pool(role=Role.LEAD_MA) if to == POOL else None)
    owner = "" if to == POOL else to
    if task.status == "on-hold":
        return replace(task, owner=owner, pool=pool)
    return lifecycle.hand_over(task, to=owner, pool=pool)
