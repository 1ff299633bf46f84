"""What follows from a task in the same transaction: a parted one comes back, a critical one that is answered rests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from carewright.core.store.hooks import Effect, Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref
from carewright.core.work import fhir, lifecycle
from carewright.core.work.escalation import ANSWERED_PATIENCE
from carewright.core.work.model import Kind

ANSWERED = frozenset({"accepted", "in-progress"})


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


def critical_answered(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Whoever takes what rings stops the ringing, for as long as it takes to hear it and say it back."""
    if write.before is None or write.after is None:
        return []
    before, after = fhir.from_fhir(write.before), fhir.from_fhir(write.after)
    if after.kind is not Kind.CRITICAL or before.status != "requested" or after.status not in ANSWERED:
        return []
    until = context.now.astimezone(UTC).replace(microsecond=0) + ANSWERED_PATIENCE
    return [Put(resource=fhir.to_fhir(replace(after, due_at=until), onto=write.after))]


EFFECTS = (
    Effect(
        name="critical-answered",
        types=frozenset({"Task"}),
        apply=critical_answered,
        doc="A critical call that somebody has taken rings on after five minutes, not after one.",
    ),
    Effect(
        name="task-parts",
        types=frozenset({"Task"}),
        apply=part_ended,
        reads=_whole,
        doc="A task that was split waits for its parts, and comes back when the last of them has ended.",
    ),
)
