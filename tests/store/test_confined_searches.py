"""Which searches may look at one chart's index rows alone: those whose parameter is what a resource's chart goes by."""

import pytest

from carewright.core.fhir.references import patient_of
from carewright.core.store.keys import key_of
from carewright.core.store.search.parse import parse
from carewright.core.store.search.people import confined_to

P1, P2 = key_of("Patient", "p1"), key_of("Patient", "p2")


@pytest.mark.parametrize(
    ("resource_type", "name", "value", "charts"),
    [
        ("Observation", "subject", "Patient/p1", {P1}),
        ("Observation", "patient", "p1", {P1}),
        ("Observation", "patient", "p1,Patient/p2", {P1, P2}),
        ("Observation", "subject:Patient", "p1", {P1}),
        ("Task", "patient", "Patient/p1", {P1}),
        ("Coverage", "beneficiary", "Patient/p1", {P1}),
        ("Observation", "subject", "p1", None),  # may be a group, a device or a place
        ("Observation", "subject", "Patient/p1,Group/g", None),
        ("Observation", "subject", "http://example.org/Patient/p1", None),
        ("Observation", "subject:missing", "true", None),
        ("Observation", "performer", "Patient/p1", None),  # of somebody else's chart, it may be
        ("Observation", "subject:Patient.name", "Li", None),
        ("Coverage", "subscriber", "Patient/p1", None),
        ("Appointment", "patient", "Patient/p1", None),  # two patients may take part
        ("Provenance", "target", "Patient/p1", None),
        ("Schedule", "actor", "Patient/p1", None),
        ("Patient", "general-practitioner", "Practitioner/d1", None),
    ],
)
def test_only_the_subject_confines_a_search(
    resource_type: str, name: str, value: str, charts: set[object] | None
) -> None:
    assert confined_to(parse(resource_type, [("_count", "5"), (name, value)])) == charts


@pytest.mark.parametrize(
    ("resource_type", "element"), [("Observation", "subject"), ("Task", "for"), ("Coverage", "beneficiary")]
)
def test_a_resource_of_such_a_subject_is_in_that_chart(resource_type: str, element: str) -> None:
    resource = {
        "resourceType": resource_type,
        element: {"reference": "Patient/p1"},
        "performer": [{"reference": "Patient/p2"}],
        "subscriber": {"reference": "Patient/p2"},
    }
    assert patient_of(resource) == "p1"
