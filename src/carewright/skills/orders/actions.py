"""The writes of orders. What is owed for one follows from how far it has come, by an effect: see hooks.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from carewright.core.sentences import sentence
from carewright.core.store.model import Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work.model import End, derived_id
from carewright.core.work.trail import Entry
from carewright.skills.orders import fhir, rules
from carewright.skills.orders.model import Event, NotPossible, Obstacle, Order, Step

DO, CONFIRM = "orders.do", "orders.confirm"


def place(writer: Writer, *, order: Order, at: datetime, form_key: str = "") -> Ref:
    """A new order, as sensitive as the patient. KeyTaken if the form was sent before; NotFound, NotPossible.

    What a provider orders, or what is ordered under a standing order, holds at once; anything else waits as a draft
    until its provider has confirmed it.
    """
    writer.access.require_action(DO)
    if not (order.words.strip() and order.provider):
        raise NotPossible(sentence("Say what is ordered, and by which provider."))
    patient = _read(writer, Ref("Patient", order.patient.removeprefix("Patient/")))
    first = Entry(step=Event.ORDERED, at=at, by=writer.access.actor.reference)
    holds = writer.access.may_do(CONFIRM) or bool(order.standing_order)
    status = "active" if holds else "draft"
    made = fhir.to_fhir(replace(order, id=str(uuid4()), status=status, authored_at=at, trail=(first,)))
    with writer.transaction(reason="orders.place") as tx:
        ref = tx.create(made | _labels(patient), resource_id=made["id"])
        claim_form(tx, form_key, holder=ref)
    return ref


def step(
    writer: Writer, *, order_id: str, version: int, step: Step, at: datetime, words: str = "", form_key: str = ""
) -> None:
    """Take the next step: confirm, go on, collect (with its Specimen), send, done. Conflict, NotPossible."""
    writer.access.require_action(CONFIRM if step is Step.CONFIRMED else DO)
    by = writer.access.actor.reference

    def more(tx: Transaction, before: Order, stored: Resource) -> None:
        if step is Step.COLLECTED:
            made = fhir.specimen_to_fhir(before, specimen_id=_specimen_id(before), at=at, by=by)
            tx.create(made | _labels(stored), resource_id=made["id"])

    def stepped(before: Order) -> Order:
        specimen = f"Specimen/{_specimen_id(before)}" if step is Step.COLLECTED else ""
        return rules.stepped(before, step, at=at, by=by, words=words, specimen=specimen)

    _change(writer, order_id, stepped, version=version, reason=f"orders.{step.value}", form_key=form_key, more=more)


def could_not(
    writer: Writer, *, order_id: str, version: int, obstacle: Obstacle, words: str, at: datetime, form_key: str = ""
) -> None:
    """It could not be had today; it is still owed."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference
    _change(
        writer, order_id, lambda found: rules.could_not(found, obstacle, at=at, by=by, words=words), version=version,
        reason="orders.could-not", form_key=form_key,
    )  # fmt: skip


def chase(
    writer: Writer, *, order_id: str, version: int, words: str, at: datetime, expected_by: datetime | None = None,
    form_key: str = "",
) -> None:  # fmt: skip
    """Somebody asked where the result is; `expected_by` is what they were promised."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference
    _change(
        writer, order_id, lambda found: rules.chased(found, at=at, by=by, words=words, expected_by=expected_by),
        version=version, reason="orders.chase", form_key=form_key,
    )  # fmt: skip


def collect_again(writer: Writer, *, order_id: str, version: int, words: str, at: datetime, form_key: str = "") -> None:
    """The specimen is no good: it is marked so, and collecting is owed again."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference

    def more(tx: Transaction, before: Order, stored: Resource) -> None:
        specimen = _read(writer, Ref("Specimen", before.specimen.removeprefix("Specimen/")))
        tx.update({**specimen, "status": "unsatisfactory"}, version=int(specimen["meta"]["versionId"]))

    _change(
        writer, order_id, lambda found: rules.recollect(found, at=at, by=by, words=words), version=version,
        reason="orders.collect-again", form_key=form_key, more=more,
    )  # fmt: skip


def end(writer: Writer, *, order_id: str, version: int, how: End, why: str, at: datetime, form_key: str = "") -> None:
    """It will not be done: declined, moved, died, ordered twice, not needed."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference
    _change(
        writer, order_id, lambda found: rules.ended(found, how=how, why=why, at=at, by=by), version=version,
        reason="orders.end", form_key=form_key,
    )  # fmt: skip


def _change(
    writer: Writer, order_id: str, change: Callable[[Order], Order], *, version: int, reason: str, form_key: str,
    more: Callable[[Transaction, Order, Resource], None] | None = None,
) -> None:  # fmt: skip
    """Read, change, write over the version that was shown, with `more` in the same transaction."""
    stored = _read(writer, Ref("ServiceRequest", order_id))
    before = fhir.from_fhir(stored)
    if before is None:
        raise NotPossible(sentence("This is a referral, or nobody has ordered it."))
    after = change(before)
    with writer.transaction(reason=reason) as tx:
        ref = tx.update(fhir.to_fhir(after, onto=stored), version=version)
        if more is not None:
            more(tx, before, stored)
        claim_form(tx, form_key, holder=ref)


def _specimen_id(order: Order) -> str:
    """The id of the next specimen: two who collect in the same moment meet in it."""
    earlier = sum(entry.step == Event.COLLECTED for entry in order.trail)
    return derived_id(order.id, f"specimen-{earlier + 1}")


def _labels(stored: Resource) -> Resource:
    labels = stored.get("meta", {}).get("security", ())
    return {"meta": {"security": list(labels)}} if labels else {}


def _read(writer: Writer, ref: Ref) -> Resource:
    with writer.store.reader(writer.access, reason="orders.read") as reader:
        return reader.resource(ref)
