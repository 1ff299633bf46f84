"""The writes of standing orders: drafted by many, signed by the provider they name, retired; and asking for an order
where none stands."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.sentences import named, quoted, sentence
from carewright.core.store.model import Ref, Refused
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work import lifecycle
from carewright.core.work.model import End, Kind, Pool, Priority, WorkTask
from carewright.skills.standing_orders import fhir, queries, rules
from carewright.skills.standing_orders.codes import SIGN_ORDER, SIGN_STANDING_ORDER
from carewright.skills.standing_orders.model import StandingOrder

DRAFT, SIGN, RETIRE, ASK = (f"standing-orders.{act}" for act in ("draft", "sign", "retire", "ask"))
SIGN_WITHIN = timedelta(days=3)
"""For a drafted standing order; what a patient waits for has the caller's own time."""
ASKED_WITHIN = timedelta(minutes=15)


def draft(writer: Writer, *, order: StandingOrder, at: datetime, form_key: str = "") -> Ref:
    """Write a standing order down for its signer, who gets a task. Refused where nobody is named for what it allows.

    KeyTaken if the form was saved before.
    """
    writer.access.require_action(DRAFT)
    with writer.store.reader(writer.access, reason="standing-orders.draft") as reader:
        check_form(reader, form_key)
    _require_known(writer, order.allows)
    made = replace(order, id=order.id or str(uuid.uuid4()), signed_on=None, retired_because="")
    with writer.transaction(reason="standing-orders.draft") as tx:
        ref = tx.create(fhir.to_fhir(made), resource_id=made.id)
        work.plan(tx, task=_to_sign(made, at=at), by=writer.access.actor.reference, at=at)
        claim_form(tx, form_key, holder=ref)
    return ref


def sign(writer: Writer, *, order_id: str, version: int, at: datetime) -> StandingOrder:
    """The provider whom it names signs it: from its first day on others act under it.

    AccessDenied for others than providers; Refused for another provider's order, one that is signed, retired or over;
    Conflict if it has changed since `version` was shown. `at` is in the zone of the site.
    """
    writer.access.require_action(SIGN)
    with writer.store.reader(writer.access, reason="standing-orders.sign") as reader:
        order, stored = queries.stored_order(reader, order_id)
        task = reader.resource_or_none(_task_ref(order_id))
    _require_signable(order, by=writer.access.actor.reference, on=at.date())
    signed = replace(order, signed_on=at.date())
    with writer.transaction(reason="standing-orders.sign") as tx:
        tx.update(fhir.to_fhir(signed, onto=stored), version=version)
        if task is not None and (open_task := work_fhir.from_fhir(task)).is_open:
            done = lifecycle.done(open_task, at=at, by=writer.access.actor.reference)
            work.plan_change(tx, task, done, at=at)
    return signed


def retire(writer: Writer, *, order_id: str, version: int, why: str, at: datetime) -> None:
    """Nobody acts under it from now on. Refused without a reason; a second time changes nothing. Conflict."""
    writer.access.require_action(RETIRE)
    if not why.strip():
        raise Refused("standing-order-retired", sentence("Say why in a few words; those who used it will read them."))
    with writer.store.reader(writer.access, reason="standing-orders.retire") as reader:
        order, stored = queries.stored_order(reader, order_id)
        task = reader.resource_or_none(_task_ref(order_id))
    if order.retired_because:
        return
    with writer.transaction(reason="standing-orders.retire") as tx:
        tx.update(fhir.to_fhir(replace(order, retired_because=why.strip()), onto=stored), version=version)
        if task is not None and (open_task := work_fhir.from_fhir(task)).is_open:
            ended = lifecycle.end(open_task, how=End.NOT_NEEDED, why=why, at=at)
            work.plan_change(tx, task, ended, at=at)


def queue_for_signature(
    writer: Writer,
    *,
    code: Coding,
    patient: str,
    at: datetime,
    provider: str = "",
    encounter: str = "",
    focus: str = "",
    site: str = "",
    due_at: datetime | None = None,
) -> Ref:
    """No standing order covers `code` for this patient: ask a provider for an order; nothing is done before that.

    References are `Type/id`; without `provider` any provider may sign. Asked twice for the same visit (or patient), it
    is the same task.
    """
    writer.access.require_action(ASK)
    task = WorkTask(
        code=SIGN_ORDER,
        words=str(sentence("Sign an order, or say no: %(task)s", task=named(code.display or code.code))),
        priority=Priority.URGENT,
        kind=Kind.CLINICAL,
        patient=patient,
        encounter=encounter,
        focus=focus or encounter or patient,
        site=site,
        owner=provider,
        pool=Pool(role=Role.PROVIDER),
        due_at=due_at or at + ASKED_WITHIN,
    )
    return work.add(writer, task=task, event=f"signature {code.code} {encounter or patient} {at.date()}")


def _to_sign(order: StandingOrder, *, at: datetime) -> WorkTask:
    words = sentence("Read and sign the standing order “%(name)s”", name=quoted(order.name))
    return WorkTask(
        id=_task_ref(order.id).id,
        code=SIGN_STANDING_ORDER,
        words=str(words),
        kind=Kind.CLERICAL,
        focus=f"ActivityDefinition/{order.id}",
        owner=order.signer,
        pool=Pool(role=Role.PROVIDER),
        due_at=at + SIGN_WITHIN,
    )


def _task_ref(order_id: str) -> Ref:
    return Ref("Task", f"sign-{order_id}"[:64])


def _require_known(writer: Writer, code: Coding) -> None:
    known = writer.store.registry.task_codes
    if code.code not in known:
        told = sentence("Nobody is named for the task “%(code)s”. Ask the manager.", code=quoted(code.code))
        raise Refused("standing-order-task", told)


def _require_signable(order: StandingOrder, *, by: str, on: date) -> None:
    if order.signer != by:
        told = sentence("This order names %(who)s, and only they sign it.", who=quoted(order.signer_name))
        raise Refused("standing-order-signer", told)
    if order.is_signed or order.retired_because:
        raise Refused("standing-order-signed", sentence("It is signed already, or no longer used. Look at it again."))
    if order.last_day < on:
        told = sentence("Its last day, %(day)s, is over. Draft it anew with other days.", day=rules.us(order.last_day))
        raise Refused("standing-order-over", told)
