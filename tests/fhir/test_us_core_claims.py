"""What claims a profile of US Core: what meets it, and nothing else."""

import pytest

from carewright.core.fhir.us_core import BASE, OF_CATEGORY, OF_CODE, OF_TYPE, claiming, profile_of
from carewright.core.store.model import Resource
from tests.store.people import patient

PATIENT = f"{BASE}patient"
IDENTIFIED = {**patient(), "gender": "male", "identifier": [{"system": "urn:mrn", "value": "1"}]}


def observation(code: str, category: str) -> Resource:
    return {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "urn:own", "code": "x"}, {"system": "http://loinc.org", "code": code}]},
        "category": [{"coding": [{"system": "urn:c", "code": category}]}],
    }  # fmt: skip


def test_every_profile_that_is_named_is_known() -> None:
    for kind in OF_TYPE:
        assert profile_of({"resourceType": kind}) is not None, kind
    for kind, category in OF_CATEGORY:
        assert profile_of({"resourceType": kind, "category": [{"coding": [{"code": category}]}]}) is not None
    for code in OF_CODE:
        assert profile_of(observation(code, "any")) is not None, code


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (observation("8867-4", "vital-signs"), "heart-rate"), (observation("1-1", "vital-signs"), "vital-signs"),
        (observation("1-1", "laboratory"), "observation-lab"), (observation("1-1", "survey"), None),
        ({"resourceType": "Observation"}, None), ({"resourceType": "Task"}, None), ({}, None),
        ({"resourceType": "Observation", "category": "x", "code": []}, None),
    ],
)  # fmt: skip
def test_which_profile_a_resource_is_meant_for(resource: Resource, name: str | None) -> None:
    found = profile_of(resource)
    assert (found.url if found else None) == (BASE + name if name else None)


@pytest.mark.parametrize(
    ("resource", "profiles"),
    [
        (IDENTIFIED, [PATIENT]),
        (patient(), None),
        ({**IDENTIFIED, "meta": {"profile": [f"{PATIENT}|6.1.0", "urn:other"]}}, ["urn:other", PATIENT]),
        ({**patient(), "meta": {"profile": [PATIENT, "urn:other"]}}, ["urn:other"]),
        ({**patient(), "meta": {"profile": [PATIENT]}}, None),
    ],
)
def test_a_claim_is_made_where_it_holds_and_taken_back_where_not(
    resource: Resource, profiles: list[str] | None
) -> None:
    claimed = claiming(resource)
    assert claimed.get("meta", {}).get("profile") == profiles
    assert {**claimed, "meta": 0} == {**resource, "meta": 0}
    assert claiming(claimed) is claimed
