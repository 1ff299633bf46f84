"""The writes of a critical call: ring, read back. Answering is taking its task (core.work.actions.start)."""

from dataclasses import replace
from datetime import datetime

from carewright.core.access.model import Role
from carewright.core.sentences import sentence
from carewright.core.store.model import Conflict, NotFound, Ref, Refused, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work import lifecycle
from carewright.core.work.escalation import FIRST_RING
from carewright.core.work.model import Kind, Pool, Priority, WorkTask, derived_id
from carewright.skills.critical_calls import fhir, queries
from carewright.skills.critical_calls.codes import CRITICAL_CALL, READ_BACK, TOLD_IN_PERSON
from carewright.skills.critical_calls.model import CriticalCall

CALL = "critical-calls.call"


def ring(writer: Writer, *, encounter_id: str, patient: str, site: str, whom: str, at: datetime) -> str:
    """Ring `whom` (`Practitioner/…`) about a visit; the id of the call. One that rings already goes on ringing."""
    writer.access.require_action(CALL)
    with writer.store.reader(writer.access, reason="critical-calls.ring") as reader:
        earlier = queries.of_visit(reader, encounter_id)
    ringing = next((call for call in earlier if call.is_open), None)
    if ringing is not None:
        return ringing.id
    task_id = derived_id(encounter_id, f"critical-{len(earlier) + 1}")
    task = WorkTask(
        id=task_id, code=CRITICAL_CALL, priority=Priority.STAT, kind=Kind.CRITICAL, patient=patient,
        encounter=f"Encounter/{encounter_id}", focus=f"Encounter/{encounter_id}", site=site, owner=whom,
        pool=Pool(role=Role.PROVIDER), due_at=at.replace(microsecond=0) + FIRST_RING, asks_for="Communication",
    )  # fmt: skip
    try:
        with writer.transaction(reason="critical-calls.ring") as tx:
            work.plan(tx, task=task, by=writer.access.actor.reference, at=at)
    except Conflict:
        return task_id  # somebody else called in the same moment: it rings
    return task_id


def read_back(writer: Writer, *, call_id: str, at: datetime) -> None:
    """Whoever answered has said the number back. Refused while nobody has answered; NotFound for what is no call."""
    with (
        writer.store.reader(writer.access, reason="critical-calls.read-back") as reader,
        writer.transaction(reason="critical-calls.read-back") as tx,
    ):
        plan_read_back(tx, reader, call_id=call_id, at=at)


def plan_read_back(tx: Transaction, reader: Reader, *, call_id: str, at: datetime) -> None:
    """Plan the read-back in a transaction that an action has begun, so that what else it settles stands with it."""
    tx.access.require_action(CALL)
    call, stored = _read(reader, call_id)
    if not call.is_open:
        return
    if not call.answered or not call.ringing:
        raise Refused("critical-call", sentence("Nobody has answered yet. It goes on ringing."))
    _plan_told(tx, call, stored, whom=call.ringing, how=READ_BACK, at=at)


def plan_told_in_person(tx: Transaction, reader: Reader, *, encounter_id: str, whom: str, at: datetime) -> None:
    """Somebody was told without the call: plan that what rings about this visit ends, and says whom."""
    tx.access.require_action(CALL)
    for ringing in queries.of_visit(reader, encounter_id):
        if ringing.is_open:
            _plan_told(tx, *_read(reader, ringing.id), whom=whom, how=TOLD_IN_PERSON, at=at)


def _read(reader: Reader, call_id: str) -> tuple[CriticalCall, Resource]:
    ref = Ref("Task", call_id)
    stored = reader.resource(ref)
    call = fhir.from_task(work_fhir.from_fhir(stored))
    if call is None:
        raise NotFound(f"{ref} is no critical call.")
    return call, stored


def _plan_told(tx: Transaction, call: CriticalCall, stored: Resource, *, whom: str, how: str, at: datetime) -> None:
    told = tx.create(fhir.told_to_fhir(call, whom=whom, by=tx.access.actor.reference, how=how, at=at))
    task = replace(work_fhir.from_fhir(stored), owner=whom)
    work.plan_change(tx, stored, lifecycle.done(task, at=at, produced=[str(told)]), at=at)
