"""What the vitals skill declares: permissions, and the task that a critical reading leaves behind."""

from collections.abc import Sequence

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.core.store.hooks import Effect, Extra, Put, Write, WriteContext
from carewright.core.store.model import Ref, Resource
from carewright.core.work.tasks import CRITICAL_VITAL_TOLD, new_task, of_visit, with_status
from carewright.skills.vitals import codes
from carewright.skills.vitals.fhir import from_fhir
from carewright.skills.vitals.model import Reading, sign_of
from carewright.skills.vitals.queries import subject_of
from carewright.skills.vitals.rules import critical
from carewright.skills.vitals.rules.findings import is_critical


def _reads(write: Write) -> list[Ref]:
    """The patient, for the age; and the visit's task, if the reading belongs to a visit."""
    return _read_for(_vital_sign(write))


def _read_for(reading: Reading | None) -> list[Ref]:
    if reading is None or reading.encounter is None:
        return []
    patient = Ref("Patient", reading.patient.removeprefix("Patient/"))
    return [patient, of_visit(reading.encounter.removeprefix("Encounter/"), CRITICAL_VITAL_TOLD)]


def critical_vital(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A critical reading opens the visit's task; one that counts no more, or is no longer critical, leaves it."""
    reading = _vital_sign(write)
    reads = _read_for(reading)
    if not reads or reading is None or reading.encounter is None:
        return []
    patient_ref, task_ref = reads
    task = context.loaded.get(task_ref)
    if _is_critical(reading, context.loaded.get(patient_ref)):
        encounter_id = reading.encounter.removeprefix("Encounter/")
        task = task or new_task(encounter_id, CRITICAL_VITAL_TOLD, patient=reading.patient, at=context.now)
        listed = critical.with_reading(task, observation=str(write.ref), sign=sign_of(reading.kind))
        return [_put(with_status(listed, "requested", at=context.now))]
    if task is None or str(write.ref) not in {entry["valueReference"]["reference"] for entry in task.get("input", ())}:
        return []
    left = critical.without_reading(task, observation=str(write.ref))
    status = "requested" if critical.untold(left) else "completed" if left["input"] else "cancelled"
    return [_put(with_status(left, status, at=context.now))]


def _vital_sign(write: Write) -> Reading | None:
    """The reading that is written, if it belongs to a visit: asked for several times in every write of one."""
    after = write.after
    if after is None or "subject" not in after or "encounter" not in after:
        return None
    return from_fhir(after) if any(codes.VITAL_SIGNS.matches(c) for c in after.get("category", ())) else None


def _is_critical(reading: Reading, patient: Resource | None) -> bool:
    subject = subject_of(patient) if patient else None
    if subject is None or reading.status == "entered-in-error" or reading.at.date() < subject.birth_date:
        return False
    return is_critical(reading, subject=subject)


def _put(task: Resource) -> Put:
    present = {name: value for name, value in task.items() if value != []}
    return Put(resource=present)


MANIFEST = Manifest(
    name="vitals",
    doc="Vital signs: typed in the unit of the device, checked beside the field, kept with every reading.",
    permissions=(
        may_see("vitals.see", CLINICAL, on=("Observation", "Communication", "Patient"), doc="See vital signs."),
        may_write(
            "vitals.record",
            CLINICAL,
            on=("Observation", "Communication", "Task"),
            doc="Record, correct and retract vital signs; say who was told of a critical one.",
        ),
    ),
    effects=(
        Effect(
            name="critical-vital",
            types=frozenset({"Observation"}),
            apply=critical_vital,
            reads=_reads,
            doc="A critical vital sign opens a task of its visit that ends when somebody was told.",
        ),
    ),
    task_codes=tasks_for(CLINICAL, CRITICAL_VITAL_TOLD),
)
