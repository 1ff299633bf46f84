"""The writes of the lead's day that concern more than one skill: sick cover in one move, and what is put off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from carewright.core.access.model import Interaction, Role
from carewright.core.sentences import quoted, sentence
from carewright.core.store.model import Conflict, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work import fhir as task_fhir
from carewright.core.work import queries as tasks
from carewright.core.work.lifecycle import NotNow, defer
from carewright.core.work.model import Kind, Pool, Priority, WorkTask, derived_id
from carewright.core.work.priority import Item
from carewright.shell.people import names_of
from carewright.skills.messages import actions as messages
from carewright.skills.messages.codes import ANSWER_MESSAGE
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing import queries as staff
from carewright.skills.staffing import rules as staffing_rules
from carewright.skills.staffing.model import Absence
from carewright.skills.visit.fhir import from_fhir as visit_from_fhir
from carewright.skills.visit.fhir import to_fhir as visit_to_fhir
from carewright.workspaces.team import rules
from carewright.workspaces.team.codes import REBOOK
from carewright.workspaces.team.waiting import Cover, booked, bounds, cover_of

ATTEMPTS = 5
REBOOK_WITHIN = timedelta(hours=1)
"""Somebody may be on their way already."""


@dataclass(kw_only=True)
class Moved:
    """What a sick cover handed over: how many tasks and visits each has got; `pool` stands for everybody of a role."""

    by_person: dict[str, int] = field(default_factory=dict)

    def count(self, takers: Mapping[str, str]) -> None:
        for who in takers.values():
            self.by_person[who] = self.by_person.get(who, 0) + 1


def cover(writer: Writer, *, site: str, day: date, absence: Absence, chosen: Mapping[str, str], at: datetime) -> Moved:
    """Somebody is away and everything that waits on them today moves, in one transaction.

    `chosen` says who takes what, by reference (`Task/…`, `Encounter/…`); what came meanwhile follows the proposal.
    `at` is the clinical time in the site's zone. NotPossible for somebody without a role here, or for too many days.
    """
    writer.access.require_action(work.LEAD)
    writer.access.require_action(staffing.MANAGE)
    staffing.check_days(absence)
    moved = Moved()
    for attempt in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason="team.cover") as reader:
            found = cover_of(reader, site=site, day=day, practitioner=absence.practitioner, at=at)
            teams = [staff.team(reader, site, one) for one in _days(absence)]
            bodies = {ref: reader.resource(Ref(*ref.split("/", 1))) for ref in found.proposal}
            threads = _threads(reader, bodies.values())
            rebook = _rebooking(reader, absence, site=site, at=at)
        if attempt and found.is_away and found.nothing_waits:
            break
        takers = _takers(found, chosen)
        try:
            with writer.transaction(reason="team.cover") as tx:
                for team, stored in teams:
                    if (one := team.person(absence.practitioner)) is not None and one.away is None:
                        after = staffing_rules.away(team, absence.practitioner, absence.why)
                        staffing.plan_change(tx, after, stored=stored)
                for ref, to in takers.items():
                    _hand_over(tx, bodies[ref], absent=absence.practitioner, to=to, at=at, threads=threads)
                if rebook is not None:
                    work.plan(tx, task=rebook, by=writer.access.actor.reference, at=at)
        except (Conflict, NotNow):  # somebody took, changed or ended one of these: look again
            if attempt == ATTEMPTS - 1:
                raise
            continue
        moved.count(takers)
    return moved


def move_on(writer: Writer, *, found: Cover, refs: Sequence[str], at: datetime) -> int:
    """Hand over, as proposed, these of what waits on somebody who is away; how many. Conflict or NotNow where one of
    them has just been taken, changed or ended: nothing is moved then.

    Only from one person to those who are here: what has no taker goes to its pool, and does not come back.
    """
    writer.access.require_action(work.LEAD)
    with writer.store.reader(writer.access, reason="team.move-on") as reader:
        bodies = {ref: reader.resource(Ref(*ref.split("/", 1))) for ref in refs}
        threads = _threads(reader, bodies.values())
    with writer.transaction(reason="team.move-on") as tx:
        for ref, body in bodies.items():
            to = found.proposal[ref]
            _hand_over(tx, body, absent=found.absent.practitioner, to=to, at=at, threads=threads)
    return len(refs)


def put_off(writer: Writer, *, task_ids: Sequence[str], until: datetime, due_at: datetime, why: str) -> int:
    """Put tasks off until `until`, with the reason on each; how many. NotNow where one of them may not wait."""
    writer.access.require_action(work.LEAD)
    if not why.strip():
        raise NotNow(sentence("Say why; whoever asked for it will read it."))
    at = writer.store.clock.now().replace(microsecond=0)
    with writer.store.reader(writer.access, reason="team.put-off") as reader:
        found = [tasks.task(reader, task_id) for task_id in task_ids]
        items = _items(reader, task_ids)
    if any(task_id not in items or not rules.can_wait(items[task_id], before=until) for task_id in task_ids):
        raise NotNow(sentence("One of these cannot wait any more, or has ended. Nothing was put off; look again."))
    note = {
        "authorReference": {"reference": writer.access.actor.reference},
        "time": at.isoformat(),
        "text": why.strip(),
    }
    with writer.transaction(reason="team.put-off") as tx:
        for task, stored in found:
            noted = {**stored, "note": [*stored.get("note", ()), note]}
            work.plan_change(tx, noted, defer(task, until=until, due_at=due_at), at=at)
    return len(found)


def _items(reader: Reader, task_ids: Sequence[str]) -> dict[str, Item]:
    listed = tasks.open_items(reader, id=tuple(task_ids)) if task_ids else []
    return {item.id: item for item in listed}


def _days(absence: Absence) -> list[date]:
    return [absence.first + timedelta(days=n) for n in range((absence.last - absence.first).days + 1)]


def _takers(found: Cover, chosen: Mapping[str, str]) -> dict[str, str]:
    """Who takes what: as chosen where that person may, else as proposed."""
    return {
        ref: to if (to := chosen.get(ref, "")) in {*found.allowed[ref], rules.POOL} else proposed
        for ref, proposed in found.proposal.items()
    }


def _threads(reader: Reader, bodies: Iterable[Resource]) -> dict[str, Resource]:
    """The threads of messages whose answer is among what waits, by reference: with the task goes the thread."""
    if not reader.access.may(Interaction.UPDATE, "Communication"):
        return {}
    asked = {task_fhir.from_fhir(body).focus for body in bodies if ANSWER_MESSAGE.matches(body.get("code"))}
    found = {ref: reader.resource_or_none(Ref(*ref.split("/", 1))) for ref in sorted(asked - {""})}
    return {ref: body for ref, body in found.items() if body is not None}


def _rebooking(reader: Reader, absence: Absence, *, site: str, at: datetime) -> WorkTask | None:
    """What the front desk is owed where patients are booked with somebody who is away; None where it knows already."""
    end = bounds(absence.last, at)[1]
    task_id = derived_id(f"{absence.practitioner.removeprefix('Practitioner/')}-{absence.first}", REBOOK.code)
    if not booked(reader, absence.practitioner, at=at, end=end) or reader.resource_or_none(Ref("Task", task_id)):
        return None
    name = names_of(reader, [absence.practitioner]).get(absence.practitioner, "")
    words = sentence("%(who)s is away: find those who are booked another provider or another day", who=quoted(name))
    due_at = max(at, min(at + REBOOK_WITHIN, end - timedelta(minutes=1)))
    return WorkTask(
        id=task_id, code=REBOOK, words=str(words), kind=Kind.CLERICAL, priority=Priority.URGENT, site=site,
        pool=Pool(role=Role.FRONT_DESK), due_at=due_at.replace(microsecond=0),
    )  # fmt: skip


def _hand_over(
    tx: Transaction, stored: Resource, *, absent: str, to: str, at: datetime, threads: Mapping[str, Resource]
) -> None:
    """Plan that a task or a visit is somebody else's."""
    if stored["resourceType"] == "Task":
        after = rules.handed_over(task_fhir.from_fhir(stored), to=to)
        work.plan_change(tx, stored, after, at=at)
        if (thread := threads.get(after.focus)) is not None:
            messages.plan_give_to(tx, thread, to=after.owner, pool=after.pool)
        return
    visit = visit_from_fhir(stored)
    new = None if to == rules.POOL else to
    moved = replace(
        visit,
        assistant=new if visit.assistant == absent else visit.assistant,
        provider=new if visit.provider == absent else visit.provider,
    )
    tx.update(visit_to_fhir(moved, onto=stored), version=int(stored["meta"]["versionId"]))
