"""The writes of getting ready: hand a need to somebody, say that it is seen to, take that back.

Each need has one task per patient and day: pressed twice, by whomever, it is the same task.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from carewright.core.store.model import Conflict, KeyTaken, Ref, Resource
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work import fhir, lifecycle
from carewright.core.work.model import Kind, Pool, WorkTask
from carewright.skills.previsit.model import Need
from carewright.skills.previsit.rules import task_id

DO = "previsit.do"
EVENT = "previsit"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A need of a booked patient. `patient` is a Patient's id, `appointment` an Appointment's, `site` a Location's;
    `on` is the day of the visit at that site, which begins at `starts_at`."""

    need: Need
    patient: str
    appointment: str
    on: date
    starts_at: datetime
    site: str = ""

    @property
    def task(self) -> Ref:
        return Ref("Task", task_id(self.need, patient=self.patient, on=self.on))


def hand_out(writer: Writer, wanted: Wanted, *, at: datetime, under: str = "") -> Ref:
    """Give a need to those who see to it, due when the visit begins; `under` is the standing order (a reference).

    The same need of a patient and day makes one task, whoever asks and however often.
    """
    writer.access.require_action(DO)
    try:
        return work.add(writer, task=_task(wanted, at=at, under=under), event=_event(wanted))
    except (Conflict, KeyTaken):
        return wanted.task  # somebody else was faster with the same need


def see_to(writer: Writer, wanted: Wanted, *, at: datetime) -> None:
    """It is seen to: by whoever says so, whether it had been handed out or not."""
    writer.access.require_action(DO)
    by, stored = writer.access.actor.reference, _stored(writer, wanted)
    with writer.transaction(reason="previsit.see-to") as tx:
        if stored is None:
            done = lifecycle.done(replace(_task(wanted, at=at), owner=by, authored_at=at), at=at, by=by)
            tx.claim(work.EVENT, _event(wanted), holder=work.plan(tx, task=done, by=by, at=at))
        elif fhir.from_fhir(stored).is_open:
            task = replace(fhir.from_fhir(stored), owner=by)
            work.plan_change(tx, stored, lifecycle.done(task, at=at, by=by), at=at)


def not_seen_to(writer: Writer, wanted: Wanted, *, at: datetime) -> None:
    """It was marked by mistake, or has to be seen to after all: anybody of its pool may have it again."""
    writer.access.require_action(DO)
    stored = _stored(writer, wanted)
    if stored is None or fhir.from_fhir(stored).is_open:
        return
    again = lifecycle.put_back(lifecycle.reopen(fhir.from_fhir(stored)))
    with writer.transaction(reason="previsit.not-seen-to") as tx:
        work.plan_change(tx, stored, again, at=at)


def fill(writer: Writer, wanted: Iterable[Wanted], *, at: datetime) -> int:
    """Hand out what takes others time, the night before; returns how many tasks were made. Said twice, it makes none.

    What somebody has seen to already stays so.
    """
    writer.access.require_action(DO)
    made = 0
    for one in wanted:
        if one.need.handling.overnight and _stored(writer, one) is None:
            hand_out(writer, one, at=at)
            made += 1
    return made


def _task(wanted: Wanted, *, at: datetime, under: str = "") -> WorkTask:
    need = wanted.need
    return WorkTask(
        id=wanted.task.id,
        code=need.code,
        words=need.code.display,
        kind=Kind.CLINICAL if need.handling.is_clinical else Kind.CLERICAL,
        patient=f"Patient/{wanted.patient}",
        focus=f"Appointment/{wanted.appointment}",
        site=wanted.site,
        pool=Pool(role=need.handling.role),
        due_at=max(wanted.starts_at, at),
        based_on=(under,) if under else (),
    )


def _event(wanted: Wanted) -> str:
    return f"{EVENT} {wanted.task.id}"


def _stored(writer: Writer, wanted: Wanted) -> Resource | None:
    with writer.store.reader(writer.access, reason="previsit.task") as reader:
        return reader.resource_or_none(wanted.task)
