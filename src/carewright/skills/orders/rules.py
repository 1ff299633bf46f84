"""Which leg an order is on, and what may be done about it. Plain Python: no store, no web, no clock.

The clocks are targets of the house, in open hours of the site (nine a day); no source asks for others.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.sentences import sentence
from carewright.core.work import trail
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Pool, Priority
from carewright.core.work.placer import orders_named
from carewright.core.work.trail import Entry
from carewright.skills.orders import codes
from carewright.skills.orders.catalog import days_for
from carewright.skills.orders.fhir import from_fhir
from carewright.skills.orders.model import Event, Kind, NotPossible, Obstacle, Order, Step

DAY = timedelta(hours=9)
WITHIN: Mapping[Step, tuple[timedelta, timedelta]] = {
    Step.CONFIRMED: (DAY, timedelta(hours=2)),
    Step.RESUMED: (5 * DAY, DAY),
    Step.COLLECTED: (DAY, timedelta(minutes=30)),
    Step.SENT: (DAY, timedelta(hours=1)),
    Step.DONE: (timedelta(hours=4), timedelta(minutes=30)),
}
"""How long each step may take: routine, and anything above."""
URGENT_RESULT: Mapping[Kind, timedelta] = {
    Kind.LABORATORY: timedelta(hours=4),
    Kind.IMAGING: DAY,
    Kind.IN_CLINIC: timedelta(minutes=30),
    Kind.OTHER: DAY,
}
"""How long one waits for the result of an order that is not routine."""
FINAL = frozenset({"final", "amended", "corrected", "appended"})
"""DiagnosticReport.status: it counts."""
SPOILED = frozenset({"unsatisfactory", "unavailable", "entered-in-error"})
"""Specimen.status: it has to be collected again."""
CONTENT = ("result", "conclusion", "conclusionCode", "presentedForm", "media", "imagingStudy")
"""What a DiagnosticReport may hold; one without any of it answers nothing."""


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for an order; None once it has come to its end, and for a referral."""
    order = from_fhir(resource)
    step = order.next_step if order else None
    if order is None or step is None:
        return None
    provider = step is Step.CONFIRMED
    expected = order.expected_by if step is Step.RESULTED else None
    return Leg(
        code=codes.LEGS[step],
        pool=Pool(role=Role.PROVIDER if provider else Role.MA),
        within=_within(order, step),
        due_at=expected,
        not_before=None if expected else _not_before(order, step),
        owner=order.provider if provider else order.collector if step in (Step.COLLECTED, Step.DONE) else "",
        priority=order.priority,
    )


def _within(order: Order, step: Step) -> timedelta:
    urgent = order.priority is not Priority.ROUTINE
    if step is Step.RESULTED:
        return URGENT_RESULT[order.kind] if urgent else days_for(order.coding, order.kind) * DAY or DAY
    return WITHIN[step][urgent]


def _not_before(order: Order, step: Step) -> datetime | None:
    """The day for which it is meant, until the specimen was taken: what is there goes on at once."""
    return order.not_before if Step.COLLECTED not in order.taken and step is not Step.CONFIRMED else None


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of an order ends that was not simply done."""
    order = from_fhir(resource)
    if order is None or order.status == "completed":
        return End.DONE, ""
    return (order.end, order.end_why) if order.end else (End.NOT_NEEDED, "The order was taken back.")


def answers(report: Resource, order: Order, *, charts: Collection[str] = ()) -> bool:
    """Whether a result is the one of an order: final, about the same patient, it names the order and holds something.

    `charts` are those of one person (of the result's or of the order's patient), where there is more than one. An
    observation that stands alone answers the order for just that; one of a panel does not answer the panel's.
    """
    whose = report.get("subject", {}).get("reference")
    about = whose == order.patient or {whose, order.patient} <= set(charts)
    named = order.id in [ref.id for ref in orders_named(report)]
    return about and named and _holds(report, order) and report.get("status") in FINAL


def _holds(report: Resource, order: Order) -> bool:
    if report.get("resourceType") == "Observation":
        ordered = order.coding is not None and order.coding.matches(report.get("code"))
        return ordered and any(name.startswith("value") or name == "component" for name in report)
    return report.get("resourceType") == "DiagnosticReport" and any(report.get(name) for name in CONTENT)


def answered(order: Order, report: Resource, *, charts: Collection[str] = (), at: datetime, by: str) -> Order:
    """The order after a report that names it was written: resulted, waiting again, or as it was."""
    ref = f"{report['resourceType']}/{report['id']}"
    is_done = order.status == "completed"
    if answers(report, order, charts=charts):
        if not (order.is_open or (is_done and ref not in order.reports)):
            return order
        entry = Entry(step=Event.RESULTED, at=at, by=by, facts={"report": ref})
        return replace(order, status="completed", trail=(*order.trail, entry))
    if not is_done or ref not in order.reports:
        return order
    if len(order.reports) > 1:  # another one answers it still
        return replace(order, trail=(*order.trail, Entry(step=Event.TAKEN_BACK, at=at, by=by, facts={"report": ref})))
    entry = Entry(step=Event.REOPENED, at=at, by=by, facts={"report": ref})
    return replace(order, status="active", expected_by=None, trail=(*order.trail, entry))


def with_specimen(order: Order, specimen: Resource, *, at: datetime, by: str) -> Order:
    """The order after a specimen of it was written: collected, received by the laboratory, or to be collected again."""
    ref = f"Specimen/{specimen['id']}"
    if not order.is_open:
        return order
    if specimen.get("status") in SPOILED:
        return _again(order, Entry(step=Event.COLLECT_AGAIN, at=at, by=by, facts={"specimen": ref}))
    collection = specimen.get("collection", {})
    collected = collection.get("collectedDateTime") or collection.get("collectedPeriod", {}).get("end")
    if collected and Step.COLLECTED not in order.taken:
        who = str(collection.get("collector", {}).get("reference", "")) or by
        order = _with(order, Event.COLLECTED, at=trail.instant(collected) or at, by=who, facts={"specimen": ref})
    if specimen.get("receivedTime") and Step.SENT not in order.taken and order.specimen == ref:
        order = _with(order, Event.SENT, at=trail.instant(specimen["receivedTime"]) or at, by=by, facts={})
    return order


def _again(order: Order, entry: Entry) -> Order:
    return replace(order, trail=(*order.trail, entry)) if order.specimen == entry.facts["specimen"] else order


def stepped(order: Order, step: Step, *, at: datetime, by: str, words: str = "", specimen: str = "") -> Order:
    """The next step taken by a person. NotPossible for another step, and for a result: that is entered."""
    if step is not order.next_step or step is Step.RESULTED:
        raise NotPossible(sentence("This step was taken already, or another comes first. Look at it again."))
    event = Event(step.value)
    moved = _with(order, event, at=at, by=by, facts={"specimen": specimen} if specimen else {}, words=words)
    if step in (Step.CONFIRMED, Step.RESUMED):
        return replace(moved, status="active")
    return replace(moved, status="completed") if step is Step.DONE else moved


def could_not(order: Order, obstacle: Obstacle, *, at: datetime, by: str, words: str) -> Order:
    """It could not be had today: the order stays, and says why."""
    if order.next_step not in (Step.COLLECTED, Step.DONE):
        raise NotPossible(sentence("Nothing is to be collected for this order now."))
    return _with(order, Event.COULD_NOT, at=at, by=by, facts={"obstacle": obstacle.value}, words=words)


def chased(order: Order, *, at: datetime, by: str, words: str, expected_by: datetime | None) -> Order:
    """Somebody asked where the result is; with a date where one was promised."""
    if order.next_step is not Step.RESULTED:
        raise NotPossible(sentence("This order does not wait for a result now."))
    if not words.strip():
        raise NotPossible(sentence("Say whom you asked, and what they said."))
    if expected_by is not None and expected_by <= at:
        raise NotPossible(sentence("The day on which the result is promised lies ahead."))
    asked = _with(order, Event.CHASED, at=at, by=by, facts={}, words=words)
    return replace(asked, expected_by=expected_by or order.expected_by)


def recollect(order: Order, *, at: datetime, by: str, words: str) -> Order:
    """The laboratory cannot use the specimen."""
    if not order.is_open or not order.specimen or not words.strip():
        raise NotPossible(sentence("Say why the specimen is no good. There has to be one."))
    return _with(order, Event.COLLECT_AGAIN, at=at, by=by, facts={"specimen": order.specimen}, words=words)


def ended(order: Order, *, how: End, why: str, at: datetime, by: str) -> Order:
    """It will not be done, with the reason."""
    if not order.is_open:
        raise NotPossible(sentence("This order has come to its end. Look at it again."))
    if how is End.DONE or not why.strip():
        raise NotPossible(sentence("Say how it ended, and why, in a few words."))
    over = _with(order, Event.ENDED, at=at, by=by, facts={}, words=why)
    return replace(over, status="revoked", end=how, end_why=why.strip())


def why_ended(resource: Resource) -> str:
    """Why an order will not be done, from us or from elsewhere; "" where nobody said."""
    noted = next((str(note.get("text", "")) for note in resource.get("note", ())), "")
    order = from_fhir(resource)
    return (order.end_why if order else "") or noted


def _with(order: Order, event: Event, *, at: datetime, by: str, facts: Mapping[str, str], words: str = "") -> Order:
    return replace(order, trail=(*order.trail, Entry(step=event, at=at, by=by, words=words.strip(), facts=facts)))
