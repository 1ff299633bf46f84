"""The writes of tasks. Each is one transaction; a step that the task cannot take says why (lifecycle.NotNow)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from carewright.core.access.delegation import decide
from carewright.core.access.model import AccessDenied
from carewright.core.sentences import sentence
from carewright.core.store.model import KeyTaken, Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work import escalation, fhir, lifecycle
from carewright.core.work.hours import Hours
from carewright.core.work.model import End, Kind, Place, Pool, Priority, WorkTask

DO, LEAD = "work.do", "work.lead"
EVENT = "work-event"
"""Key claims of this kind: what happened outside, that must make one task and not two."""
PARTS = "its parts"
_RANKS = list(Priority)


def add(writer: Writer, *, task: WorkTask, event: str = "", form_key: str = "") -> Ref:
    """A new task. For an `event` that has made one already, that one; KeyTaken if the form was sent before.

    The task's id is kept where it has one.
    """
    writer.access.require_action(DO)
    try:
        with writer.transaction(reason="work.add") as tx:
            ref = plan(tx, task=task, by=writer.access.actor.reference, at=writer.store.clock.now())
            if event:
                tx.claim(EVENT, event, holder=ref)
            claim_form(tx, form_key, holder=ref)
        return ref
    except KeyTaken as taken:
        if taken.kind == EVENT and taken.holder is not None:
            return taken.holder
        raise


def plan(tx: Transaction, *, task: WorkTask, by: str, at: datetime) -> Ref:
    """Plan a new task in a transaction that an action has begun."""
    stamped = replace(task, authored_at=(task.authored_at or at).replace(microsecond=0), requester=task.requester or by)
    return tx.create(fhir.to_fhir(stamped), resource_id=task.id or None)


def plan_change(tx: Transaction, stored: Resource, after: WorkTask, *, at: datetime) -> Ref:
    """Plan a changed task in a transaction that an action has begun; `stored` is the version that was read."""
    changed = fhir.modified(fhir.to_fhir(after, onto=stored), at=at.replace(microsecond=0))
    return tx.update(changed, version=int(stored["meta"]["versionId"]))


def take(writer: Writer, *, task_id: str, version: int | None = None) -> WorkTask:
    """I've got it. AccessDenied with the reason if this person may not do such a task."""
    require_may(writer, task_id)
    by = writer.access.actor.reference
    return _change(writer, task_id, lambda task: lifecycle.take(task, by=by), reason="work.take", version=version)


def start(writer: Writer, *, task_id: str, version: int | None = None) -> WorkTask:
    """Begin with it."""
    require_may(writer, task_id)
    by = writer.access.actor.reference
    return _change(writer, task_id, lambda task: lifecycle.start(task, by=by), reason="work.start", version=version)


def put_back(writer: Writer, *, task_id: str, version: int | None = None) -> WorkTask:
    """Let go of it, for anybody of its pool."""
    _require_own(writer, task_id)
    return _change(writer, task_id, lifecycle.put_back, reason="work.put-back", version=version)


def hand_over(
    writer: Writer, *, task_id: str, to: str = "", pool: Pool | None = None, version: int | None = None
) -> WorkTask:
    """Give one's own task (or, as the lead, anybody's) to a person or a pool."""
    _require_own(writer, task_id)
    return _change(
        writer, task_id, lambda task: lifecycle.hand_over(task, to=to, pool=pool), reason="work.hand-over",
        version=version,
    )  # fmt: skip


def hold(writer: Writer, *, task_id: str, waiting_on: str, until: datetime, version: int | None = None) -> WorkTask:
    """Wait for something; the task comes back at `until`."""
    return _change(
        writer, task_id, lambda task: lifecycle.hold(task, waiting_on=waiting_on, until=until), reason="work.hold",
        version=version,
    )  # fmt: skip


def resume(writer: Writer, *, task_id: str, version: int | None = None) -> WorkTask:
    """It waits no longer."""
    return _change(writer, task_id, lifecycle.resume, reason="work.resume", version=version)


def defer(writer: Writer, *, task_id: str, until: datetime, due_at: datetime | None = None) -> WorkTask:
    """Not before `until`. What is about a patient's safety cannot be put off (lifecycle.NotNow)."""

    def later(task: WorkTask) -> WorkTask:
        if task.kind is Kind.CRITICAL or task.priority is Priority.STAT:
            raise lifecycle.NotNow(sentence("This cannot wait. Hand it over instead."))
        return lifecycle.defer(task, until=until, due_at=due_at)

    return _change(writer, task_id, later, reason="work.defer")


def done(
    writer: Writer,
    *,
    task_id: str,
    at: datetime,
    produced: Sequence[str] = (),
    under: str = "",
    version: int | None = None,
) -> WorkTask:
    """It is done. Refused while what it asked for is not there; `under` is the order that it was done under."""
    require_may(writer, task_id)
    by = writer.access.actor.reference

    def step(task: WorkTask) -> WorkTask:
        ordered = replace(task, based_on=tuple(dict.fromkeys((*task.based_on, under)))) if under else task
        return lifecycle.done(ordered, at=at, by=by, produced=produced)

    return _change(writer, task_id, step, reason="work.done", version=version)


def reopen(writer: Writer, *, task_id: str, version: int | None = None) -> WorkTask:
    """It is not done after all, and still owed."""
    require_may(writer, task_id)
    return _change(writer, task_id, lifecycle.reopen, reason="work.reopen", version=version)


def end(writer: Writer, *, task_id: str, how: End, why: str, at: datetime, version: int | None = None) -> WorkTask:
    """It ends without being done: declined, moved, died, duplicate, not needed; with the reason in words."""
    return _change(
        writer, task_id, lambda task: lifecycle.end(task, how=how, why=why, at=at), reason="work.end", version=version
    )


def split(writer: Writer, *, task_id: str, parts: Sequence[str], version: int | None = None) -> list[Ref]:
    """Part a task; it waits for its parts, and comes back when the last of them has ended."""
    writer.access.require_action(DO)
    at = writer.store.clock.now()
    stored = _read(writer, task_id, reason="work.split")
    whole = fhir.from_fhir(stored)
    with writer.transaction(reason="work.split") as tx:
        made = [
            plan(tx, task=part, by=writer.access.actor.reference, at=at)
            for part in lifecycle.split(whole, parts, at=at.replace(microsecond=0))
        ]
        waiting = replace(whole, status="on-hold", waiting_on=PARTS, waits_for=tuple(map(str, made)))
        tx.update(
            fhir.modified(fhir.to_fhir(waiting, onto=stored), at=at),
            version=version or int(stored["meta"]["versionId"]),
        )
    return made


def merge(writer: Writer, *, duplicate_id: str, into_id: str, why: str) -> None:
    """Two tasks are one: the duplicate ends and says which one stays; that one keeps the nearer date and the rank."""
    writer.access.require_action(DO)
    at = writer.store.clock.now()
    duplicate_body, stays_body = (_read(writer, one, reason="work.merge") for one in (duplicate_id, into_id))
    duplicate, stays = fhir.from_fhir(duplicate_body), fhir.from_fhir(stays_body)
    if duplicate.id == stays.id or not _about_one(writer, duplicate, stays):
        raise lifecycle.NotNow(sentence("Only two tasks about the same patient can be one."))
    if not stays.is_open:
        raise lifecycle.NotNow(sentence("The task that stays has ended. Merge the other way round."))
    dates = [task.due_at for task in (duplicate, stays) if task.due_at]
    kept = replace(
        stays,
        due_at=max(min(dates), stays.not_before or min(dates)) if dates else None,
        priority=max((duplicate.priority, stays.priority), key=_RANKS.index),
    )
    ended = lifecycle.end(duplicate, how=End.DUPLICATE, why=why, at=at, duplicate_of=f"Task/{stays.id}")
    with writer.transaction(reason="work.merge") as tx:
        plan_change(tx, duplicate_body, ended, at=at)
        plan_change(tx, stays_body, kept, at=at)


def _about_one(writer: Writer, one: WorkTask, other: WorkTask) -> bool:
    """Whether two tasks are about the same patient, by charts that were merged too, or both about none."""
    with writer.store.reader(writer.access, reason="work.same-person") as reader:
        same = reader.are_one(*(task.patient.removeprefix("Patient/") for task in (one, other)))
    return same or one.patient == other.patient


def pin(writer: Writer, *, task_id: str) -> WorkTask:
    """Keep it on top of one's own list, or let it go again."""
    by = writer.access.actor.reference
    return _change(writer, task_id, lambda task: lifecycle.pin(task, by=by), reason="work.pin")


def put_in_place(writer: Writer, *, task_id: str, rank: int, why: str) -> WorkTask:
    """The lead puts a task before others; rank 0 lets it fall back. The reason is shown."""
    writer.access.require_action(LEAD)
    place = Place(rank=rank, by=writer.access.actor.reference, why=why) if rank else None
    return _change(writer, task_id, lambda task: lifecycle.put_in_place(task, place), reason="work.put-in-place")


def send_on(writer: Writer, *, stored: Resource, hours: Hours, covering: str, at: datetime) -> None:
    """The clock sends a late task on. Conflict if somebody changed it since `stored` was read: then it is looked at
    anew, so each deadline acts once."""
    task = fhir.from_fhir(stored)
    with writer.transaction(reason="work.send-on") as tx:
        plan_change(tx, stored, escalation.sent_on(task, at=at, hours=hours, covering=covering), at=at)


def bring_back(writer: Writer, *, stored: Resource, at: datetime) -> None:
    """The clock brings a task back that waited until now. Conflict as for `send_on`."""
    with writer.transaction(reason="work.bring-back") as tx:
        plan_change(tx, stored, lifecycle.resume(fhir.from_fhir(stored)), at=at)


def _change(
    writer: Writer, task_id: str, step: Callable[[WorkTask], WorkTask], *, reason: str, version: int | None = None
) -> WorkTask:
    """Read, take the step, write over the version that was read or shown; Conflict if another stands there."""
    writer.access.require_action(DO)
    stored = _read(writer, task_id, reason=reason)
    after = step(fhir.from_fhir(stored))
    changed = fhir.modified(fhir.to_fhir(after, onto=stored), at=writer.store.clock.now().replace(microsecond=0))
    with writer.transaction(reason=reason) as tx:
        tx.update(changed, version=version or int(stored["meta"]["versionId"]))
    return after


def _read(writer: Writer, task_id: str, *, reason: str) -> Resource:
    with writer.store.reader(writer.access, reason=reason) as reader:
        return reader.resource(Ref("Task", task_id))


def require_may(writer: Writer, task_id: str) -> None:
    """A task of a kind that a skill declares is for those whom it names, with the competency it asks for."""
    writer.access.require_action(DO)
    with writer.store.reader(writer.access, reason="work.may") as reader:
        task = fhir.from_fhir(reader.resource(Ref("Task", task_id)))
        if task.code.code not in writer.store.registry.task_codes:
            return
        person = writer.access.actor.reference.removeprefix("Practitioner/")
        now = writer.store.clock.now()
        decision = decide(reader, registry=writer.store.registry, practitioner=person, task_code=task.code.code, at=now)
    if not decision.allowed:
        raise AccessDenied(str(decision.reason))


def _require_own(writer: Writer, task_id: str) -> None:
    """One's own, nobody's, or the lead's decision."""
    writer.access.require_action(DO)
    if writer.access.may_do(LEAD):
        return
    task = fhir.from_fhir(_read(writer, task_id, reason="work.whose"))
    if task.owner not in ("", writer.access.actor.reference):
        raise AccessDenied("Somebody else has this task. The lead can hand it over.")
