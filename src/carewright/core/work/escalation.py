"""Where a late task goes, and when it is sent on again.

clinical   nurse, then the covering provider, counted in the hours in which the site is open
critical   the covering provider after the first minute, then every provider, whatever the hour
clerical   lead MA, then the manager, counted in open hours
quiet      nobody: a clock that a board shows

The last step stays: the task is late until it ends, on the top of the list it was sent to. The trail only grows.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.work.hours import Hours
from carewright.core.work.model import Escalation, Kind, Pool, Priority, WorkTask

ANSWERED_PATIENCE = timedelta(minutes=5)
"""How long whoever answered a critical call has until it was read back; then it rings on."""
FIRST_RING = timedelta(seconds=60)
"""How long a named person has for a critical value before the next one is called."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Whom a late task goes to, and how long that one has."""

    role: Role
    patience: timedelta
    covering: bool = False
    """The covering provider by name, where one is on the roster."""


LADDER: dict[Kind, tuple[Step, ...]] = {
    Kind.CLINICAL: (
        Step(role=Role.NURSE, patience=timedelta(minutes=30)),
        Step(role=Role.PROVIDER, patience=timedelta(minutes=30), covering=True),
    ),
    Kind.CRITICAL: (
        Step(role=Role.PROVIDER, patience=FIRST_RING, covering=True),
        Step(role=Role.PROVIDER, patience=FIRST_RING),
    ),
    Kind.CLERICAL: (
        Step(role=Role.LEAD_MA, patience=timedelta(hours=4)),
        Step(role=Role.MANAGER, patience=timedelta(hours=4)),
    ),
}
STAT_PATIENCE = timedelta(minutes=5)
"""A STAT waits no longer than this at any step."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """The next moment at which the clock acts on a task, and why: `late` sends it on, `remind` brings it back."""

    at: datetime
    why: str


LATE, REMIND = "late", "remind"


def next_alarm(task: WorkTask) -> Alarm | None:
    """When the clock next acts on the task; None for one that has ended, has no deadline, or has been sent to all."""
    if not task.is_open or task.kind is Kind.QUIET:
        return None
    late = _late_at(task)
    reminder = task.remind_at if task.status == "on-hold" else None
    if reminder is not None and (late is None or reminder <= late):
        return Alarm(at=reminder, why=REMIND)
    return Alarm(at=late, why=LATE) if late is not None else None


def _late_at(task: WorkTask) -> datetime | None:
    sent = task.escalations[-1] if task.escalations else None
    if sent is not None and not (task.due_at and task.due_at > sent.at):  # a later date is a new promise
        return sent.next_at
    return max(task.due_at, task.not_before) if task.due_at and task.not_before else task.due_at


def sent_on(task: WorkTask, *, at: datetime, hours: Hours, covering: str = "") -> WorkTask:
    """The late task with its next step taken at `at`. `covering` is the covering provider (`Practitioner/…`).

    Nobody's hands are emptied silently: the trail says who had it, because each version keeps its owner.
    """
    ladder = LADDER[task.kind]
    step = ladder[min(len(task.escalations), len(ladder) - 1)]
    last = len(task.escalations) + 1 >= len(ladder)
    person = covering if step.covering and covering != task.owner else ""
    sent = Escalation(
        at=at, role=step.role, person=person, next_at=None if last else _next(task, step, at=at, hours=hours)
    )
    return replace(
        task, owner=person, pool=Pool(role=step.role), status="requested", waiting_on="", remind_at=None,
        escalations=(*task.escalations, sent),
    )  # fmt: skip


def _next(task: WorkTask, step: Step, *, at: datetime, hours: Hours) -> datetime:
    patience = min(step.patience, STAT_PATIENCE) if task.priority is Priority.STAT else step.patience
    if task.kind is Kind.CRITICAL or task.priority is Priority.STAT:
        return at.astimezone(UTC) + patience
    return hours.after(at, patience)
