"""Reads of allergies: the list, the askings, and the line in the banner."""

from dataclasses import dataclass

from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.skills.allergies.fhir import asked_from_fhir, from_fhir
from carewright.skills.allergies.model import Allergy, Asked, Banner
from carewright.skills.allergies.rules import banner

MOST = "200"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An allergy in the chart, the resource it came from, and the version that a change must name."""

    allergy: Allergy
    resource: Resource
    version: int


def listed(reader: Reader, patient_id: str) -> list[Listed]:
    """Every allergy ever recorded, those that no longer count included."""
    found = reader.resources(parse("AllergyIntolerance", [("patient", f"Patient/{patient_id}"), ("_count", MOST)]))
    return [
        Listed(allergy=allergy, resource=resource, version=int(resource["meta"]["versionId"]))
        for resource in found
        if (allergy := from_fhir(resource)) is not None
    ]


def askings(reader: Reader, patient_id: str) -> list[Asked]:
    """When allergies were asked, the latest first."""
    query = parse(
        "List",
        [
            ("patient", f"Patient/{patient_id}"),
            ("_sort", "-date"),
            ("_count", MOST),
        ],
    )
    return [asked for resource in reader.resources(query) if (asked := asked_from_fhir(resource)) is not None]


def banner_of(reader: Reader, patient_id: str) -> Banner:
    """The banner's line about allergies."""
    asked = [entry for entry in askings(reader, patient_id) if entry.counts]
    return banner((entry.allergy for entry in listed(reader, patient_id)), asked[0] if asked else None)
