"""What follows from a task in the same transaction: a task that was parted comes back when its last part has ended."""

from collections.abc import Sequence
from dataclasses import replace

from carewright.core.store.hooks import Effect, Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref
from carewright.core.work import fhir, lifecycle


def _whole(write: Write) -> list[Ref]:
    """The task that this one is a part of."""
    found = Ref.local(fhir.from_fhir(write.after).part_of) if write.after is not None else None
    return [found] if found is not None and found.type == "Task" else []


def part_ended(write: Write, context: WriteContext) -> Sequence[Extra]:
    """The whole waits no longer for a part that has ended."""
    if write.after is None or fhir.from_fhir(write.after).is_open:
        return []
    for ref in _whole(write):
        stored = context.loaded.get(ref)
        if stored is None:
            continue
        whole = fhir.from_fhir(stored)
        if str(write.ref) not in whole.waits_for:
            continue
        left = replace(whole, waits_for=tuple(part for part in whole.waits_for if part != str(write.ref)))
        after = lifecycle.resume(left) if left.is_open and not left.waits_for else left
        return [Put(resource=fhir.modified(fhir.to_fhir(after, onto=stored), at=context.now))]
    return []


EFFECTS = (
    Effect(
        name="task-parts",
        types=frozenset({"Task"}),
        apply=part_ended,
        reads=_whole,
        doc="A task that was split waits for its parts, and comes back when the last of them has ended.",
    ),
)
