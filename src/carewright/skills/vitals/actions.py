"""The writes of vital signs. Each is one transaction that carries the actor and the reason.

What a critical reading asks for (the task that holds "ready") is an effect, so that it also follows a reading that
came through the API: see skill.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from carewright.core.store.model import Ref
from carewright.core.store.once import claim_form
from carewright.core.store.reader import Reader
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work.tasks import CRITICAL_VITAL_TOLD, of_visit, with_status
from carewright.skills.vitals import fhir, queries
from carewright.skills.vitals.model import Kind, Reading
from carewright.skills.vitals.rules import critical
from carewright.skills.vitals.rules.findings import check_possible
from carewright.skills.vitals.rules.typed import bmi


def record(writer: Writer, *, readings: Sequence[Reading], form_key: str = "") -> list[Ref]:
    """Write readings of one patient together, or none of them; a BMI follows where weight and height are there.

    ValueError for readings of several patients, NotPossible for a number that no patient can have, KeyTaken if the
    form with `form_key` was saved before.
    """
    writer.access.require_action("vitals.record")
    if len({reading.patient for reading in readings}) != 1:
        raise ValueError("Vital signs are recorded for one patient at a time.")
    for reading in readings:
        check_possible(reading)
    with writer.transaction(reason="vitals.record") as tx:
        refs = [tx.create(fhir.to_fhir(_by(reading, writer))) for reading in readings]
        _add_bmi(tx, readings, refs)
        claim_form(tx, form_key, holder=refs[0])
    return refs


def correct(writer: Writer, *, observation_id: str, version: int, reading: Reading) -> None:
    """Put the right number in place of a wrong one: a new version, `corrected`; the old one stays in the history.

    Conflict, with what stands now, if somebody else has changed it since `version` was shown.
    """
    writer.access.require_action("vitals.record")
    check_possible(reading)
    changed = fhir.to_fhir(_by(replace(reading, id=observation_id, status="corrected"), writer))
    with writer.transaction(reason="vitals.correct") as tx:
        tx.update(changed, version=version)


def charted_by_mistake(writer: Writer, *, observation_id: str, version: int) -> None:
    """Retract a reading: the value stays readable, and counts no more."""
    writer.access.require_action("vitals.record")
    with writer.store.reader(writer.access, reason="vitals.charted-by-mistake") as reader:
        found = queries.recorded(reader, observation_id)
    with writer.transaction(reason="vitals.charted-by-mistake") as tx:
        tx.update(fhir.by_mistake(found.observation), version=version)


def tell(writer: Writer, *, encounter_id: str, whom: str, name: str, at: datetime) -> None:
    """Somebody (`Practitioner/…`, `name` in words) was told of every critical reading still untold in this visit."""
    with (
        writer.store.reader(writer.access, reason="vitals.tell") as reader,
        writer.transaction(reason="vitals.tell") as tx,
    ):
        plan_tell(tx, reader, encounter_id=encounter_id, whom=whom, name=name, at=at)


def plan_tell(tx: Transaction, reader: Reader, *, encounter_id: str, whom: str, name: str, at: datetime) -> None:
    """Plan the telling in a transaction that an action has begun. Nothing, where no critical reading is untold."""
    tx.access.require_action("vitals.record")
    task_ref = of_visit(encounter_id, CRITICAL_VITAL_TOLD)
    if not reader.rows("task", where={"id": task_ref.id, "is_open": 1}):
        return
    task = reader.resource(task_ref)
    by = tx.access.actor.reference
    for entry in critical.untold(task):
        tx.create(
            fhir.told_to_fhir(
                entry,
                patient=task["for"]["reference"],
                encounter=f"Encounter/{encounter_id}",
                sender=by,
                whom=whom,
                at=at.isoformat(timespec="seconds"),
            )
        )
    done = with_status(critical.told(task, name=name, at=at), "completed", at=at, by=by)
    tx.update(done, version=int(task["meta"]["versionId"]))


def _by(reading: Reading, writer: Writer) -> Reading:
    return replace(reading, performer=reading.performer or writer.access.actor.reference)


def _add_bmi(tx: Transaction, readings: Sequence[Reading], refs: Sequence[Ref]) -> None:
    """A BMI from a weight and a height that were taken together, derived from both."""
    by_kind = {reading.kind: (reading, ref) for reading, ref in zip(readings, refs, strict=True) if reading.value}
    if Kind.WEIGHT not in by_kind or Kind.HEIGHT not in by_kind:
        return
    (weight, weight_ref), (height, height_ref) = by_kind[Kind.WEIGHT], by_kind[Kind.HEIGHT]
    value = bmi(weight.value, height.value) if weight.value and height.value else None
    if value is not None:
        computed = replace(weight, kind=Kind.BMI, value=value, site="", method="")
        tx.create(fhir.to_fhir(computed, derived_from=[str(weight_ref), str(height_ref)]))
