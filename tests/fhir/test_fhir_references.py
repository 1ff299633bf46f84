"""References taken apart, found, rewritten; and whose chart a resource belongs to."""

import pytest

from carewright.core.fhir.compartments import compartments
from carewright.core.fhir.references import PATIENT_PATHS, Reference, parse, patient_of, rewrite, walk
from carewright.core.fhir.search_parameters import parameters_for
from carewright.core.fhir.structures import elements, is_resource

ADA = "urn:uuid:7c5be3a4-4b2c-4f2e-9c0f-0d7c3f6b8a11"


@pytest.mark.parametrize(
    ("text", "kind", "type_", "id_", "version"),
    [
        ("Patient/1", "relative", "Patient", "1", ""),
        ("Patient/1/_history/2", "relative", "Patient", "1", "2"),
        ("https://clinic.example/p/a/fhir/Patient/1", "absolute", "Patient", "1", ""),
        ("https://clinic.example/Patient/1/_history/3", "absolute", "Patient", "1", "3"),
        ("http://example.org/something", "absolute", "", "", ""),
        (ADA, "urn", "", "", ""),
        ("urn:oid:1.2.840", "urn", "", "", ""),
        ("#med", "contained", "", "med", ""),
        ("#", "contained", "", "", ""),
        ("Patient?identifier=http://x|1", "conditional", "Patient", "", ""),
    ],
)
def test_a_reference_is_taken_apart(text, kind, type_, id_, version):
    assert parse(text) == Reference(kind, type_, id_, version, text)


@pytest.mark.parametrize(
    "text",
    ["", "not a ref !!", "Patient", "Patient/", "Dragon/1", "patient/1", "Patient/a b", "urn:uuid:1",
     f"Patient/{'x' * 65}",
     "Dragon?name=x", "/Patient/1", "Patient/1/2"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match="reference"):
        parse(text)


def test_every_reference_is_found_with_its_path():
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/1"},
        "performer": [{"display": "nobody"}, {"reference": "Practitioner/2"}],
        "extension": [{"url": "x", "valueReference": {"reference": "Device/3"}}],
    }
    assert {path: holder["reference"] for path, holder in walk(resource)} == {
        "Observation.subject": "Patient/1",
        "Observation.performer[1]": "Practitioner/2",
        "Observation.extension[0].valueReference": "Device/3",
    }


def test_links_to_an_entry_become_its_address_and_nothing_else_changes():
    resource = {
        "resourceType": "DocumentReference",
        "text": {
            "status": "additional",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{ADA}">{ADA}</a></div>',
        },
        "contained": [{"resourceType": "Provenance", "target": [{"reference": ADA}]}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": ADA}],
        "subject": {"reference": ADA, "display": ADA},
        "author": [{"reference": f"{ADA}#part"}],
        "content": [{"attachment": {"url": ADA, "title": ADA}}],
        "extension": [{"url": "http://x", "valueUri": ADA}, {"url": "http://x", "valueString": ADA}],
        "_date": {"extension": [{"url": "http://x", "valueReference": {"reference": ADA}}]},
    }
    before = repr(resource)
    changed = rewrite(resource, {ADA: "Patient/1"})
    assert repr(resource) == before
    assert changed["subject"] == {"reference": "Patient/1", "display": ADA}
    assert changed["author"] == [{"reference": "Patient/1#part"}]
    assert changed["contained"][0]["target"] == [{"reference": "Patient/1"}]
    assert changed["content"][0]["attachment"] == {"url": "Patient/1", "title": ADA}
    assert [e.get("valueUri") or e["valueString"] for e in changed["extension"]] == ["Patient/1", ADA]
    assert changed["_date"]["extension"][0]["valueReference"] == {"reference": "Patient/1"}
    assert f'<a href="Patient/1">{ADA}</a>' in changed["text"]["div"]
    assert changed["identifier"] == resource["identifier"]


@pytest.mark.parametrize(
    ("resource", "patient"),
    [
        ({"resourceType": "Patient", "id": "1"}, "1"),
        ({"resourceType": "Patient"}, None),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/4"}}, "1"),
        ({"resourceType": "Observation", "subject": {"reference": "Location/1"}}, None),
        ({"resourceType": "Observation", "subject": {"reference": "http://elsewhere.example/Patient/1"}}, None),
        ({"resourceType": "Observation", "subject": {"display": "somebody"}}, None),
        (
            {
                "resourceType": "AllergyIntolerance",
                "asserter": {"reference": "Patient/mother"},
                "patient": {"reference": "Patient/child"},
            },
            "child",
        ),
        (
            {
                "resourceType": "Appointment",
                "participant": [
                    {"actor": {"reference": "Practitioner/9"}},
                    {"actor": {"display": "x"}},
                    {"actor": {"reference": "Patient/1"}},
                ],
            },
            "1",
        ),
        ({"resourceType": "Task", "for": {"reference": "Patient/1"}, "owner": {"reference": "Patient/2"}}, "1"),
        (
            {
                "resourceType": "Coverage",
                "payor": [{"reference": "Patient/2"}],
                "beneficiary": {"reference": "Patient/1"},
            },
            "1",
        ),
        ({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/1"}}]}, None),
        ({"resourceType": "Organization", "id": "1"}, None),
        ({"resourceType": "Dragon"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_resource_belongs_to_the_patient_it_is_about(resource, patient):
    assert patient_of(resource) == patient


def test_the_patient_table_covers_the_compartment_and_names_real_elements():
    compartment = set(compartments()["Patient"])
    assert compartment - set(PATIENT_PATHS) == {"Patient", "Group"}
    assert set(PATIENT_PATHS) - compartment == {"Device", "GuidanceResponse", "Task"}
    for resource_type, paths in PATIENT_PATHS.items():
        for path in paths.split():
            assert _reaches_patient(resource_type, path), f"{resource_type}.{path}"


def test_every_parameter_of_the_compartment_is_in_the_patient_table():
    left_out = {"Patient", "Group"}
    for resource_type, codes in compartments()["Patient"].items():
        if resource_type in left_out:
            continue
        reached = {str(p).removesuffix(".reference") for c in codes for p in parameters_for(resource_type)[c].paths}
        assert reached <= set(PATIENT_PATHS[resource_type].split()), resource_type


def _reaches_patient(resource_type: str, path: str) -> bool:
    content = (resource_type, "")
    *above, last = path.split(".")
    for name in above:
        element = elements(*content)[name]
        content = element.inside(element.types[0]) or content
    types = elements(*content)[last].types
    assert is_resource(resource_type)
    return any(t.code == "Reference" and (not t.targets or "Patient" in t.targets) for t in types)
