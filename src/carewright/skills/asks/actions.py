"""The writes of asks: asked, on it, can't now. One Task for each job of a visit: to press twice asks once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.labels import labelled
from carewright.core.store.model import Ref, Resource
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work import lifecycle
from carewright.core.work.model import Priority, WorkTask
from carewright.skills.asks import fhir, rules
from carewright.skills.asks.rules import Ask

ASK, ANSWER = "asks.ask", "asks.answer"


def ask(writer: Writer, *, asked: Ask, at: datetime, labels: Sequence[Resource] = ()) -> Ref:
    """Ask for a job at a visit; of one that is asked for and open, the Task that there is. `labels` are the visit's.

    What was done before can be asked for again: the same Task opens anew. AccessDenied, Conflict.
    """
    writer.access.require_action(ASK)
    ref = rules.task_of(asked.encounter, asked.job.code)
    with writer.store.reader(writer.access, reason="asks.ask") as reader:
        stored = reader.resource_or_none(ref)
    if stored is not None and work_fhir.from_fhir(stored).is_open:
        return ref
    task = _task(asked, ref.id, by=writer.access.actor.reference, at=at.replace(microsecond=0))
    with writer.transaction(reason="asks.ask") as tx:
        if stored is None:
            tx.create(labelled(work_fhir.to_fhir(task), labels), resource_id=ref.id)
        else:
            onto = fhir.anew(stored)
            tx.update(
                work_fhir.modified(work_fhir.to_fhir(task, onto=onto), at=at),
                version=int(stored["meta"]["versionId"]),
            )
    return ref


def on_it(writer: Writer, *, task_id: str, at: datetime) -> None:
    """Somebody does it: whoever asked sees that. NotNow if somebody else was faster, or it is no ask."""
    writer.access.require_action(ANSWER)
    by = writer.access.actor.reference

    def change(task: WorkTask, stored: Resource) -> Resource:
        begun = replace(lifecycle.start(task, by=by), due_at=at.replace(microsecond=0) + rules.DO_WITHIN)
        return fhir.answered(work_fhir.to_fhir(begun, onto=stored), at=at)

    _change(writer, task_id, change, at=at, reason="asks.on-it")


def cannot(writer: Writer, *, task_id: str, at: datetime) -> None:
    """This person cannot do it now: it goes to the pool, and does not pop up for them again. NotNow."""
    writer.access.require_action(ANSWER)
    by = writer.access.actor.reference

    def change(task: WorkTask, stored: Resource) -> Resource:
        if task.owner not in ("", by):
            raise lifecycle.NotNow(lifecycle.TAKEN)
        return fhir.declined(work_fhir.to_fhir(lifecycle.put_back(task), onto=stored), by=by)

    _change(writer, task_id, change, at=at, reason="asks.cannot")


def _task(asked: Ask, task_id: str, *, by: str, at: datetime) -> WorkTask:
    return WorkTask(
        id=task_id, code=asked.job, words=asked.job.display, priority=Priority.ASAP, patient=asked.patient,
        encounter=asked.encounter, site=asked.site, owner=asked.to, pool=asked.pool,
        due_at=rules.due_at(asked_at=at), authored_at=at, requester=by,
    )  # fmt: skip


def _change(
    writer: Writer, task_id: str, change: Callable[[WorkTask, Resource], Resource], *, at: datetime, reason: str
) -> None:
    work.require_may(writer, task_id)
    with writer.store.reader(writer.access, reason=reason) as reader:
        stored = reader.resource(Ref("Task", task_id))
    if not fhir.is_ask(stored):
        raise lifecycle.NotNow(sentence("Nobody asks for this."))
    changed = work_fhir.modified(change(work_fhir.from_fhir(stored), stored), at=at.replace(microsecond=0))
    with writer.transaction(reason=reason) as tx:
        tx.update(changed, version=int(stored["meta"]["versionId"]))
