"""What the results skill declares: who reviews and who tells, what is owed, the rows of lists."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, READ, WRITE, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.results.codes import LEGS
from carewright.skills.results.fhir import from_fhir
from carewright.skills.results.hooks import EFFECTS, GUARDS, OWED, REVIEW, TELL
from carewright.skills.results.model import Step


def result_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per result that stands in no report: what is owed next."""
    result = from_fhir(resource)
    if result is None or result.part_of:
        return
    step = result.next_step
    yield {
        "ref": result.ref,
        "patient": result.patient.removeprefix("Patient/"),
        "step": step.value if step else "",
        "is_open": int(step is not None),
        "critical": int(result.critical),
        "words": result.words,
        "outcome": result.outcome.value if result.outcome else "",
        "provider": result.provider,
        "site": result.site,
        "answers": next(iter(result.orders), ""),
        "issued_at": result.issued_at,
    }


MANIFEST = Manifest(
    name="results",
    doc="Results from received to told: a provider's review, critical values at once, the patient told.",
    permissions=(
        may_see(
            "results.see", CLINICAL,
            on=("DiagnosticReport", "Observation", "ServiceRequest", "Patient", "Task", "DocumentReference"),
            doc="See the results.",
        ),
        Permission(
            action=TELL, roles=CLINICAL,
            doc="Put a result that came on paper to its order; say that the patient was told.",
            grants={"DiagnosticReport": WRITE, "Observation": WRITE, "ServiceRequest": WRITE, "Task": WRITE,
                    "DocumentReference": READ},
        ),
        Permission(action=REVIEW, roles=frozenset({Role.PROVIDER}), doc="Review a result and release it."),
    ),
    effects=EFFECTS,
    guards=GUARDS,
    projections=(
        Projection(
            name="result",
            types=OWED.types,
            columns=(
                *texts("ref", "patient", "step"),
                *wholes("is_open", "critical"),
                *texts("words", "outcome", "provider", "site", "answers"),
                *instants("issued_at"),
            ),
            rows=result_rows,
            indexes=(("is_open",), ("patient", "is_open"), ("ref",)),
            doc="One row per result that stands in no report.",
        ),
    ),
    topics=(Topic(name="results", types=OWED.types, doc="The lists of results may look different."),),
    task_codes=(
        *tasks_for(CLINICAL, LEGS[Step.FINAL], LEGS[Step.TELL]),
        *tasks_for(frozenset({Role.PROVIDER}), LEGS[Step.CRITICAL], LEGS[Step.REVIEW]),
    ),
)  # fmt: skip
