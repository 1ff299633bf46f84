"""The standing orders of the made-up practice: what its providers have signed, one that ends soon, one that waits.

The words are ours; what is excluded follows the usual cautions of each act and is no advice to anybody.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from carewright.core.access.model import Role
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE
from carewright.core.work.whom import EVERYBODY, Age, AgeUnit, Whom
from carewright.project.simulator.model import Practice
from carewright.skills.standing_orders.model import StandingOrder

ACTING = frozenset({Role.MA, Role.LEAD_MA, Role.NURSE})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One order of the table. `begun` and `lasts` are days before and after the day that is shown."""

    name: str
    code: str
    display: str
    words: str
    signer: str
    exclusions: tuple[str, ...]
    whom: Whom = EVERYBODY
    begun: int = 80
    lasts: int = 280
    signed: bool = True


RULES = (
    Rule(
        name="flu", code="vaccine-give", display="Give the vaccine", signer="lind",
        words="One dose of this season’s inactivated flu vaccine, 0.5 mL into the muscle.",
        exclusions=("A severe reaction to an earlier dose", "Fever today", "Guillain-Barré syndrome after a flu shot"),
        whom=Whom(age_from=Age(6, AgeUnit.MONTHS)),
    ),
    Rule(
        name="rapid strep", code="rapid-strep", display="Rapid strep", signer="lind",
        words="Throat swab and rapid strep test for a sore throat with fever.",
        exclusions=("Drooling, or cannot swallow: nurse now", "Antibiotics since yesterday"),
        whom=Whom(age_from=Age(3, AgeUnit.YEARS)),
    ),
    Rule(
        name="fluoride varnish", code="fluoride-varnish", display="Fluoride varnish", signer="lind", lasts=12,
        words="Varnish on all teeth at checkups, no more often than every three months.",
        exclusions=("Open sores in the mouth", "Allergy to pine resin"),
        whom=Whom(age_from=Age(6, AgeUnit.MONTHS), age_below=Age(6, AgeUnit.YEARS)),
    ),
    Rule(
        name="hemoglobin", code="hemoglobin-fingerstick", display="Hemoglobin fingerstick", signer="lind",
        words="Hemoglobin from the finger at the checkup of 12 months.", exclusions=("A bleeding disorder",),
        whom=Whom(age_from=Age(9, AgeUnit.MONTHS), age_below=Age(24, AgeUnit.MONTHS)),
    ),
    Rule(
        name="A1c", code="a1c-fingerstick", display="A1c fingerstick", signer="raman",
        words="A1c from the finger at diabetes visits, if the last one is older than three months.",
        exclusions=("A transfusion within three months", "Pregnant"), whom=Whom(age_from=Age(18, AgeUnit.YEARS)),
    ),
    Rule(
        name="INR", code="inr-fingerstick", display="INR fingerstick", signer="osei", signed=False,
        words="INR from the finger for patients on warfarin whose plan names the day.",
        exclusions=("Bleeding now: nurse now",), whom=Whom(age_from=Age(18, AgeUnit.YEARS)),
    ),
)  # fmt: skip


def orders(practice: Practice, day: date) -> list[tuple[StandingOrder, bool]]:
    """The practice's standing orders as of `day`, and whether each has been signed."""
    staff = {member.username: member for member in practice.staff}
    return [
        (
            StandingOrder(
                name=rule.name,
                allows=Coding(TASK_CODE, rule.code, rule.display),
                words=rule.words,
                signer=f"Practitioner/{staff[rule.signer].id}",
                signer_name=staff[rule.signer].display,
                first_day=day - timedelta(days=rule.begun),
                last_day=day + timedelta(days=rule.lasts),
                roles=ACTING,
                exclusions=rule.exclusions,
                whom=rule.whom,
            ),
            rule.signed,
        )
        for rule in RULES
    ]
