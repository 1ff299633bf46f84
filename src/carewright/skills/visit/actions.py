"""The writes of a visit. Each is one transaction that carries the actor and the reason.

The steps and who may take them are in rules.py (docs/visit-states.md); what another skill's records owe to a step
(the room, the appointment) are effects of those skills.
"""

import uuid
from datetime import datetime

from carewright.core.store.model import Ref, Resource
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.core.work.tasks import labelled, new_task, of_visit, with_status
from carewright.skills.visit import queries, rules
from carewright.skills.visit.codes import FLOW_TASKS, NAME_AND_BIRTH_DATE
from carewright.skills.visit.fhir import to_fhir, visit_number
from carewright.skills.visit.model import Stage, Transition, Visit, VisitStatus
from carewright.skills.visit.queries import OpenVisit


def check_in(
    writer: Writer,
    *,
    patient: str,
    visit_type: Coding,
    at: datetime,
    site: str,
    provider: str | None = None,
    appointment: str | None = None,
    reason: str = "",
) -> Ref:
    """The patient is here: make the visit, from an appointment or as a walk-in. References are `Type/id`.

    An appointment has one visit: KeyTaken, with the visit that holds it, if somebody else has checked it in already.
    The visit and its tasks say what the appointment said, and are as sensitive as it and the patient are.
    """
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason="visit.check-in") as reader:
        labels = queries.labels_of(reader, patient, appointment)
    step = rules.transition(VisitStatus.BOOKED, "check_in", roles=writer.access.roles)
    visit = Visit(
        patient=patient,
        type=visit_type,
        stages=(Stage(status=step.target, since=at),),
        reason=reason,
        provider=provider,
        appointment=appointment,
        site=site,
    )
    with writer.transaction(reason="visit.check-in") as tx:
        number = visit_number(writer.access.actor.practice, str(uuid.uuid4()))
        ref = tx.create(labelled({**to_fhir(visit), "identifier": [number]}, labels))
        for code, status in step.tasks:
            _put(tx, labelled(new_task(ref.id, code, patient=patient, at=at, status=status), labels))
        if appointment:
            tx.claim("visit of an appointment", appointment, holder=ref)
    return ref


def take_step(
    writer: Writer, *, encounter_id: str, action: str, at: datetime, version: int, room: str | None = None
) -> VisitStatus:
    """Take the step `action` of the state table; `version` is the one that the screen showed.

    NotAllowed with the reason in words, Conflict if the visit has moved on since, Refused by the readiness guard.
    """
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason=f"visit.{action}") as reader:
        found = queries.open_visit(reader, encounter_id)
        tasks = queries.flow_tasks(reader, encounter_id)
        step = rules.transition(found.visit.status, action, roles=writer.access.roles)
        rules.check_ready(action, queries.readiness(reader, encounter_id))
    after = rules.advance(found.visit, step, at=at, room=room)
    with writer.transaction(reason=f"visit.{action}") as tx:
        tx.update(to_fhir(after, onto=found.encounter), version=version)
        _set_tasks(tx, found, step, tasks, at=at)
        if step.target is VisitStatus.BOOKED and found.visit.appointment:
            tx.release("visit of an appointment", found.visit.appointment, holder=found.ref)
    return step.target


def move_to_room(writer: Writer, *, encounter_id: str, room: str, at: datetime, version: int) -> None:
    """The patient goes to another room; the status stays."""
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason="visit.move-to-room") as reader:
        found = queries.open_visit(reader, encounter_id)
    after = rules.move(found.visit, to=room, at=at)
    with writer.transaction(reason="visit.move-to-room") as tx:
        tx.update(to_fhir(after, onto=found.encounter), version=version)


def check_identity(writer: Writer, *, encounter_id: str, at: datetime) -> None:
    """Name and birth date were said and they match."""
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason="visit.check-identity") as reader:
        found = queries.open_visit(reader, encounter_id)
        task = reader.resource_or_none(of_visit(encounter_id, NAME_AND_BIRTH_DATE))
    made = new_task(encounter_id, NAME_AND_BIRTH_DATE, patient=found.visit.patient, at=at)
    task = task or labelled(made, found.labels)
    with writer.transaction(reason="visit.check-identity") as tx:
        _put(tx, with_status(task, "completed", at=at, by=writer.access.actor.reference))


def assign(
    writer: Writer, *, encounter_id: str, version: int, provider: str | None = None, assistant: str | None = None
) -> None:
    """Give the visit to another provider or MA; None leaves that person as is."""
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason="visit.assign") as reader:
        found = queries.open_visit(reader, encounter_id)
    after = rules.assigned(found.visit, provider=provider, assistant=assistant)
    with writer.transaction(reason="visit.assign") as tx:
        tx.update(to_fhir(after, onto=found.encounter), version=version)


def _set_tasks(
    tx: Transaction, found: OpenVisit, step: Transition, tasks: dict[str, Resource], *, at: datetime
) -> None:
    """Bring the flow tasks to what the step says; those that do not change are not written."""
    before = {code: task["status"] for code, task in tasks.items()}
    codes = {code.code: code for code in FLOW_TASKS}
    for code, status in rules.task_statuses(step, before).items():
        if code not in tasks:
            made = new_task(found.visit.id, codes[code], patient=found.visit.patient, at=at, status=status)
            _put(tx, labelled(made, found.labels))
        elif before[code] != status:
            _put(tx, with_status(tasks[code], status, at=at, by=tx.access.actor.reference))


def _put(tx: Transaction, task: Resource) -> None:
    version = task.get("meta", {}).get("versionId")
    tx.put(task, version=int(version) if version else None)
