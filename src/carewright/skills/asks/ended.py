"""What was asked for at a visit ends with it. Pure: a write in, more writes out."""

from collections.abc import Sequence

from carewright.core.store.hooks import Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref
from carewright.core.work import lifecycle
from carewright.core.work.fhir import from_fhir, modified, to_fhir
from carewright.core.work.model import End
from carewright.skills.asks.codes import JOB
from carewright.skills.asks.rules import task_of

HERE = frozenset({"arrived", "triaged", "in-progress", "onleave"})
"""Statuses of an Encounter whose patient is in the house."""
VISIT_ENDED = "The visit ended without it."


def of_ended_visit(write: Write) -> list[Ref]:
    """The asks that there may be of a visit that ends."""
    before, after = ((found or {}).get("status") for found in (write.before, write.after))
    return [task_of(str(write.ref), code) for code in JOB] if before in HERE and after not in HERE else []


def end_with_visit(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Nobody comes to an empty room: what is still asked for was not done at the visit."""
    changed = []
    for ref in of_ended_visit(write):
        stored = context.loaded.get(ref)
        task = from_fhir(stored) if stored is not None else None
        if stored is None or task is None or not task.is_open:
            continue
        over = lifecycle.end(task, how=End.NOT_DONE, why=VISIT_ENDED, at=context.now)
        changed.append(Put(resource=modified(to_fhir(over, onto=stored), at=context.now), version=task.version))
    return changed
