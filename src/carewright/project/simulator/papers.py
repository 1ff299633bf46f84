"""What a family has signed and who pays: consents, insurance, and whether the desk has looked at it this month.

Most are in order, some have run out, and who has never been here has signed nothing: so a morning has something to
see to, and something that is ready. The payers are made up, but for Medicare and Medicaid.

US Core Coverage: http://hl7.org/fhir/us/core/StructureDefinition/us-core-coverage (6.1.0);
https://hl7.org/fhir/R4/consent.html
"""

from collections.abc import Iterator
from datetime import date, time, timedelta

from carewright.core.sentences import named
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import ACT_CODE, Coding
from carewright.core.work.fhir import to_fhir
from carewright.core.work.model import End, Kind, Pool, WorkTask
from carewright.project.simulator.history import PastVisit
from carewright.project.simulator.model import Person, Practice, Site
from carewright.project.simulator.seeds import identifier, stream, weighted
from carewright.skills.previsit import codes, rules
from carewright.skills.previsit.model import Kind as NeedKind
from carewright.skills.previsit.model import Need

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
TREATMENT_SCOPE = Coding(SCOPE, "treatment", "Treatment")
PRIVACY_SCOPE = Coding(SCOPE, "patient-privacy", "Privacy Consent")
OPT_IN = Coding(ACT_CODE, "OPTIN", "opt-in")
SELF = Coding("http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self", "Self")
CHILD = Coding("http://terminology.hl7.org/CodeSystem/subscriber-relationship", "child", "Child")
PAYERS = (("Blue Heron Mutual", 4.0), ("Riverside Health Plan", 3.0), ("Tri-County Employers Trust", 2.0),
          ("Medicaid", 3.0))  # fmt: skip
MEDICARE_FROM_YEARS, OF_AGE_YEARS = 65, 18
MORNING = time(8, 5)
SIGNED, RUN_OUT, COVERED, ENDED, LOOKED_AT = 0.94, 0.10, 0.95, 0.04, 0.80
"""Of those who were here: signed at all, a consent has run out, insured, the insurance has ended, it was looked at."""


def papers(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    """The consents, the insurance, and the desk's check of it this month."""
    if not visits:
        return
    yield from _consents(person, practice, day, visits)
    yield from _insurance(person, practice, day, first=visits[0].at.date())


def _consents(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    rng = stream(practice.seed, "consents", person.id)
    first, last = visits[0].at.date(), visits[-1].at.date()
    if rng.random() > SIGNED:
        return
    renewed = day - timedelta(days=rng.randrange(20, 340))
    signed_on = min(first, day - timedelta(days=400)) if rng.random() < RUN_OUT else max(last, renewed)
    for key, coding, scope, on in (
        ("treatment", codes.TREATMENT_CONSENT, TREATMENT_SCOPE, min(signed_on, day)),
        ("privacy", codes.PRIVACY_NOTICE, PRIVACY_SCOPE, first),
    ):
        yield {
            "resourceType": "Consent",
            "id": identifier(practice.seed, "consent", person.id, key),
            "status": "active",
            "scope": scope.concept(),
            "category": [coding.concept()],
            "patient": _patient(person),
            "dateTime": on.isoformat(),
            "policyRule": OPT_IN.concept(),
        }


def _insurance(person: Person, practice: Practice, day: date, *, first: date) -> Iterator[Resource]:
    rng = stream(practice.seed, "insurance", person.id)
    if rng.random() > COVERED:
        return
    years = (day - person.born).days // 365
    payer = "Medicare" if years >= MEDICARE_FROM_YEARS else weighted(rng, PAYERS)
    ended = rng.random() < ENDED
    last = day - timedelta(days=rng.randrange(5, 60)) if ended else day
    period = {"start": min(first, last).replace(day=1).isoformat()}
    if ended:
        period["end"] = last.isoformat()
    yield {
        "resourceType": "Coverage",
        "id": identifier(practice.seed, "coverage", person.id),
        "status": "active",
        "subscriberId": f"D{rng.randrange(10**8, 10**9)}",
        "beneficiary": _patient(person),
        "relationship": (SELF if years >= OF_AGE_YEARS else CHILD).concept(),
        "period": period,
        "payor": [{"display": payer}],
    }
    if not ended and rng.random() < LOOKED_AT:
        yield _looked_at(person, practice.site(person.site), day)


def _looked_at(person: Person, site: Site, day: date) -> Resource:
    """The task that the desk has done this month."""
    need = Need(kind=NeedKind.INSURANCE, key="insurance", words=named(codes.INSURANCE.display))
    at = site.at(day, MORNING)
    done = WorkTask(
        id=rules.task_id(need, patient=person.id, on=day), code=need.code, words=need.code.display, kind=Kind.CLERICAL,
        status="completed", end=End.DONE, patient=f"Patient/{person.id}", site=site.id,
        pool=Pool(role=need.handling.role), authored_at=at, ended_at=at,
    )  # fmt: skip
    return to_fhir(done)


def _patient(person: Person) -> Resource:
    return {"reference": f"Patient/{person.id}"}
