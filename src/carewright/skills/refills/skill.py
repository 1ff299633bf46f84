"""What the refills skill declares: who prepares and who answers, what is owed, the rows of lists."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, WRITE, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.refills.codes import CONTROLLED, DECIDE, PREPARE, TELL
from carewright.skills.refills.fhir import from_fhir
from carewright.skills.refills.guards import DECIDE as ANSWER
from carewright.skills.refills.guards import GUARDS, ONE_OPEN, REQUEST
from carewright.skills.refills.model import Stage
from carewright.skills.refills.owed import OWED

PRESCRIBERS = frozenset({Role.PROVIDER})
NEEDED = ("MedicationRequest", "MedicationStatement", "Observation", "Encounter", "Patient", "Task")


def refill_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per request: how far it has come, and whose it is."""
    refill = from_fhir(resource)
    if refill is None:
        return
    yield {
        "id": resource["id"],
        "patient": refill.patient.removeprefix("Patient/"),
        "medicine": refill.medicine,
        "stage": refill.stage.value,
        "outcome": refill.preparing.outcome.value if refill.preparing else "",
        "is_open": int(refill.stage is not Stage.ENDED),
        "urgent": int(refill.urgent),
        "prescriber": refill.prescriber,
        "site": refill.site,
        "asked_at": refill.asked[0].at,
    }


MANIFEST = Manifest(
    name="refills",
    doc="Refills: the table prepares the prescriber's single yes or no; controlled drugs have no shortcut.",
    permissions=(
        may_see("refills.see", CLINICAL, on=NEEDED, doc="See the refill requests."),
        Permission(
            action="refills.do", roles=CLINICAL,
            doc="Enter a refill request, prepare it, tell the answer. Never the answer itself.",
            grants={"MedicationRequest": WRITE, "Task": WRITE},
        ),
        Permission(action=ANSWER, roles=PRESCRIBERS, doc="Say yes or no to a refill, and write the order."),
    ),
    effects=(OWED.effect(), ONE_OPEN),
    guards=(OWED.guard(), *GUARDS),
    projections=(
        Projection(
            name="refill",
            types=REQUEST,
            columns=(
                *texts("id", "patient", "medicine", "stage", "outcome"),
                *wholes("is_open", "urgent"),
                *texts("prescriber", "site"),
                *instants("asked_at"),
            ),
            rows=refill_rows,
            indexes=(("is_open",), ("patient",), ("id",)),
            doc="One row per refill request.",
        ),
    ),
    topics=(Topic(name="refills", types=REQUEST, doc="The list of refills may look different."),),
    task_codes=(*tasks_for(CLINICAL, PREPARE, TELL), *tasks_for(PRESCRIBERS, DECIDE, CONTROLLED)),
)  # fmt: skip
