"""What is done without an order is put before a provider: the act is recorded as it happened, and signed or not.

Who prevents it is the page, which shows the standing order before the act and offers to ask for one where none holds.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.sentences import named, sentence
from carewright.core.store.hooks import Effect, Extra, Guard, Put, Write, WriteContext
from carewright.core.store.model import Ref, Refused
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, Kind, Pool, Priority, WorkTask, derived_id
from carewright.core.work.tasks import labelled
from carewright.skills.standing_orders import rules
from carewright.skills.standing_orders.codes import SIGN_ORDER
from carewright.skills.standing_orders.fhir import from_fhir
from carewright.skills.standing_orders.model import Standing

SIGN = "standing-orders.sign"
SIGN_WITHIN = timedelta(hours=1)
"""Somebody is still in the house who can say what it was."""
ORDERS = frozenset({"ServiceRequest", "MedicationRequest"})
IN_FORCE = frozenset({Standing.IN_FORCE, Standing.ENDING})
A_DAY = timedelta(days=1)


def unordered_act(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A task that needs an order was done under none that holds: a provider is asked to sign, once."""
    if write.after is None or not _has_become_done(write):
        return ()
    task = work_fhir.from_fhir(write.after)
    sign = _to_sign(write)
    if not task.needs_order or context.access.may_do(SIGN) or sign in context.loaded:
        return ()
    orders = (context.loaded.get(ref) for ref in _orders(task))
    if any(_covers(order, task, _days(context)) for order in orders if order is not None):
        return ()
    words = sentence("Sign an order for what was done, or say no: %(task)s", task=named(task.code.display or task.said))
    asked = WorkTask(
        id=sign.id, code=SIGN_ORDER, words=str(words), priority=Priority.URGENT, kind=Kind.CLINICAL,
        patient=task.patient, encounter=task.encounter, focus=str(write.ref), site=task.site,
        pool=Pool(role=Role.PROVIDER), due_at=(context.now + SIGN_WITHIN).replace(microsecond=0),
        authored_at=context.now.replace(microsecond=0), requester=context.access.actor.reference,
    )  # fmt: skip
    return [Put(resource=labelled(work_fhir.to_fhir(asked), write.after.get("meta", {}).get("security", ())))]


def check_used(write: Write, context: WriteContext) -> None:
    """An order that somebody other than a provider places under a standing order is covered by one that holds, and that
    names their role."""
    if write.after is None or write.after.get("status") != "active" or context.access.may_do(SIGN):
        return
    named_before = set(_named(write.before or {}))
    for ref in _named(write.after):
        if ref in named_before and (write.before or {}).get("status") != "draft":
            continue
        standing = from_fhir(context.loaded.get(ref, {}))
        holds = standing is not None and any(rules.standing(standing, on) in IN_FORCE for on in _days(context))
        if standing is None or not holds or not standing.roles & context.access.roles:
            told = sentence("No standing order that you may use covers this. Ask the provider for an order.")
            raise Refused("standing-order-used", told)


def check_signature(write: Write, context: WriteContext) -> None:
    """An order that somebody was asked to sign is signed by a provider, whoever writes."""
    if write.after is None or not _has_become_done(write) or not SIGN_ORDER.matches(write.after.get("code")):
        return
    if not context.access.may_do(SIGN):
        raise Refused("sign-order", sentence("Only a provider signs an order."))


def _named(order: Resource) -> list[Ref]:
    """The standing orders under which a ServiceRequest says that it was placed."""
    found = (Ref.local(str(one.get("reference", ""))) for one in order.get("supportingInfo", ()))
    return [ref for ref in found if ref is not None and ref.type == "ActivityDefinition"]


def _days(context: WriteContext) -> set[date]:
    """The day of the site is that of UTC or the one before or after it; an order holds for whole days."""
    return {(context.now + shift).date() for shift in (-A_DAY, timedelta(0), A_DAY)}


def _has_become_done(write: Write) -> bool:
    statuses = [str((side or {}).get("status", "")) for side in (write.before, write.after)]
    return statuses[1] == "completed" != statuses[0]


def _covers(order: Resource, task: WorkTask, days: set[date]) -> bool:
    """Whether a record is an order for the task: a standing one that holds and allows it, one that a provider signed
    for it, or a provider's own."""
    if order.get("resourceType") in ORDERS:
        return order.get("status") in ("active", "completed")
    if order.get("resourceType") == "Task":
        signed = work_fhir.from_fhir(order)
        return SIGN_ORDER.matches(order.get("code")) and signed.end is End.DONE and signed.focus == f"Task/{task.id}"
    standing = from_fhir(order)
    if standing is None or standing.allows.code != task.needs_order:
        return False
    return any(rules.standing(standing, on) in IN_FORCE for on in days)


def _orders(task: WorkTask) -> list[Ref]:
    found = (Ref.local(reference) for reference in task.based_on)
    return [ref for ref in found if ref is not None and ref.type in ORDERS | {"ActivityDefinition", "Task"}]


def _to_sign(write: Write) -> Ref:
    return Ref("Task", derived_id(write.ref.id, "order"))


def _reads(write: Write) -> list[Ref]:
    if write.after is None or not _has_become_done(write):
        return []
    task = work_fhir.from_fhir(write.after)
    return [_to_sign(write), *_orders(task)] if task.needs_order else []


UNORDERED_ACT = Effect(
    name="unordered-act", types=frozenset({"Task"}), apply=unordered_act, reads=_reads,
    doc="What is done without an order is put before a provider to sign.",
)  # fmt: skip
USED = Guard(
    name="standing-order-used", types=frozenset({"ServiceRequest"}), check=check_used,
    reads=lambda write: _named(write.after or {}),
    doc="An order under a standing order is covered by one that is signed, holds, and names the role of who places it.",
)  # fmt: skip
SIGNATURE = Guard(
    name="sign-order", types=frozenset({"Task"}), check=check_signature,
    doc="An order that a provider was asked to sign is signed by a provider.",
)  # fmt: skip
