"""Allergies as US Core AllergyIntolerance; asking about them as a List, and back.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-allergyintolerance (6.1.0), https://hl7.org/fhir/R4/list.html
Why a List: it says who looked at the list, when, at which visit, and what stood on it then, and its `emptyReason`
tells "no known allergies" from "not asked" without a resource that denies one. Each asking is a new snapshot.
"""

from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.skills.allergies import codes
from carewright.skills.allergies.model import NOT_NAMED, Allergy, Asked, Outcome, Reaction, Status

_CLINICAL = {
    Status.ACTIVE: codes.ACTIVE,
    Status.INACTIVE: codes.INACTIVE,
    Status.RESOLVED: codes.RESOLVED,
    Status.REFUTED: codes.INACTIVE,
}
_TITLES = {
    Outcome.SAME: "Asked today: nothing new",
    Outcome.CHANGED: "Asked today: changed",
    Outcome.NONE_KNOWN: "Asked today: no known allergies",
    Outcome.COULD_NOT_ASK: "Couldn't ask",
}


def to_fhir(allergy: Allergy, *, onto: Resource | None = None) -> Resource:
    """The AllergyIntolerance; what this mapping does not know is kept from `onto`, the stored one."""
    mistake = allergy.status is Status.BY_MISTAKE
    known: dict[str, Any] = {
        "resourceType": "AllergyIntolerance",
        "id": allergy.id or None,
        # Invariants ait-1 and ait-2: a clinical status, except on what was charted by mistake.
        "clinicalStatus": None if mistake else _CLINICAL[allergy.status].concept(),
        "verificationStatus": _verification(allergy).concept(),
        "type": allergy.kind,
        "category": [allergy.category] if allergy.category else None,
        "criticality": allergy.criticality,
        "code": allergy.coding.concept(allergy.substance) if allergy.coding else {"text": allergy.substance},
        "patient": {"reference": allergy.patient},
        "recordedDate": allergy.recorded_at.isoformat() if allergy.recorded_at else None,
        "recorder": {"reference": allergy.recorded_by} if allergy.recorded_by else None,
        "asserter": {"reference": allergy.told_by} if allergy.told_by else None,
        "note": [{"text": allergy.note}] if allergy.note else None,
        "reaction": [_reaction(reaction) for reaction in allergy.reactions] or None,
    }
    return {k: v for k, v in {**(onto or {}), **known}.items() if v is not None}


def from_fhir(resource: Resource) -> Allergy | None:
    """The allergy of an AllergyIntolerance; None for one that says that none is known."""
    code = resource.get("code", {})
    if codes.NO_KNOWN_ALLERGY.matches(code):
        return None
    coding: Resource = next(iter(code.get("coding", ())), {})
    recorded = resource.get("recordedDate")
    return Allergy(
        id=resource.get("id", ""),
        patient=resource["patient"]["reference"],
        substance=code.get("text", "") or coding.get("display", "") or "Unnamed substance",
        coding=Coding(coding.get("system", ""), coding["code"], coding.get("display", "")) if coding else None,
        reactions=tuple(_reaction_from(entry) for entry in resource.get("reaction", ())),
        criticality=resource.get("criticality"),
        kind=resource.get("type"),
        category=next(iter(resource.get("category", ())), None),
        status=_status(resource),
        confirmed=codes.CONFIRMED.matches(resource.get("verificationStatus")),
        recorded_at=interval(recorded)[0] if recorded else None,
        recorded_by=resource.get("recorder", {}).get("reference"),
        told_by=resource.get("asserter", {}).get("reference"),
        note=next((note["text"] for note in resource.get("note", ())), ""),
    )


def asked_to_fhir(asked: Asked) -> Resource:
    """The List snapshot of one asking."""
    found: dict[str, Any] = {
        "resourceType": "List",
        "id": asked.id or None,
        "extension": [{"url": codes.OUTCOME_EXTENSION, "valueCode": asked.outcome.value}],
        "status": "current",
        "mode": "snapshot",
        "title": _TITLES[asked.outcome],
        "code": codes.ALLERGY_LIST.concept(),
        "subject": {"reference": asked.patient},
        "encounter": {"reference": asked.encounter},
        "date": asked.at.isoformat(),
        "source": {"reference": asked.by},
        "note": [{"text": asked.words}] if asked.words else None,
        "entry": [{"item": {"reference": reference}} for reference in asked.listed] or None,
    }
    if not asked.listed:
        found["emptyReason"] = (codes.NIL_KNOWN if asked.counts else codes.NOT_ASKED).concept()
    return {k: v for k, v in found.items() if v is not None}


def asked_from_fhir(resource: Resource) -> Asked | None:
    """The asking of a List; None for another list."""
    said = (e["valueCode"] for e in resource.get("extension", ()) if e["url"] == codes.OUTCOME_EXTENSION)
    outcome = next(said, None)
    if outcome is None or not codes.ALLERGY_LIST.matches(resource.get("code")):
        return None
    return Asked(
        id=resource.get("id", ""),
        patient=resource["subject"]["reference"],
        encounter=resource["encounter"]["reference"],
        at=interval(resource["date"])[0],
        by=resource["source"]["reference"],
        outcome=Outcome(outcome),
        listed=tuple(entry["item"]["reference"] for entry in resource.get("entry", ())),
        words=next((note["text"] for note in resource.get("note", ())), ""),
    )


def _verification(allergy: Allergy) -> Coding:
    if allergy.status is Status.BY_MISTAKE:
        return codes.ENTERED_IN_ERROR
    if allergy.status is Status.REFUTED:
        return codes.REFUTED
    return codes.CONFIRMED if allergy.confirmed else codes.UNCONFIRMED


def _status(resource: Resource) -> Status:
    verification = resource.get("verificationStatus")
    if codes.ENTERED_IN_ERROR.matches(verification):
        return Status.BY_MISTAKE
    if codes.REFUTED.matches(verification):
        return Status.REFUTED
    clinical = resource.get("clinicalStatus")
    found = (Status.RESOLVED, codes.RESOLVED), (Status.INACTIVE, codes.INACTIVE)
    # Without a clinical status the entry counts as active: an allergy is never lost for want of a code.
    return next((status for status, coding in found if coding.matches(clinical)), Status.ACTIVE)


def _reaction(reaction: Reaction) -> Resource:
    return {"manifestation": [{"text": reaction.words}]} | (
        {"severity": reaction.severity} if reaction.severity else {}
    )


def _reaction_from(entry: Resource) -> Reaction:
    words = [
        concept.get("text", "") or next((c["display"] for c in concept.get("coding", ()) if c.get("display")), "")
        for concept in entry["manifestation"]
    ]
    return Reaction(words=", ".join(filter(None, words)) or NOT_NAMED, severity=entry.get("severity"))
