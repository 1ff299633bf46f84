"""What is owed until a record comes to its end: one task per leg, each with somebody and a date.

An order, a referral, a result, a message, a paper that came in: none of them may lie in a state that is not final
without a task, a date and somebody. A skill says which leg a record is on (`leg_of`, a pure function of the record);
from that follow, in the transaction that writes the record:

- an effect: the task of the leg that is over ends, the task of the leg that begins is there. Its id follows from the
  record's and the leg's, so the same event never makes two, and it can be looked up without searching;
- a guard: nobody ends the task while the record is still on that leg. What was asked for must have happened.

    OWED = Owing(name="referral", types=frozenset({"ServiceRequest"}), legs=LEGS, leg_of=leg_of)
    Manifest(…, effects=(OWED.effect(),), guards=(OWED.guard(),))
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from carewright.core.sentences import sentence
from carewright.core.store.hooks import Effect, Extra, Guard, Put, Write, WriteContext
from carewright.core.store.model import Ref, Refused, Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work import fhir, lifecycle
from carewright.core.work.hours import hours_of
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, WorkTask, derived_id
from carewright.core.work.tasks import labelled


@dataclass(frozen=True, kw_only=True)
class Owing:
    """Records of `types` that are owed something until their end. `legs` are the codes of all legs there are.

    `leg_of` returns None for a record that is not ours or has come to its end; `ended_as` then says how its open task
    ends where it was not simply done (a referral that the patient declined).
    """

    name: str
    types: frozenset[str]
    legs: tuple[Coding, ...]
    leg_of: Callable[[Resource], Leg | None]
    ended_as: Callable[[Resource], tuple[End, str]] = lambda resource: (End.DONE, "")
    doc: str = ""

    def task_of(self, ref: Ref, code: Coding) -> Ref:
        """Where the task of a leg stands, whether it is there yet or not."""
        return Ref("Task", derived_id(ref.id, code.code))

    def effect(self) -> Effect:
        """Keeps the tasks of the legs in step with the record."""
        return Effect(
            name=f"{self.name}-owed", types=self.types, apply=self._apply, reads=self._reads,
            doc=self.doc or f"Each leg of a {self.name} has one task; it ends when the record moves on.",
        )  # fmt: skip

    def guard(self) -> Guard:
        """Holds the task until the record has moved on."""
        return Guard(
            name=f"{self.name}-done", types=frozenset({"Task"}), check=self._check, reads=_focus,
            doc=f"The task of a {self.name}'s leg ends when the {self.name} has moved on, not before.",
        )  # fmt: skip

    def _reads(self, write: Write) -> list[Ref]:
        tasks = [self.task_of(write.ref, code) for code in self.legs]
        site = fhir.site_of(write.after) if write.after else ""
        return [*tasks, Ref("Location", site)] if site else tasks

    def _apply(self, write: Write, context: WriteContext) -> Sequence[Extra]:
        if write.after is None:
            stored_tasks = [context.loaded.get(self.task_of(write.ref, code)) for code in self.legs]
            return [_let_go(stored, write, context) for stored in stored_tasks if stored is not None]
        leg = self.leg_of(write.after)
        current = self.task_of(write.ref, leg.code) if leg else None
        extras: list[Extra] = []
        for code in self.legs:
            ref = self.task_of(write.ref, code)
            stored = context.loaded.get(ref)
            if stored is not None and ref != current:
                extras += self._close(stored, write, context)
        if leg is not None and current is not None:
            extras += _open(leg, context.loaded.get(current), current, write, context, before=self._before(write))
        return extras

    def _before(self, write: Write) -> Leg | None:
        return self.leg_of(write.before) if write.before is not None else None

    def _close(self, stored: Resource, write: Write, context: WriteContext) -> list[Extra]:
        task = fhir.from_fhir(stored)
        if not task.is_open:
            return []
        over = write.after if write.after is not None and self.leg_of(write.after) is None else None
        how, why = self.ended_as(over) if over is not None else (End.DONE, "")
        at = context.now
        done = lifecycle.done(task, at=at, by=context.access.actor.reference, produced=[str(write.ref)])
        ended = done if how is End.DONE else lifecycle.end(task, how=how, why=why or "-", at=at)
        return [Put(resource=fhir.modified(fhir.to_fhir(ended, onto=stored), at=at))]

    def _check(self, write: Write, context: WriteContext) -> None:
        if write.after is None or write.before is None:
            return
        before, after = fhir.from_fhir(write.before), fhir.from_fhir(write.after)
        focus = Ref.local(after.focus)
        if not before.is_open or after.is_open or focus is None or focus.type not in self.types:
            return
        record = context.loaded.get(focus)
        leg = self.leg_of(record) if record else None
        if leg is not None and write.ref == self.task_of(focus, leg.code):
            raise Refused(f"{self.name}-done", sentence("This is still to be done: what it asks for is not there yet."))


def _let_go(stored: Resource, write: Write, context: WriteContext) -> Put:
    """The task of a record that is deleted: ended, and without the reference, which would hold the record."""
    task = fhir.from_fhir(stored)
    ended = lifecycle.done(task, at=context.now, by=context.access.actor.reference) if task.is_open else task
    gone = str(write.ref)
    left = replace(
        ended, focus="" if ended.focus == gone else ended.focus,
        produced=tuple(ref for ref in ended.produced if ref != gone),
    )  # fmt: skip
    return Put(resource=fhir.modified(fhir.to_fhir(left, onto=stored), at=context.now))


def _open(
    leg: Leg, stored: Resource | None, ref: Ref, write: Write, context: WriteContext, *, before: Leg | None
) -> list[Extra]:
    """The task of the leg that the record is on: made, reopened, or left as it is."""
    if stored is not None and fhir.from_fhir(stored).is_open:
        return _kept_in_step(leg, stored, context, before=before)
    made = _made(leg, ref, write, context)
    if stored is None:
        labels = (write.after or {}).get("meta", {}).get("security", ())
        return [Put(resource=labelled(fhir.to_fhir(made), labels))]
    again = lifecycle.reopen(fhir.from_fhir(stored))
    renewed = replace(
        again, due_at=made.due_at, not_before=made.not_before, owner=made.owner, pool=made.pool, status="requested",
        escalations=(), place=None, waits_for=(),
    )  # fmt: skip
    return [Put(resource=fhir.modified(fhir.to_fhir(renewed, onto=stored), at=context.now))]


def _kept_in_step(leg: Leg, stored: Resource, context: WriteContext, *, before: Leg | None) -> list[Extra]:
    """A leg whose date or person stands in the record follows it; any other keeps what it began with."""
    task = fhir.from_fhir(stored)
    after = task
    if leg.due_at is not None and not task.escalations:
        after = replace(after, due_at=leg.due_at, not_before=leg.not_before)
    if leg.owner and before is not None and before.owner != leg.owner:
        after = replace(after, owner=leg.owner)
    return [] if after == task else [Put(resource=fhir.modified(fhir.to_fhir(after, onto=stored), at=context.now))]


def _made(leg: Leg, ref: Ref, write: Write, context: WriteContext) -> WorkTask:
    record = write.after or {}
    site = fhir.site_of(record)
    start = max(leg.not_before, context.now) if leg.not_before else context.now
    hours = hours_of(context.loaded.get(Ref("Location", site)))
    due_at = leg.due_at or (start.astimezone(UTC) + leg.within if leg.any_hour else hours.after(start, leg.within))
    return WorkTask(
        id=ref.id,
        code=leg.code,
        words=leg.words,
        priority=leg.priority,
        kind=leg.kind,
        patient=_whose(record),
        encounter=record.get("encounter", {}).get("reference", ""),
        focus=str(write.ref),
        site=site,
        owner=leg.owner,
        pool=leg.pool,
        due_at=due_at.replace(microsecond=0),
        not_before=leg.not_before,
        authored_at=context.now.replace(microsecond=0),
        requester=context.access.actor.reference,
    )


def _whose(record: Resource) -> str:
    """The patient of a record, as a reference; empty for a paper that nobody has put to a chart yet."""
    about: Resource = next((record[name] for name in ("subject", "patient", "for") if name in record), {})
    reference = str(about.get("reference", ""))
    return reference if reference.startswith("Patient/") else ""


def _focus(write: Write) -> list[Ref]:
    focus = Ref.local((write.after or {}).get("focus", {}).get("reference", ""))
    return [focus] if focus else []
