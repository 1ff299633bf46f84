"""The one write of a reason: the patient's words on the visit."""

from dataclasses import replace

from carewright.core.store.model import Conflict, Ref
from carewright.core.store.writer import Writer
from carewright.skills.reason.fhir import from_fhir, to_fhir
from carewright.skills.reason.model import Reason
from carewright.skills.reason.rules import tidy

ATTEMPTS = 4


def write_down(
    writer: Writer, *, encounter_id: str, reasons: tuple[Reason, ...], seen: tuple[Reason, ...] | None = None
) -> None:
    """Write why the patient came. `seen` are the reasons that the screen showed (None: whatever is there).

    A visit moves on while somebody types, so only another's change of the reasons is a Conflict. ValueError for
    empty or overlong words.
    """
    writer.access.require_action("reason.write")
    told = tuple(replace(r, words=tidy(r.words), recorded_by=writer.access.actor.reference) for r in reasons)
    for attempt in range(ATTEMPTS):
        try:
            _write(writer, Ref("Encounter", encounter_id), told, seen)
        except Conflict as conflict:
            if attempt == ATTEMPTS - 1 or conflict.expected is None:
                raise
        else:
            return


def _write(writer: Writer, visit: Ref, told: tuple[Reason, ...], seen: tuple[Reason, ...] | None) -> None:
    with writer.store.reader(writer.access, reason="reason.write-down") as reader:
        stored = reader.read(visit)
        encounter = reader.resource(visit)
    if seen is not None and [r.words for r in from_fhir(encounter)] != [r.words for r in seen]:
        raise Conflict(visit, expected=None, current=stored)
    with writer.transaction(reason="reason.write-down") as tx:
        tx.update(to_fhir(told, onto=encounter), version=stored.version)
