"""The rows that the huddle reads, each made of one resource alone. What cannot be read makes no row.

https://hl7.org/fhir/R4/servicerequest.html, diagnosticreport, observation, condition, coverage, consent,
questionnaireresponse, careplan
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import CONDITION_CLINICAL, CONDITION_VERIFICATION, ICD10CM, Coding
from carewright.skills.previsit import codes
from carewright.skills.previsit.care_gaps import CARE_GAPS
from carewright.skills.previsit.visit_needs import CONSENTS

Rows = Iterator[Mapping[str, object]]

WAITING = frozenset({"active", "on-hold"})
"""ServiceRequest.status: asked for, and nothing has come back."""
FINAL = frozenset({"final", "amended", "corrected", "appended"})
"""DiagnosticReport.status and Observation.status: it counts."""
UNDONE = frozenset({"registered", "partial", "preliminary"})
ACTIVE = frozenset({"active", "recurrence", "relapse"})
DOUBTED = frozenset({"refuted", "entered-in-error"})
ANSWERED = frozenset({"completed", "amended"})

_EVIDENCE = {evidence.coding.token for rule in CARE_GAPS for evidence in rule.evidence}
_CONSENTS = {asked.coding.token: asked.key for asked in CONSENTS}


def order_rows(order: Resource) -> Rows:
    """An order that waits: for a result, or (a referral) for a note back."""
    patient = _patient(order.get("subject"))
    if patient and order.get("status") in WAITING and order.get("intent") != "proposal":
        yield {
            "id": order["id"],
            "patient": patient,
            "words": _words(order.get("code")) or _words(next(iter(order.get("category", ())), None)),
            "is_referral": int(any(codes.REFERRAL_CATEGORY.matches(c) for c in order.get("category", ()))),
            "asked_on": _day(order.get("authoredOn")),
        }


def report_rows(report: Resource) -> Rows:
    """A report: one row that says whether it is final and which orders it answers, and when it is evidence."""
    patient = _patient(report.get("subject"))
    status = report.get("status")
    if not patient or status not in FINAL | UNDONE:
        return
    based = [str(entry.get("reference", "")) for entry in report.get("basedOn", ())] or [""]
    tokens = [token for token in _tokens(report.get("code")) if token in _EVIDENCE] or [""]
    for order in based:
        for token in tokens:
            yield {
                "id": report["id"],
                "patient": patient,
                "words": _words(report.get("code")),
                "is_final": int(status in FINAL),
                "answers": order.removeprefix("ServiceRequest/"),
                "token": token,
                "done_on": _done_on(report),
            }


def measure_rows(observation: Resource) -> Rows:
    """A measurement that closes a care gap, or a blood pressure."""
    patient = _patient(observation.get("subject"))
    done_on = _done_on(observation)
    if not patient or not done_on or observation.get("status") not in FINAL:
        return
    for token in _tokens(observation.get("code")):
        if token in _EVIDENCE or token == codes.BP_PANEL.token:
            yield {
                "patient": patient,
                "token": token,
                "done_on": done_on,
                "systolic_mmhg": _component(observation, codes.SYSTOLIC),
                "diastolic_mmhg": _component(observation, codes.DIASTOLIC),
                "at": _effective(observation),
            }


def problem_rows(condition: Resource) -> Rows:
    """An active problem with its ICD-10-CM code."""
    patient = _patient(condition.get("subject"))
    clinical = set(_codes(condition.get("clinicalStatus"), CONDITION_CLINICAL))
    verified = set(_codes(condition.get("verificationStatus"), CONDITION_VERIFICATION))
    if patient and clinical & ACTIVE and not verified & DOUBTED:
        for code in _codes(condition.get("code"), ICD10CM):
            yield {"patient": patient, "code": code}


def cover_rows(coverage: Resource) -> Rows:
    """An insurance that is active, with its days."""
    patient = _patient(coverage.get("beneficiary"))
    if patient and coverage.get("status") == "active":
        period = coverage.get("period", {})
        payer = next((str(p.get("display", "")) for p in coverage.get("payor", ())), "")
        yield {
            "patient": patient,
            "payer": payer,
            "starts_on": _day(period.get("start")),
            "ends_on": _day(period.get("end"), last=True),
        }


def consent_rows(consent: Resource) -> Rows:
    """A consent that stands, of a kind that visits ask for."""
    patient = _patient(consent.get("patient"))
    if not patient or consent.get("status") != "active" or consent.get("provision", {}).get("type") == "deny":
        return
    for category in consent.get("category", ()):
        for token in _tokens(category):
            if token in _CONSENTS:
                yield {"patient": patient, "consent": _CONSENTS[token], "signed_on": _day(consent.get("dateTime"))}


def form_rows(response: Resource) -> Rows:
    """A form of ours that was filled in."""
    patient = _patient(response.get("subject"))
    key = str(response.get("questionnaire", "")).partition("|")[0]
    if patient and key.startswith(codes.FORMS) and response.get("status") in ANSWERED:
        yield {
            "patient": patient,
            "form": key.removeprefix(codes.FORMS),
            "filled_on": _day(response.get("authored")),
        }


def plan_rows(plan: Resource) -> Rows:
    """A plan that stands, in its author's words."""
    patient = _patient(plan.get("subject"))
    words = str(plan.get("description") or plan.get("title") or "")
    if patient and words and plan.get("status") == "active":
        yield {"patient": patient, "words": words, "made_on": _day(plan.get("created"))}


def _patient(reference: Resource | None) -> str:
    kind, _, found = str((reference or {}).get("reference", "")).partition("/")
    return found if kind == "Patient" else ""


def _tokens(concept: Resource | None) -> list[str]:
    codings = (concept or {}).get("coding", ())
    return list(dict.fromkeys(f"{c.get('system', '')}|{c['code']}" for c in codings if c.get("code")))


def _codes(concept: Resource | None, system: str) -> Iterable[str]:
    return [str(c["code"]) for c in (concept or {}).get("coding", ()) if c.get("system") == system and c.get("code")]


def _words(concept: Resource | None) -> str:
    found = concept or {}
    return str(found.get("text") or next((c.get("display", "") for c in found.get("coding", ())), ""))


def _component(observation: Resource, coding: Coding) -> int | None:
    for component in observation.get("component", ()):
        if coding.matches(component.get("code")):
            try:
                return round(Decimal(str(component.get("valueQuantity", {}).get("value"))))
            except (InvalidOperation, ValueError, OverflowError):
                return None
    return None


def _effective(resource: Resource) -> str:
    """When it was done, as written: sorted as text within one day."""
    period = resource.get("effectivePeriod", {})
    return str(resource.get("effectiveDateTime") or resource.get("effectiveInstant") or period.get("start") or "")


def _done_on(resource: Resource) -> str:
    return _day(_effective(resource) or resource.get("issued"))


def _day(text: object, *, last: bool = False) -> str:
    """The first (or last) day of a FHIR date or dateTime, as ISO text; empty for none. A time keeps the date on which
    it was written, in its own zone."""
    written = str(text or "")
    try:
        if len(written) > len("2026-11-23"):
            interval(written)
            return date.fromisoformat(written[:10]).isoformat()
        return _whole_day(written, last=last) if written else ""
    except ValueError:
        return ""


def _whole_day(written: str, *, last: bool) -> str:
    low, high = interval(written)
    return (high.date().fromordinal(high.date().toordinal() - 1) if last else low.date()).isoformat()
