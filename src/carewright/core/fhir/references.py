"""References between resources: what they say, where they stand, and whose chart a resource belongs to.

FHIR R4: https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/compartmentdefinition-patient.html,
https://hl7.org/fhir/R4/http.html#trules (references inside a transaction)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import Content, Element, ElementType, is_resource, json_elements

Kind = Literal["relative", "absolute", "urn", "contained", "conditional"]

_LOCAL = re.compile(
    r"(https?://[^\s?#]+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/([A-Za-z0-9.\-]{1,64}))?(#\S+)?",
    re.ASCII,
)
_URN = re.compile(
    r"urn:(?:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|oid:[0-2](?:\.(?:0|[1-9]\d*))+)", re.ASCII
)
_URL = re.compile(r"[a-z][a-z0-9+.\-]*:[^\s]+", re.ASCII)
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?[^\s]+", re.ASCII)
_LINK = re.compile(r'\b(href|src)="([^"]+)"')
_UNKNOWN = (Element("", 0, 1, (ElementType("string"),)), ElementType("string"))
_URI_TYPES = frozenset({"uri", "url", "canonical", "uuid", "oid"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart. `type`, `id` and `version` are "" where the text does not say; `url` is the whole text.

    "absolute" is any other URL; `type` and `id` are filled if it has the form of a REST address. "conditional" is
    `Patient?identifier=…`, which only a transaction may hold. "contained" has the local id in `id` (`#` alone: "").
    """

    kind: Kind
    type: str
    id: str
    version: str
    url: str


def parse(reference: str) -> Reference:
    """Take a reference apart; ValueError if it has none of the forms of R4."""
    local = _LOCAL.fullmatch(reference)
    if local and is_resource(local[2]):
        kind: Kind = "absolute" if local[1] else "relative"
        return Reference(kind, local[2], local[3], local[4] or "", reference)
    if reference.startswith("#"):
        return Reference("contained", "", reference[1:], "", reference)
    if reference.startswith("urn:"):
        if _URN.fullmatch(reference):
            return Reference("urn", "", "", "", reference)
        raise ValueError("A urn in a reference is urn:uuid: or urn:oid: with a valid value.")
    conditional = _CONDITIONAL.fullmatch(reference)
    if conditional and is_resource(conditional[1]):
        return Reference("conditional", conditional[1], "", "", reference)
    if _URL.fullmatch(reference):
        return Reference("absolute", "", "", "", reference)
    raise ValueError("A reference is written Type/id, a full address, urn:uuid:… or #id.")


def walk(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with a `reference` text, with its path (`Observation.performer[0]`)."""
    yield from _walk(resource, str(resource.get("resourceType", "")))


def _walk(value: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if type(value.get("reference")) is str:
        yield path, value
    for key, child in value.items():
        kind = type(child)
        if kind is dict:
            yield from _walk(child, f"{path}.{key}")
        elif kind is list:
            for index, item in enumerate(child):
                if type(item) is dict:
                    yield from _walk(item, f"{path}.{key}[{index}]")


def rewrite(resource: Resource, mapping: Mapping[str, str]) -> Resource:
    """A copy in which every link to a key of `mapping` (a fullUrl) is its value (`Type/id`).

    Rewritten are references, elements of type uri, url, canonical, uuid and oid, and links in the narrative: not
    `Identifier.value` or other words that happen to be the same.
    """
    return _rewrite_object(resource, mapping, (str(resource.get("resourceType", "")), ""))


def _rewrite_object(value: Resource, mapping: Mapping[str, str], content: Content | None) -> Resource:
    if "resourceType" in value:  # a contained resource or a bundle's entry
        content = (str(value["resourceType"]), "")
    known = json_elements(*content) if content else {}
    copy: Resource = {}
    for key, child in value.items():
        element, type_ = known.get(key, _UNKNOWN)
        if type(child) is str:
            copy[key] = _rewrite_text(child, mapping, "uri" if key == "reference" else type_.code)
        elif type(child) is dict:
            copy[key] = _rewrite_object(child, mapping, element.inside(type_))
        elif type(child) is list:
            copy[key] = _rewrite_list(child, mapping, element, type_)
        else:
            copy[key] = child
    return copy


def _rewrite_list(values: list[Any], mapping: Mapping[str, str], element: Element, type_: ElementType) -> list[Any]:
    inside = element.inside(type_)
    return [
        _rewrite_object(item, mapping, inside)
        if type(item) is dict
        else _rewrite_text(item, mapping, type_.code)
        if type(item) is str
        else item
        for item in values
    ]


def _rewrite_text(text: str, mapping: Mapping[str, str], type_code: str) -> str:
    if type_code in _URI_TYPES:
        return _mapped(text, mapping)
    if type_code == "xhtml":
        return _LINK.sub(lambda found: f'{found[1]}="{_mapped(found[2], mapping)}"', text)
    return text


def _mapped(reference: str, mapping: Mapping[str, str]) -> str:
    """The new text; a version or fragment behind an absolute address stays (`…/_history/2`)."""
    if reference in mapping:
        return mapping[reference]
    address, mark, rest = reference.partition("#")
    return mapping[address] + mark + rest if address in mapping else reference


MERGED = frozenset({"replaces", "replaced-by"})
"""The links between the charts of one person. https://hl7.org/fhir/R4/valueset-link-type.html"""


def charts_of(patient: Resource | None) -> frozenset[str]:
    """The references under which records of a Patient's person stand: their own, and those of charts that were merged
    with it. A hook that compares two records' patients asks this: a merge rewrites no record."""
    if not patient:
        return frozenset()
    links = (link for link in patient.get("link", ()) if link.get("type") in MERGED)
    others = {str(link.get("other", {}).get("reference", "")) for link in links}
    return frozenset({f"Patient/{patient['id']}", *(others - {""})})


def patient_of(resource: Resource) -> str | None:
    """The id of the patient whose chart this resource belongs to first, None if there is none.

    That is the patient it is about; where it is about nobody, the patient who takes part in it as R4's Patient
    compartment says. A Group names many patients and belongs to none of them.
    """
    resource_type = str(resource.get("resourceType", ""))
    if resource_type == "Patient":
        found = resource.get("id")
        return found if isinstance(found, str) else None
    for path in _patient_paths().get(resource_type, ()):
        for holder in _at(resource, path):
            patient = _patient_id(holder)
            if patient:
                return patient
    return None


PATIENT_PATHS: Mapping[str, str] = {
    "Account": "subject",
    "AdverseEvent": "subject",
    "AllergyIntolerance": "patient recorder asserter",
    "Appointment": "participant.actor",
    "AppointmentResponse": "actor",
    "AuditEvent": "entity.what agent.who",
    "Basic": "subject author",
    "BodyStructure": "patient",
    "CarePlan": "subject activity.detail.performer",
    "CareTeam": "subject participant.member",
    "ChargeItem": "subject",
    "Claim": "patient payee.party",
    "ClaimResponse": "patient",
    "ClinicalImpression": "subject",
    "Communication": "subject sender recipient",
    "CommunicationRequest": "subject sender recipient requester",
    "Composition": "subject author attester.party",
    "Condition": "subject asserter",
    "Consent": "patient",
    "Coverage": "beneficiary subscriber policyHolder payor",
    "CoverageEligibilityRequest": "patient",
    "CoverageEligibilityResponse": "patient",
    "DetectedIssue": "patient",
    "Device": "patient",
    "DeviceRequest": "subject performer",
    "DeviceUseStatement": "subject",
    "DiagnosticReport": "subject",
    "DocumentManifest": "subject author recipient",
    "DocumentReference": "subject author",
    "Encounter": "subject",
    "EnrollmentRequest": "candidate",
    "EpisodeOfCare": "patient",
    "ExplanationOfBenefit": "patient payee.party",
    "FamilyMemberHistory": "patient",
    "Flag": "subject",
    "Goal": "subject",
    "GuidanceResponse": "subject",
    "ImagingStudy": "subject",
    "Immunization": "patient",
    "ImmunizationEvaluation": "patient",
    "ImmunizationRecommendation": "patient",
    "Invoice": "subject recipient",
    "List": "subject source",
    "MeasureReport": "subject",
    "Media": "subject",
    "MedicationAdministration": "subject performer.actor",
    "MedicationDispense": "subject receiver",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "MolecularSequence": "patient",
    "NutritionOrder": "patient",
    "Observation": "subject performer",
    "Person": "link.target",
    "Procedure": "subject performer.actor",
    "Provenance": "target",
    "QuestionnaireResponse": "subject author",
    "RelatedPerson": "patient",
    "RequestGroup": "subject action.participant",
    "ResearchSubject": "individual",
    "RiskAssessment": "subject",
    "Schedule": "actor",
    "ServiceRequest": "subject performer",
    "Specimen": "subject",
    "SupplyDelivery": "patient",
    "SupplyRequest": "deliverTo",
    "Task": "for",
    "VisionPrescription": "patient",
}
"""Resource type to the elements that name its patient, the one it is about first.

From the R4 Patient compartment (compartments.py; a test holds the two together) plus Device,
GuidanceResponse and Task, which R4 leaves out although they name their patient. Left out: Group (many patients) and
Patient (itself).
"""


@cache
def _patient_paths() -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: tuple(tuple(p.split(".")) for p in paths.split()) for name, paths in PATIENT_PATHS.items()}


def _at(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if type(value) is list:
        for item in value:
            yield from _at(item, path)
    elif type(value) is dict:
        if path:
            yield from _at(value.get(path[0]), path[1:])
        else:
            yield value


def _patient_id(holder: dict[str, Any]) -> str | None:
    reference = holder.get("reference")
    if type(reference) is not str or not reference.startswith("Patient/"):
        return None
    try:
        found = parse(reference)
    except ValueError:
        return None
    return found.id
