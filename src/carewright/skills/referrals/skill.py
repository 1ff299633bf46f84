"""What the referrals skill declares: who moves a referral on and who reviews, what is owed, the rows of lists."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, READ, WRITE, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.referrals.codes import LEGS
from carewright.skills.referrals.fhir import from_fhir
from carewright.skills.referrals.model import Step
from carewright.skills.referrals.owed import OWED

NAVIGATORS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}
ORDER = frozenset({"ServiceRequest"})


def referral_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per referral: what is owed next, and whose it is."""
    referral = from_fhir(resource)
    if referral is None:
        return
    step = referral.next_step
    yield {
        "id": resource["id"],
        "patient": referral.patient.removeprefix("Patient/"),
        "step": step.value if step else "",
        "is_open": int(step is not None),
        "urgent": int(referral.urgent),
        "sent_to": referral.to,
        "provider": referral.provider,
        "site": referral.site,
        "ended_as": referral.end.value if referral.end else "",
        "authored_at": referral.taken[0].at,
    }


MANIFEST = Manifest(
    name="referrals",
    doc="Referrals from needed to reviewed: an owner and a clock on each leg, barriers and what was done.",
    permissions=(
        may_see("referrals.see", NAVIGATORS, on=("ServiceRequest", "Patient", "Task"), doc="See the referrals."),
        Permission(
            action="referrals.do", roles=NAVIGATORS, doc="Enter a referral and move it on; barriers; its end.",
            grants={"ServiceRequest": WRITE, "Task": WRITE, "DocumentReference": READ},
        ),
        Permission(
            action="referrals.review", roles=frozenset({Role.PROVIDER}), doc="Review the note that came back."
        ),
    ),
    effects=(OWED.effect(),),
    guards=(OWED.guard(),),
    projections=(
        Projection(
            name="referral",
            types=ORDER,
            columns=(
                *texts("id", "patient", "step"),
                *wholes("is_open", "urgent"),
                *texts("sent_to", "provider", "site", "ended_as"),
                *instants("authored_at"),
            ),
            rows=referral_rows,
            indexes=(("is_open",), ("patient",), ("id",)),
            doc="One row per referral.",
        ),
    ),
    topics=(Topic(name="referrals", types=ORDER, doc="The list of referrals may look different."),),
    task_codes=(
        *tasks_for(NAVIGATORS, *(leg for step, leg in LEGS.items() if step is not Step.REVIEWED)),
        *tasks_for(frozenset({Role.PROVIDER}), LEGS[Step.REVIEWED]),
    ),
)  # fmt: skip
