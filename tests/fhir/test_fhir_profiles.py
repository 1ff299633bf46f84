"""Profiles: US Core's own examples meet them, and whatever is taken from one is noticed."""

import copy
import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from carewright.core.fhir import fhirpath, profiles
from carewright.core.fhir.codec import decode
from carewright.core.fhir.profile_checks import Value, check, check_claims, is_member, values
from carewright.core.fhir.profiles import CHOICE, Node, Profile, must_support
from carewright.core.fhir.validation import validate

Resource = dict[str, Any]
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LOINC, UCUM, NPI = "http://loinc.org", "http://unitsofmeasure.org", "http://hl7.org/fhir/sid/us-npi"


def profile(name: str) -> Profile:
    found = profiles.find(US_CORE + name)
    assert found is not None
    return found


def quantity(value: int, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def component(code: str, value: int) -> Resource:
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}


PATIENT: Resource = {
    "resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "1"}], "gender": "female",
    "name": [{"family": "Zwarth"}],
}  # fmt: skip
PRESSURE: Resource = {
    "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/1"},
    "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}], "effectiveDateTime": "2026-11-23",
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
    "component": [component("8480-6", 118), component("8462-4", 76)],
}  # fmt: skip
RACE: Resource = {"url": US_CORE + "race", "extension": [
    {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"}},
    {"url": "text", "valueString": "White"},
]}  # fmt: skip
SMOKING: Resource = {
    "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/1"},
    "category": [{"coding": [{"system": CATEGORY, "code": "social-history"}]}], "effectiveDateTime": "2026-11-23",
    "code": {"coding": [{"system": LOINC, "code": "72166-2"}]},
    "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "8517006"}]},
}  # fmt: skip
PROVIDER: Resource = {
    "resourceType": "Practitioner", "name": [{"family": "Lind"}],
    "identifier": [{"system": NPI, "value": "1234567893"}],
}  # fmt: skip
WELL = {"patient": PATIENT, "blood-pressure": PRESSURE, "smokingstatus": SMOKING, "practitioner": PROVIDER}
NOBODY: Resource = {"extension": [
    {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"},
]}  # fmt: skip


def changed(resource: Resource, **changes: Any) -> Resource:
    found = copy.deepcopy(resource) | changes
    return {name: value for name, value in found.items() if value is not None}


def findings(name: str, resource: Resource) -> list[tuple[str, str]]:
    return sorted((issue.severity, issue.expression) for issue in check(resource, profile(name)))


@pytest.mark.parametrize(("name", "resource"), WELL.items())
def test_what_is_well_is_well(name: str, resource: Resource) -> None:
    assert validate(resource) == []
    assert findings(name, resource) == []


ERRORS: list[tuple[str, Resource, str]] = [
    ("patient", PRESSURE, "Observation"),
    ("patient", changed(PATIENT, identifier=None), "Patient.identifier"),
    ("patient", changed(PATIENT, gender=None), "Patient.gender"),
    ("patient", changed(PATIENT, identifier=[{"value": "1"}]), "Patient.identifier[0].system"),
    ("patient", changed(PATIENT, name=[{"text": "A"}]), "Patient.name[0]"),
    ("patient", changed(PATIENT, telecom=[{"system": "phone"}]), "Patient.telecom[0].value"),
    ("patient", changed(PATIENT, extension=[RACE, RACE]), "Patient.extension"),
    ("patient", changed(PATIENT, extension=[changed(RACE, extension=RACE["extension"][:1])]),
     "Patient.extension[0].extension"),
    ("patient", changed(PATIENT, extension=[{"url": US_CORE + "birthsex", "valueCode": "X"}]),
     "Patient.extension[0].valueCode"),
    ("patient", changed(PATIENT, extension=[{"url": US_CORE + "birthsex", "valueString": "F"}]),
     "Patient.extension[0].valueString"),
    ("blood-pressure", changed(PRESSURE, effectiveDateTime=None), "Observation.effective"),
    ("blood-pressure", changed(PRESSURE, effectiveDateTime="2026-11"), "Observation.effectiveDateTime"),
    ("blood-pressure", changed(PRESSURE, effectiveDateTime=None, effectiveInstant="2026-11-23T10:00:00Z"),
     "Observation.effectiveInstant"),
    ("blood-pressure", changed(PRESSURE, category=[{"text": "Vitals"}]), "Observation.category"),
    ("blood-pressure", changed(PRESSURE, code={"coding": [{"system": LOINC, "code": "8867-4"}]}), "Observation.code"),
    ("blood-pressure", changed(PRESSURE, subject={"reference": "Group/1"}), "Observation.subject"),
    ("blood-pressure", changed(PRESSURE, component=[component("8480-6", 118), component("8867-4", 76)]),
     "Observation.component"),
    ("blood-pressure", changed(PRESSURE, component=[component("8480-6", 1), component("8462-4", 1) | {
        "valueQuantity": quantity(76, "kPa")}]), "Observation.component[1].valueQuantity.code"),
    ("smokingstatus", changed(SMOKING, status="preliminary"), "Observation.status"),
    ("smokingstatus", changed(SMOKING, effectiveDateTime=None, effectivePeriod={"start": "2026"}),
     "Observation.effectivePeriod"),
    ("practitioner", changed(PROVIDER, identifier=[{"system": NPI, "value": "123"}]), "Practitioner.identifier[0]"),
    ("practitioner", changed(PROVIDER, identifier=[{"system": NPI, "value": "1234567890"}]),
     "Practitioner.identifier[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "resource", "place"), ERRORS, ids=[f"{n}-{p}" for n, _, p in ERRORS])
def test_what_a_profile_asks_for(name: str, resource: Resource, place: str) -> None:
    found = findings(name, resource)
    assert ("error", place) in found
    assert [where for _, where in found if not (where.startswith(place) or place.startswith(where))] == []


def test_what_may_be_otherwise() -> None:
    """A reason why there is none counts as something; codes of a system that nobody knows here count as good ones."""
    assert findings("patient", changed(PATIENT, name=[NOBODY])) == []
    assert findings("patient", changed(PATIENT, extension=[RACE, {"url": "urn:other", "valueString": "x"}])) == []
    other = {"coding": [{"system": "urn:mine", "code": "x"}]}
    assert findings("smokingstatus", changed(SMOKING, code=other)) == [("warning", "Observation.code")]
    absent = changed(PRESSURE, component=[
        {"code": part["code"], "dataAbsentReason": {"coding": [{"system": "urn:x", "code": "y"}]}}
        for part in PRESSURE["component"]
    ])  # fmt: skip
    assert [one for one in findings("blood-pressure", absent) if one[0] == "error"] == []


def test_only_what_is_claimed_and_known_is_checked() -> None:
    bad = changed(PATIENT, identifier=None)
    assert check_claims(bad) == []
    claims = [f"{US_CORE}patient|6.1.0", "urn:not-known"]
    assert [issue.expression for issue in check_claims({**bad, "meta": {"profile": claims}})] == ["Patient.identifier"]
    assert profiles.find("urn:not-known") is None


def test_nothing_of_the_resource_is_said() -> None:
    bad = changed(
        PATIENT, identifier=[{"value": "MRN-7788"}], name=[{"text": "Zwarth"}], telecom=[{"value": "555-0100"}]
    )
    said = json.dumps([str(issue) for issue in check(bad, profile("patient"))])
    assert not any(text in said for text in ("7788", "Zwarth", "0100"))


def test_an_invariant_that_cannot_be_evaluated_is_said_to_be_so() -> None:
    assert fhirpath.holds("onBehalfOf.resolve().exists() implies name.exists()", PATIENT, of_type="Patient") is None
    assert fhirpath.holds("name.exists()", PATIENT, of_type="Patient") is True
    assert fhirpath.holds("photo.exists()", PATIENT, of_type="Patient") is False


# -- US Core's own examples -------------------------------------------------------------------------------------------


def examples(folder: Path) -> Iterator[tuple[Resource, Profile]]:
    """Each example with each profile that it claims and that is known."""
    with tarfile.open(folder / "fhir" / "uscore" / "us_core_610.tgz") as package:
        for name in sorted(package.getnames()):
            member = package.extractfile(name) if name.startswith("package/example/") else None
            if member is None or name.endswith(".index.json"):
                continue
            resource = decode(member.read())
            listed = [e["resource"] for e in resource["entry"]] if resource["resourceType"] == "Bundle" else [resource]
            for one in listed:
                for url in one.get("meta", {}).get("profile", ()):
                    if found := profiles.find(url):
                        yield one, found


@pytest.mark.test_data
def test_every_example_meets_the_profiles_that_it_claims(test_data: Path) -> None:
    found = [(one, profile_, check(one, profile_)) for one, profile_ in examples(test_data)]
    assert len(found) > 150
    assert len({profile_.url for _, profile_, _ in found}) > 40
    assert [(one["id"], str(i)) for one, _, issues in found for i in issues if i.severity == "error"] == []
    unsaid = {i.diagnostics.split()[0] for _, _, issues in found for i in issues if i.severity == "information"}
    assert unsaid == {"provenance-1"}, "an invariant that follows a reference"


def required(node: Node, value: Value) -> Iterator[tuple[Value, str, list[Value], str]]:
    """Every element that a profile requires and that is there: what holds it, its name, its values, its path."""
    for name, child in node.children.items():
        found = list(values(value, name)) if isinstance(value.data, Mapping) else []
        if child.low and found:
            yield value, name, found, child.path
        for part in child.slices.values():
            members = [one for one in found if is_member(part, child.slicing, one)]
            if part.low and members:
                yield value, name, members, part.path
            for one in members:
                yield from required(part, one)
        for one in found:
            yield from required(child, one)


def taken_away(holder: Value, name: str, found: list[Value]) -> None:
    """Take these values of an element out of what holds them."""
    gone = {id(one.data) for one in found}
    for key in {one.where.rpartition(".")[2].partition("[")[0] for one in found}:
        left = (
            [one for one in holder.data[key] if id(one) not in gone] if isinstance(holder.data.get(key), list) else []
        )
        holder.data.pop(f"_{key}", None)
        holder.data.pop(key, None)
        if left:
            holder.data[key] = left
    assert CHOICE in name or name.isalpha()


@pytest.mark.test_data
def test_whatever_is_taken_from_an_example_is_noticed(test_data: Path) -> None:
    """Where it is what tells a slice that may be missing, the rest is a value of another kind."""
    tried, missed = 0, Counter[tuple[str, str]]()
    for one, profile_ in examples(test_data):
        kind = one["resourceType"]
        for number in range(len(list(required(profile_.root, Value(one, kind, kind, (kind, "")))))):
            less = copy.deepcopy(one)
            holder, name, found, path = list(required(profile_.root, Value(less, kind, kind, (kind, ""))))[number]
            taken_away(holder, name, found)
            tried += 1
            if not any(issue.severity == "error" for issue in check(less, profile_)):
                missed[profile_.url.removeprefix(US_CORE), path] += 1
    assert tried > 900
    assert set(missed) == {
        ("observation-occupation", "component:industry.code"), ("coverage", "identifier:memberid.type"),
        ("coverage", "class:group.type"), ("coverage", "class:plan.type"),
        ("provenance", "agent:ProvenanceAuthor.type"),
    }  # fmt: skip


def test_the_elements_that_must_be_supported() -> None:
    assert {node.path for node in must_support(profile("patient"))} >= {
        "identifier",
        "name.family",
        "gender",
        "birthDate",
    }
    assert len(profiles.known()) == 59
