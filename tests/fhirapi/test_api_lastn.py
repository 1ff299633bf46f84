"""Observation/$lastn: the last of each kind."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.store.last_of_code import Name, kinds, newest
from tests.fhirapi.practice import Practice
from tests.store.people import patient

LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def measured(whose: str, codes: Sequence[str], on: str, value: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{whose}"},
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}], "effectiveDateTime": on,
        "code": {"coding": [{"system": LOINC, "code": code} for code in codes]} if codes else {"text": "Mood"},
        "valueQuantity": {"value": value, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1"}, **more,
    }  # fmt: skip


def last(api: Practice, whose: str, query: str) -> list[int]:
    answer = api.ask("GET", f"/Observation/$lastn?patient={whose}&{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["valueQuantity"]["value"] for entry in answer.json().get("entry", [])]


@pytest.fixture
def whose(api: Practice) -> str:
    person, other = (str(api.create(patient())["id"]) for _ in range(2))
    for value, (codes, on) in enumerate([
        (["a"], "2026-01-01"), (["a"], "2026-03-01"), (["a"], "2026-02-01"), (["b"], "2026-01-15"),
        (["c"], "2025-01-01"), (["b", "c"], "2024-01-01"), ([], "2026-05-01"), ([], "2026-04-01"),
    ]):  # fmt: skip
        api.create(measured(person, codes, on, value))
    api.create(measured(other, ["a"], "2026-06-01", 99))
    api.create(measured(person, ["a"], "2026-06-01", 98, status="entered-in-error"))
    api.create(measured(person, ["a"], "2026-07-01", 97, category=[{"text": "Elsewhere"}]))
    return person


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=vital-signs", [6, 1, 3]),
        ("category=vital-signs&max=2", [6, 7, 1, 2, 3, 4]),
        ("category=vital-signs&max=9", [6, 7, 1, 2, 0, 3, 4, 5]),
        ("code=a", [97]),
        ("code=a&date=lt2026-02-15&max=2", [2, 0]),
        ("code=b,c", [3]),
        ("category=vital-signs&code=a&status=entered-in-error", [98]),
        ("code=none", []),
    ],
)
def test_the_last_of_each_kind(api: Practice, whose: str, query: str, expected: list[int]) -> None:
    assert last(api, whose, query) == expected


def test_by_post_in_parameters(api: Practice, whose: str) -> None:
    listed = [
        ("subject", "valueString", f"Patient/{whose}"),
        ("code", "valueString", "a"),
        ("max", "valuePositiveInt", 2),
    ]
    sent = {"resourceType": "Parameters", "parameter": [{"name": name, kind: value} for name, kind, value in listed]}
    answer = api.ask("POST", "/Observation/$lastn", json=sent).json()
    assert [entry["resource"]["valueQuantity"]["value"] for entry in answer["entry"]] == [97, 1]


@pytest.mark.parametrize(
    "query",
    ["code=a", "patient=x", "patient=x&code:missing=true", "patient:missing=false&code=a", "patient=x&code=a&max=0",
     "patient=x&code=a&_sort=date", "patient=x&code=a&_include=Observation:patient", "patient=x&code=a&colour=red"],
)  # fmt: skip
def test_it_says_of_whom_and_of_what(api: Practice, query: str) -> None:
    assert api.ask("GET", f"/Observation/$lastn?{query}").status_code == 400


def test_a_part_of_each(api: Practice, whose: str) -> None:
    entry = api.ask("GET", f"/Observation/$lastn?patient={whose}&code=a&_elements=status").json()["entry"]
    assert set(entry[0]["resource"]) == {"resourceType", "id", "meta", "status", "code"}


A, B, C, D = ((LOINC, code, "") for code in "ABCD")
WORDS: Name = ("", "", "mood")


@pytest.mark.parametrize(
    ("called", "groups"),
    [
        ([[A], [B], [A]], [0, 1, 0]),
        ([[A], [B], [A, B]], [0, 0, 0]),
        ([[A, B], [C, D], [B, C], [D]], [0, 0, 0, 0]),
        ([[WORDS], [WORDS], [A]], [0, 0, 1]),
        ([[A, WORDS], [B, WORDS], [WORDS]], [0, 1, 2]),
        ([], []),
    ],
)
def test_kinds(called: list[list[Name]], groups: list[int]) -> None:
    found = kinds({UUID(int=number): names for number, names in enumerate(called)})
    numbered = {kind: number for number, kind in enumerate(dict.fromkeys(found.values()))}
    assert [numbered[kind] for kind in found.values()] == groups


@given(st.lists(st.lists(st.sampled_from([A, B, C, D]), min_size=1, max_size=2), max_size=4))
def test_kinds_are_the_same_in_whatever_order_they_come(called: list[list[Name]]) -> None:
    together = set()
    for order in permutations(range(len(called))):
        found = kinds({UUID(int=number): called[number] for number in order})
        together.add(frozenset((a.int, b.int) for a in found for b in found if found[a] == found[b]))
    assert len(together) == 1


def test_the_newest_of_each_kind_by_kind() -> None:
    keys = [UUID(int=number) for number in range(5)]
    listed = dict(zip(keys, [7, 3, 7, 7, 3], strict=True))
    assert [key.int for key in newest(listed, 2)] == [0, 2, 1, 4]
