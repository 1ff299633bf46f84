"""What no writer may do to a task, whoever writes: leave it nobody's, forget that it was sent on, call it done without
what it asked for."""

from carewright.core.fhir.model import Resource
from carewright.core.fhir.references import charts_of
from carewright.core.sentences import sentence
from carewright.core.store.hooks import Guard, Write, WriteContext
from carewright.core.store.model import Ref, Refused
from carewright.core.work import fhir
from carewright.core.work.model import WorkTask

TASK = frozenset({"Task"})


def check_owned(write: Write, context: WriteContext) -> None:
    """An open task is somebody's: a person's, or a pool's."""
    if write.after is None:
        return
    task = fhir.from_fhir(write.after)
    if task.is_open and not task.owner and task.pool is None:
        raise Refused(
            "task-owned",
            sentence("An open task needs an owner (owner) or a role that may take it (performerType)."),
        )


def check_trail(write: Write, context: WriteContext) -> None:
    """That a late task was sent on stays said."""
    if write.before is None or write.after is None:
        return
    before, after = fhir.from_fhir(write.before).escalations, fhir.from_fhir(write.after).escalations
    task = fhir.from_fhir(write.after)
    if task.is_open and fhir.from_fhir(write.before).is_open and after[: len(before)] != before:
        raise Refused("task-trail", sentence("To whom a late task was sent, and when, cannot be taken back."))


def check_done(write: Write, context: WriteContext) -> None:
    """A task that asks for a record is done when that record is there, about the same patient, and counts."""
    if write.after is None or write.after.get("status") != "completed":
        return
    task = fhir.from_fhir(write.after)
    if not task.asks_for:
        return
    found = [context.loaded[ref] for ref in _produced(task) if ref in context.loaded]
    charts = charts_of(context.loaded.get(Ref.local(task.patient) or write.ref) if task.patient else None)
    if not any(_answers(record, task, charts) for record in found):
        raise Refused(
            "task-asks-for",
            sentence("This is done when the %(type)s it asks for is in the chart. Record that first.",
                     type=task.asks_for),
        )  # fmt: skip


def _answers(record: Resource, task: WorkTask, charts: frozenset[str]) -> bool:
    whose = next((record[name].get("reference") for name in ("subject", "patient", "for") if name in record), "")
    right = record.get("resourceType") == task.asks_for and (
        not task.patient or whose == task.patient or whose in charts
    )
    return right and record.get("status") != "entered-in-error"


def _produced(task: WorkTask) -> list[Ref]:
    return [found for reference in task.produced if (found := Ref.local(reference)) is not None]


def _produced_and_patient(write: Write) -> list[Ref]:
    task = fhir.from_fhir(write.after) if write.after else None
    if task is None or not task.asks_for:
        return []
    patient = Ref.local(task.patient)
    return [*_produced(task), *([patient] if patient is not None else [])]


GUARDS = (
    Guard(name="task-owned", types=TASK, check=check_owned, doc="No open task without an owner or a pool."),
    Guard(name="task-trail", types=TASK, check=check_trail, doc="The trail of a late task only grows."),
    Guard(
        name="task-asks-for",
        types=TASK,
        check=check_done,
        reads=_produced_and_patient,
        doc="A task that asks for a record is done when the record exists, about its patient, and counts.",
    ),
)
