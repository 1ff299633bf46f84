"""What becomes of a visit's own tasks when the visit ends, and when the patient comes back after all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.dates import interval
from carewright.core.store.hooks import Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref, Resource
from carewright.core.work import lifecycle
from carewright.core.work.fhir import from_fhir as from_task
from carewright.core.work.fhir import modified
from carewright.core.work.fhir import to_fhir as to_task
from carewright.core.work.model import End, WorkTask
from carewright.skills.protocols.codes import OWN_TASKS, ROLES_OF, TASKS
from carewright.skills.protocols.rules.choosing import task_id

BY_MISTAKE = "entered-in-error"
NOT_SEEN = frozenset({"cancelled", BY_MISTAKE})
SEEN = "finished"
AGAIN = frozenset({"arrived", "in-progress"})
"""Statuses of an Encounter (docs/visit-states.md): nobody was seen; somebody is here."""

VISIT_ENDED = "The visit ended without it."
"""Why a task ended with its visit; the same words tell which ones come back with the patient."""
WITHIN_THE_VISIT = timedelta(hours=12)
"""What was due so long after the visit began belongs to the visit; what is due later (a recall) outlives it."""


def of_ended_visit(write: Write) -> list[Ref]:
    """The tasks that a protocol may have brought to a visit that ends, or comes back."""
    before, after = ((found or {}).get("status") for found in (write.before, write.after))
    if before == after or after not in NOT_SEEN | AGAIN | {SEEN}:
        return []
    return [Ref("Task", task_id(str(write.ref), code)) for code in TASKS if code not in OWN_TASKS]


def end_with_visit(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Who left without being seen, or was checked in by mistake, needs nothing prepared; a judgment stays owed.

    What was to be done in the room, and was not when the patient went home, is over too, and says so: it was not done.
    What follows a licensed person's judgment is not: somebody still tells the patient.
    """
    before, after = ((found or {}).get("status") for found in (write.before, write.after))
    ends, returns = before in AGAIN and after not in AGAIN, before not in AGAIN and after in AGAIN
    loaded = [stored for ref in of_ended_visit(write) if (stored := context.loaded.get(ref)) is not None]
    until = _until(write.after, [from_task(stored) for stored in loaded])
    changed = []
    for stored in loaded if ends or returns else ():
        task = from_task(stored)
        if ends and _is_over(task, after, until=until):
            how = End.NOT_DONE if after == SEEN else End.NOT_NEEDED
            after_task = lifecycle.end(task, how=how, why=VISIT_ENDED, at=context.now)
        elif returns and task.end in (End.NOT_NEEDED, End.NOT_DONE) and task.end_words == VISIT_ENDED:
            after_task = lifecycle.reopen(task)
        else:
            continue
        changed.append(Put(resource=modified(to_task(after_task, onto=stored), at=context.now), version=task.version))
    return changed


def _is_over(task: WorkTask, status: object, *, until: datetime | None) -> bool:
    """Whether an open task is over with a visit that ended with this status."""
    if not task.is_open or status == BY_MISTAKE:
        return task.is_open
    if Role.MA not in ROLES_OF[task.code.code]:
        return False
    return status != SEEN or until is None or task.due_at is None or task.due_at < until


def _until(visit: Resource | None, tasks: Sequence[WorkTask]) -> datetime | None:
    """Before when what was to be done in the room was due. What follows a judgment (tell the patient) outlives it."""
    start = (visit or {}).get("period", {}).get("start")
    if not start:
        return None
    judged = [task.due_at for task in tasks if task.due_at and _is_judged(task)]
    return min([interval(start)[0] + WITHIN_THE_VISIT, *judged])


def _is_judged(task: WorkTask) -> bool:
    """Whether it is a licensed person's, and theirs alone."""
    roles = ROLES_OF[task.code.code]
    return bool(roles & {Role.NURSE, Role.PROVIDER}) and Role.MA not in roles
