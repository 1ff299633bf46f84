"""What the standing orders declare: who drafts, signs and retires them, and that nobody signs for another."""

from dataclasses import replace

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, TaskCode, may_see, may_write
from carewright.core.sentences import sentence
from carewright.core.store.hooks import Guard, Write, WriteContext
from carewright.core.store.model import Refused
from carewright.skills.standing_orders.acts import SIGNATURE, UNORDERED_ACT, USED
from carewright.skills.standing_orders.codes import SIGN_ORDER, SIGN_STANDING_ORDER, STANDING_ORDER
from carewright.skills.standing_orders.fhir import from_fhir

DRAFTERS = frozenset({Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.MANAGER})
PROVIDERS = frozenset({Role.PROVIDER})
TO_SIGN = (SIGN_ORDER, SIGN_STANDING_ORDER)


def check_signed(write: Write, context: WriteContext) -> None:
    """A standing order comes into force, or changes while it is, by the hand of the provider whom it names alone."""
    if write.after is None or write.after.get("status") != "active":
        return
    if not any(STANDING_ORDER.matches(topic) for topic in write.after.get("topic", ())):
        return
    after = from_fhir(write.after)
    if after is None:
        raise Refused("standing-order-signature", sentence("A signed standing order must be complete."))
    before = from_fhir(write.before) if write.before else None
    if before is not None and write.before and write.before.get("status") == "active":
        if replace(before, version=0) == replace(after, version=0):
            return
        told = sentence("A signed standing order is not changed. Retire it, and draft a new one.")
        raise Refused("standing-order-signature", told)
    signs = after.signer == context.access.actor.reference and Role.PROVIDER in context.access.roles
    if not signs or not after.is_signed:
        told = sentence("A standing order is signed by the provider whom it names, and by nobody else.")
        raise Refused("standing-order-signature", told)


MANIFEST = Manifest(
    name="standing-orders",
    doc="Standing orders: signed, dated, ending; what each allows, for whom, and who may act under it.",
    permissions=(
        may_see(
            "standing-orders.see",
            CLINICAL | DRAFTERS,
            on=("ActivityDefinition",),
            doc="Read the standing orders and how each stands.",
        ),
        may_write(
            "standing-orders.draft",
            DRAFTERS,
            on=("ActivityDefinition", "Task"),
            doc="Write a standing order down for a provider to sign.",
        ),
        may_write(
            "standing-orders.sign",
            PROVIDERS,
            on=("ActivityDefinition", "Task"),
            doc="Sign a standing order in one's own name.",
        ),
        may_write(
            "standing-orders.retire",
            frozenset({Role.PROVIDER, Role.MANAGER}),
            on=("ActivityDefinition", "Task"),
            doc="Take a standing order out of use.",
        ),
        may_write(
            "standing-orders.ask", CLINICAL, on=("Task",), doc="Ask a provider for an order where no standing one is."
        ),
    ),
    effects=(UNORDERED_ACT,),
    guards=(
        USED,
        SIGNATURE,
        Guard(
            name="standing-order-signature",
            types=frozenset({"ActivityDefinition"}),
            check=check_signed,
            doc="Nobody signs a standing order for another, whoever writes; a signed one is not changed.",
        ),
    ),
    task_codes=tuple(TaskCode(code=one.code, display=one.display, roles=PROVIDERS) for one in TO_SIGN),
)
