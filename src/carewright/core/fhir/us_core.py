"""Which profile of US Core 6.1.0 a resource is meant for, and its claim to meet it (`meta.profile`).

https://hl7.org/fhir/us/core/STU6.1/. A claim is made where it holds and taken back where it does not: other systems
rely on it.
"""

from collections.abc import Iterator, Mapping

from carewright.core.fhir import profiles
from carewright.core.fhir.model import Resource
from carewright.core.fhir.profile_checks import check
from carewright.core.terminology.coding import LOINC

BASE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
OF_TYPE: Mapping[str, str] = {
    "AllergyIntolerance": "allergyintolerance", "CarePlan": "careplan", "CareTeam": "careteam", "Coverage": "coverage",
    "Device": "implantable-device", "DocumentReference": "documentreference", "Encounter": "encounter", "Goal": "goal",
    "Immunization": "immunization", "Location": "location", "Medication": "medication",
    "MedicationDispense": "medicationdispense", "MedicationRequest": "medicationrequest",
    "Organization": "organization", "Patient": "patient", "Practitioner": "practitioner",
    "PractitionerRole": "practitionerrole", "Procedure": "procedure",
    "QuestionnaireResponse": "questionnaireresponse", "RelatedPerson": "relatedperson",
    "ServiceRequest": "servicerequest", "Specimen": "specimen",
}  # fmt: skip
"""Types with one profile."""
OF_CATEGORY: Mapping[tuple[str, str], str] = {
    ("Condition", "encounter-diagnosis"): "condition-encounter-diagnosis",
    ("Condition", "problem-list-item"): "condition-problems-health-concerns",
    ("Condition", "health-concern"): "condition-problems-health-concerns",
    ("DiagnosticReport", "LAB"): "diagnosticreport-lab",
    ("Observation", "laboratory"): "observation-lab",
    ("Observation", "vital-signs"): "vital-signs",
}
OF_CODE: Mapping[str, str] = {
    "85354-9": "blood-pressure", "39156-5": "bmi", "8302-2": "body-height", "8310-5": "body-temperature",
    "29463-7": "body-weight", "9843-4": "head-circumference", "8867-4": "heart-rate", "59408-5": "pulse-oximetry",
    "2708-6": "pulse-oximetry", "9279-1": "respiratory-rate", "72166-2": "smokingstatus",
    "82810-3": "observation-pregnancystatus", "86645-9": "observation-pregnancyintent", "11341-5":
    "observation-occupation", "76690-7": "observation-sexual-orientation",
}  # fmt: skip
"""Observations whose LOINC code says which they are."""


def profile_of(resource: Resource) -> profiles.Profile | None:
    """The profile that a resource is meant for; None for one that US Core says nothing of."""
    name = _name(resource)
    return profiles.find(BASE + name) if name else None


def profiles_of(resource_type: str) -> list[str]:
    """The addresses of the profiles that resources of a type may be meant for."""
    names = [name for kind, name in OF_TYPE.items() if kind == resource_type]
    names += [name for (kind, _), name in OF_CATEGORY.items() if kind == resource_type]
    names += OF_CODE.values() if resource_type == "Observation" else ()
    return [BASE + name for name in sorted(set(names))]


def claiming(resource: Resource) -> Resource:
    """The same resource with the claim if it meets its profile, and without it if it does not."""
    profile = profile_of(resource)
    if profile is None:
        return resource
    meta = resource.get("meta", {})
    listed = [url for url in meta.get("profile", ()) if str(url).partition("|")[0] != profile.url]
    if all(issue.severity != "error" for issue in check(resource, profile)):
        listed.append(profile.url)
    if listed == meta.get("profile", []):
        return resource
    meta = {name: value for name, value in {**meta, "profile": listed}.items() if value}
    first: Resource = {name: resource[name] for name in ("resourceType", "id") if name in resource}
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return {**first, **({"meta": meta} if meta else {}), **rest}


def _name(resource: Resource) -> str | None:
    kind = str(resource.get("resourceType"))
    if kind in OF_TYPE:
        return OF_TYPE[kind]
    if kind == "Observation":
        codes = (code for system, code in _codings(resource.get("code")) if system == LOINC)
        if found := next((OF_CODE[code] for code in codes if code in OF_CODE), None):
            return found
    categories = resource.get("category")
    listed = categories if isinstance(categories, list) else []
    names = (OF_CATEGORY.get((kind, code)) for category in listed for _, code in _codings(category))
    return next((name for name in names if name), None)


def _codings(concept: object) -> Iterator[tuple[str, str]]:
    listed = concept.get("coding") if isinstance(concept, Mapping) else None
    for coding in listed if isinstance(listed, list) else ():
        if isinstance(coding, Mapping):
            yield str(coding.get("system", "")), str(coding.get("code", ""))
