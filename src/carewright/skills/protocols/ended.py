"""What becomes of a visit's own tasks when the visit ends, and when the patient comes back after all."""

from collections.abc import Sequence

from carewright.core.access.model import Role
from carewright.core.store.hooks import Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref
from carewright.core.work import lifecycle
from carewright.core.work.fhir import from_fhir as from_task
from carewright.core.work.fhir import modified
from carewright.core.work.fhir import to_fhir as to_task
from carewright.core.work.model import End, Kind, WorkTask
from carewright.skills.protocols.codes import OWN_TASKS, ROLES_OF, TASKS
from carewright.skills.protocols.rules.choosing import task_id

BY_MISTAKE = "entered-in-error"
NOT_SEEN = frozenset({"cancelled", BY_MISTAKE})
SEEN = "finished"
AGAIN = frozenset({"arrived", "in-progress"})
"""Statuses of an Encounter (docs/visit-states.md): nobody was seen; somebody is here."""

VISIT_ENDED = "The visit ended without it."
"""Why a task ended with its visit; the same words tell which ones come back with the patient."""


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
    changed = []
    for stored in loaded if ends or returns else ():
        task = from_task(stored)
        if ends and _is_over(task, after):
            how = End.NOT_DONE if after == SEEN else End.NOT_NEEDED
            after_task = lifecycle.end(task, how=how, why=VISIT_ENDED, at=context.now)
        elif returns and task.end in (End.NOT_NEEDED, End.NOT_DONE) and task.end_words == VISIT_ENDED:
            after_task = lifecycle.reopen(task)
        else:
            continue
        changed.append(Put(resource=modified(to_task(after_task, onto=stored), at=context.now), version=task.version))
    return changed


def _is_over(task: WorkTask, status: object) -> bool:
    """Whether an open task is over with a visit that ended with this status. What is quiet is the room's own."""
    if not task.is_open or status == BY_MISTAKE:
        return task.is_open
    return task.kind is Kind.QUIET if status == SEEN else Role.MA in ROLES_OF[task.code.code]
