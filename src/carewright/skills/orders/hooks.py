"""What follows from an order, a specimen and a report in the same transaction, and what ends no order."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from carewright.core.fhir.model import Resource
from carewright.core.fhir.references import charts_of
from carewright.core.sentences import sentence
from carewright.core.store.hooks import Effect, Extra, Guard, Put, Write, WriteContext
from carewright.core.store.model import Change, Ref, Refused
from carewright.core.work import trail
from carewright.core.work.owed import Owing
from carewright.core.work.placer import orders_named
from carewright.skills.orders import codes, rules
from carewright.skills.orders.fhir import from_fhir, to_fhir
from carewright.skills.orders.model import Kind, Order

OWED = Owing(
    name="order",
    types=frozenset({"ServiceRequest"}),
    legs=tuple(codes.LEGS.values()),
    leg_of=rules.leg_of,
    ended_as=rules.ended_as,
)
_FOLLOWS = OWED.effect()
CONFIRM = "orders.confirm"
Advance = Callable[[Order], Order]


def order_written(write: Write, context: WriteContext) -> Sequence[Extra]:
    """The trail of an order stays, whoever sends it anew; then what is owed follows."""
    if write.after is None or from_fhir(write.after) is None:
        return _FOLLOWS.apply(write, context)
    whole = trail.kept(write.before, write.after, trail=codes.TRAIL, facts=codes.FACTS)
    own = [] if whole is write.after else [Put(resource=whole)]
    return [*own, *_FOLLOWS.apply(replace(write, after=whole), context)]


def specimen_written(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A specimen is collected, received or no good: its orders say so."""
    specimen = write.after
    if specimen is None:
        return []
    by = context.access.actor.reference
    return _changed(_orders(write), context, lambda order: rules.with_specimen(order, specimen, at=context.now, by=by))


def report_written(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A final result ends the orders that it names; one that is taken back opens them again."""
    report = write.after
    if report is None:
        return []
    by, charts = context.access.actor.reference, _charts(report, context)
    return _changed(
        _orders(write), context, lambda order: rules.answered(order, report, charts=charts, at=context.now, by=by)
    )


def _charts(record: Resource, context: WriteContext) -> frozenset[str]:
    """The charts of the person whom a record is about, those that were merged among them."""
    return charts_of(next((context.loaded[ref] for ref in _patient(record) if ref in context.loaded), None))


def _patient(record: Resource) -> list[Ref]:
    ref = Ref.local(str(record.get("subject", {}).get("reference", "")))
    return [ref] if ref is not None and ref.type == "Patient" else []


def _changed(refs: Sequence[Ref], context: WriteContext, change: Advance) -> list[Extra]:
    found: list[Extra] = []
    for ref in refs:
        stored = context.loaded.get(ref)
        order = from_fhir(stored) if stored else None
        after = change(order) if order else None
        if stored is None or after is None or after == order:
            continue
        whole = to_fhir(after, onto=stored)
        # An order of the same transaction has had its turn already, so what is owed for it is said here.
        found.append(Put(resource=whole))
        moved = Write(change=Change.UPDATE, ref=ref, before=stored, after=whole)
        found += _FOLLOWS.apply(moved, context)
    return found


def _orders_and_tasks(write: Write) -> list[Ref]:
    orders = _orders(write)
    whose = _patient(write.after) if orders and write.after else []
    return [*orders, *whose, *(OWED.task_of(ref, leg) for ref in orders for leg in OWED.legs)]


def _orders(write: Write) -> list[Ref]:
    """The orders that a specimen or a report names, or named before."""
    sides = [side for side in (write.before, write.after) if side is not None]
    return list(dict.fromkeys(ref for side in sides for ref in orders_named(side)))


def check_end(write: Write, context: WriteContext) -> None:
    """An order for a laboratory or imaging ends with its result, if it was taken back before too; one that will not be
    done says why."""
    before = from_fhir(write.before) if write.before else None
    after = from_fhir(write.after) if write.after else None
    if before is None or after is None or write.after is None or after.is_open or before.status == after.status:
        return
    if after.status == "revoked" and not rules.why_ended(write.after):
        raise Refused("order-end", sentence("Say why the order will not be done (note)."))
    if after.status == "completed" and after.kind in (Kind.LABORATORY, Kind.IMAGING):
        report: Resource = context.loaded.get(Ref.local(after.report) or write.ref, {})
        if not rules.answers(report, after, charts=_charts(write.after, context)):
            raise Refused(
                "order-end", sentence("This order is done when its result is in the chart. Enter that first.")
            )


def check_confirmed(write: Write, context: WriteContext) -> None:
    """A test that somebody here orders holds when a provider has confirmed it, or under a standing order (which another
    guard looks at). Programs that nobody of the staff signed on to write orders of other systems."""
    before = from_fhir(write.before) if write.before else None
    after = from_fhir(write.after) if write.after else None
    if after is None or after.status != "active" or after.kind is Kind.OTHER or after.standing_order:
        return
    begins = before is None or before.status == "draft"
    if begins and context.access.roles and not context.access.may_do(CONFIRM):
        raise Refused("order-confirmed", sentence("An order holds when its provider has confirmed it. Enter a draft."))


def _report_of(write: Write) -> list[Ref]:
    order = from_fhir(write.after) if write.after else None
    found = Ref.local(order.report) if order else None
    return [found, *_patient(write.after or {})] if found is not None else []


EFFECTS = (
    Effect(
        name="order-owed", types=OWED.types, apply=order_written, reads=_FOLLOWS.reads,
        doc="Each leg of an order has one task; it ends when the order moves on. The trail of an order stays.",
    ),
    Effect(
        name="order-specimen", types=frozenset({"Specimen"}), apply=specimen_written, reads=_orders_and_tasks,
        doc="A specimen that is collected, received or no good moves the orders that it names.",
    ),
    Effect(
        name="order-answered", types=frozenset({"DiagnosticReport", "Observation"}), apply=report_written,
        reads=_orders_and_tasks,
        doc="A final result with content ends the orders that it names; one that is taken back opens them again.",
    ),
)  # fmt: skip
GUARDS = (
    OWED.guard(),
    Guard(
        name="order-confirmed", types=OWED.types, check=check_confirmed,
        doc="A test that somebody here orders is a draft until its provider has confirmed it.",
    ),
    Guard(
        name="order-end", types=OWED.types, check=check_end, reads=_report_of,
        doc="A laboratory or imaging order ends with its result, any other end says why.",
    ),
)  # fmt: skip
