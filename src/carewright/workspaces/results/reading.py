"""What the pages of orders and results show: lines by what is owed next, and the trail of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import from_fhir as task_from_fhir
from carewright.core.work.owed import Owing
from carewright.core.work.priority import late_words
from carewright.core.work.trail import Entry as Done
from carewright.shell import people
from carewright.shell.care import Choice
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.skills.contacts import queries as contacts
from carewright.skills.contacts import rules as telling
from carewright.skills.contacts.model import Topic
from carewright.skills.incoming import queries as incoming
from carewright.skills.incoming.model import ENDS as PAPER_ENDS
from carewright.skills.incoming.model import Stage
from carewright.skills.orders import codes as order_codes
from carewright.skills.orders import hooks as order_hooks
from carewright.skills.orders import queries as orders
from carewright.skills.orders.model import EVENT_WORDS as ORDER_EVENTS
from carewright.skills.orders.model import OBSTACLE_WORDS, Order
from carewright.skills.orders.model import Step as OrderStep
from carewright.skills.registration import queries as registration
from carewright.skills.results import codes as result_codes
from carewright.skills.results import hooks as result_hooks
from carewright.skills.results import queries as results
from carewright.skills.results.model import EVENT_WORDS as RESULT_EVENTS
from carewright.skills.results.model import HOW_WORDS, OUTCOME_WORDS, Outcome, Result
from carewright.skills.results.model import Step as ResultStep
from carewright.skills.results.values import FLAG_WORDS, Value, values_of

PATIENT = "patient"
"""Stands for the patient in the choice of who was told."""
GROUPS: Mapping[ResultStep | OrderStep, str] = {
    ResultStep.CRITICAL: gettext_noop("Critical: review now"),
    ResultStep.REVIEW: gettext_noop("To be reviewed"),
    ResultStep.TELL: gettext_noop("Tell the patient"),
    OrderStep.CONFIRMED: gettext_noop("Orders to be confirmed"),
    OrderStep.RESUMED: gettext_noop("Does the order go on?"),
    OrderStep.COLLECTED: gettext_noop("To be collected"),
    OrderStep.DONE: gettext_noop("To be done here"),
    OrderStep.SENT: gettext_noop("To be sent"),
    OrderStep.RESULTED: gettext_noop("Result still to come"),
    ResultStep.FINAL: gettext_noop("Final result still to come"),
}
BUTTONS: Mapping[OrderStep, str] = {
    OrderStep.CONFIRMED: gettext_noop("I confirm this order"),
    OrderStep.RESUMED: gettext_noop("It goes on"),
    OrderStep.COLLECTED: gettext_noop("It is collected"),
    OrderStep.SENT: gettext_noop("It is sent"),
    OrderStep.DONE: gettext_noop("It is done"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One order or result of a list. `late` says by how much, "" where it is in time."""

    url: str
    who: str
    words: str
    step: ResultStep | OrderStep | None
    whose: str
    due_at: datetime | None
    late: str
    critical: bool = False
    urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One thing that was done, as it is drawn."""

    words: str
    at: datetime
    who: str
    note: str


Listed = orders.Entry | results.Entry


def waiting(request: CareRequest) -> list[tuple[str, list[Line]]]:
    """What is open by what is owed next, those due first in front."""
    reader, site = request.reader("results.list"), request.access.site or ""
    entries: list[Listed] = [*results.waiting(reader, site=site), *orders.waiting(reader, site=site)]
    lines = _lines(request, reader, entries)
    groups = [(gettext(words), [line for line in lines if line.step == step and type(line.step) is type(step)])
              for step, words in GROUPS.items()]  # fmt: skip
    return [(words, listed) for words, listed in groups if listed]


def of_patient(request: CareRequest, charts: Sequence[str]) -> tuple[list[Line], list[Line]]:
    """All orders and all results of a patient, the latest first."""
    reader = request.reader("results.patient")
    return (
        _lines(request, reader, orders.of_patient(reader, charts)),
        _lines(request, reader, results.of_patient(reader, charts)),
    )


def _lines(request: CareRequest, reader: Reader, entries: Sequence[Listed]) -> list[Line]:
    known = registration.patients(reader, sorted({entry.patient for entry in entries}))
    names = people.names_of(reader, [entry.owner for entry in entries])
    return [
        Line(
            url=_url(entry), words=entry.words or gettext("Result"), step=entry.step,
            who=known[entry.patient].name.words if entry.patient in known else gettext("Name not known"),
            whose=names.get(entry.owner) or _role(entry.pool), due_at=entry.due_at, late=_late(request, entry.due_at),
            critical=isinstance(entry, results.Entry) and entry.critical and entry.step is not None,
            urgent=isinstance(entry, orders.Entry) and entry.priority != "routine",
        )
        for entry in entries
    ]  # fmt: skip


def _url(entry: Listed) -> str:
    if isinstance(entry, orders.Entry):
        return reverse("order", args=[entry.id])
    return reverse("result", args=[entry.ref.rpartition("/")[2]])


def _role(pool: str) -> str:
    return term_words(ROLE_WORDS[Role(pool)]) if pool in set(Role) else ""


def _late(request: CareRequest, due_at: datetime | None) -> str:
    return say(late_words(request.care.now - due_at)).rstrip(".") if due_at and due_at < request.care.now else ""


def _owed(request: CareRequest, owing: Owing, ref: Ref, code: Coding | None) -> dict[str, Any]:
    """Whose the open leg is, and when it is due."""
    reader = request.reader("results.owed")
    stored = reader.resource_or_none(owing.task_of(ref, code)) if code else None
    if stored is None:
        return {"whose": "", "due_at": None, "late": ""}
    task = task_from_fhir(stored)
    pool = _role(task.pool.role.value) if task.pool and task.pool.role else ""
    whose = people.names_of(reader, [task.owner]).get(task.owner) or pool
    return {"whose": whose, "due_at": task.due_at, "late": _late(request, task.due_at)}


def order_shown(request: CareRequest, order: Order) -> dict[str, Any]:
    """What the page of one order shows besides its forms."""
    reader = request.reader("results.order")
    names = people.names_of(reader, [order.provider, *(entry.by for entry in order.trail)])
    step = order.next_step
    return {
        "order": order,
        "step": step,
        "step_words": gettext(GROUPS[step]) if step else "",
        "button": gettext(BUTTONS[step]) if step and step in BUTTONS else "",
        "provider_name": names.get(order.provider, ""),
        "stops": _stops(order.trail, ORDER_EVENTS, names),
        "result_id": order.report.rpartition("/")[2],
        **_owed(request, order_hooks.OWED, Ref("ServiceRequest", order.id), order_codes.LEGS[step] if step else None),
    }


def result_shown(request: CareRequest, result: Result, inside: Iterable[Resource]) -> dict[str, Any]:
    """What the page of one result shows besides its forms."""
    reader = request.reader("results.one")
    names = people.names_of(reader, [result.provider, *(entry.by for entry in result.trail)])
    step, ref = result.next_step, Ref.local(result.ref)
    owed = _owed(request, result_hooks.OWED, ref, result_codes.LEGS[step] if step else None) if ref else {}
    return {
        "result": result,
        "step": step,
        "step_words": gettext(GROUPS[step]) if step else "",
        "provider_name": names.get(result.provider, ""),
        "stops": _stops(result.trail, RESULT_EVENTS, names),
        "values": [(value, _flag(value)) for one in inside for value in values_of(one)],
        "order_ids": [one.rpartition("/")[2] for one in result.orders],
        "paper_id": result.document.removeprefix("DocumentReference/"),
        "say": result.review.words if result.review else "",
        **owed,
    }


def _flag(value: Value) -> str:
    return term_words(FLAG_WORDS[value.flag]) if value.flag else ""


def _stops(trail: Iterable[Done], events: Mapping[Any, str], names: Mapping[str, str]) -> list[Stop]:
    return [
        Stop(words=term_words(events[done.step]), at=done.at, who=names.get(done.by, ""), note=_note(done))
        for done in trail
    ]


def _note(done: Done) -> str:
    """What goes with a thing that was done: the outcome, who was told and how, what kept it, the words."""
    facts = done.facts
    tables: tuple[tuple[str, Mapping[Any, str]], ...] = (
        ("outcome", OUTCOME_WORDS), ("obstacle", OBSTACLE_WORDS), ("how", HOW_WORDS),
    )  # fmt: skip
    said = [facts.get("whom", "")]
    said += [term_words(words[facts[name]]) for name, words in tables if facts.get(name) in words]
    return " · ".join(filter(None, (*said, done.words)))


def whom(request: CareRequest, result: Result) -> tuple[list[Choice], bool, list[str]]:
    """Who may be told, whether a detailed voicemail may be left, and the words that go with it."""
    answer = contacts.answer(request.reader("results.whom"), result.patient.removeprefix("Patient/")).contacts
    chosen = [Choice(value=PATIENT, label=gettext("The patient"))]
    chosen += [Choice(value=p.reference, label=p.name) for p in answer.people if Topic.CARE in p.may_hear]
    words = [say(telling.own_number_words(answer))] if answer.own_number else []
    return chosen, telling.detailed_voicemail(answer), words


def papers(request: CareRequest, order: Order) -> list[Choice]:
    """The papers of the patient that may hold the result, the latest first."""
    if order.next_step is None or order.status != "active":
        return []
    reader = request.reader("results.papers")
    _, resource = registration.whole(reader, order.patient.removeprefix("Patient/"))
    found = incoming.of_patient(reader, registration.charts_of(resource))
    return [
        Choice(
            value=paper.id,
            label=" · ".join(
                filter(None, (term_words(paper.kind_words), paper.title, request.care.clock.date(paper.came_at)))
            ),
        )
        for paper in found
        if paper.stage not in PAPER_ENDS or paper.stage is Stage.FILED
    ]


def may_tell(request: CareRequest, result: Result) -> bool:
    """Whether this person may tell it now."""
    mine = result.outcome is Outcome.TELL or request.access.may_do("results.review")
    return result.next_step is ResultStep.TELL and mine and request.access.may_do("results.tell")
