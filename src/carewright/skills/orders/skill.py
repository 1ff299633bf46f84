"""What the orders skill declares: who orders and moves an order on, what is owed, the rows of lists."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, WRITE, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.orders.codes import LEGS
from carewright.skills.orders.fhir import from_fhir
from carewright.skills.orders.hooks import EFFECTS, GUARDS
from carewright.skills.orders.model import Step

ORDER = frozenset({"ServiceRequest"})


def order_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per order that is no referral: what is owed next."""
    order = from_fhir(resource)
    if order is None:
        return
    step = order.next_step
    yield {
        "id": resource["id"],
        "patient": order.patient.removeprefix("Patient/"),
        "step": step.value if step else "",
        "is_open": int(step is not None),
        "kind": order.kind.value,
        "words": order.words,
        "priority": order.priority.value,
        "provider": order.provider,
        "site": order.site,
        "status": order.status,
        "not_before": order.not_before,
        "authored_at": order.authored_at,
    }


MANIFEST = Manifest(
    name="orders",
    doc="Laboratory, imaging and in-clinic orders from ordered to resulted: an owner and a clock on each leg.",
    permissions=(
        may_see("orders.see", CLINICAL, on=("ServiceRequest", "Specimen", "Patient", "Task"), doc="See the orders."),
        Permission(
            action="orders.do", roles=CLINICAL, doc="Enter an order as its provider gave it, and move it on; its end.",
            grants={"ServiceRequest": WRITE, "Specimen": WRITE, "Task": WRITE},
        ),
        Permission(action="orders.confirm", roles=frozenset({Role.PROVIDER}), doc="Confirm an order that is a draft."),
    ),
    effects=EFFECTS,
    guards=GUARDS,
    projections=(
        Projection(
            name="care_order",
            types=ORDER,
            columns=(
                *texts("id", "patient", "step"),
                *wholes("is_open"),
                *texts("kind", "words", "priority", "provider", "site", "status"),
                *instants("not_before", "authored_at"),
            ),
            rows=order_rows,
            indexes=(("is_open",), ("patient", "is_open"), ("id",)),
            doc="One row per order that is no referral.",
        ),
    ),
    topics=(Topic(name="orders", types=ORDER, doc="The lists of orders may look different."),),
    task_codes=(
        *tasks_for(CLINICAL, *(leg for step, leg in LEGS.items() if step is not Step.CONFIRMED)),
        *tasks_for(frozenset({Role.PROVIDER}), LEGS[Step.CONFIRMED]),
    ),
)  # fmt: skip
