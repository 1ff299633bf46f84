"""A scope with a query opens the records that meet it and tells of no other, whichever way they are asked for."""

from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice
from tests.fhirapi.test_api_lastn import measured
from tests.store.people import patient

VITALS = "user/Observation.cruds?category=vital-signs"
LAB = {"category": [{"text": "Laboratory", "coding": [{"system": "urn:c", "code": "laboratory"}]}]}


@pytest.fixture
def chart(api: Practice) -> dict[str, str]:
    """A patient with a vital sign and a laboratory value at one visit."""
    who = str(api.create(patient())["id"])
    about = {"subject": {"reference": f"Patient/{who}"}}
    visit = str(
        api.create({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, **about})["id"]
    )
    at = {"encounter": {"reference": f"Encounter/{visit}"}}
    return {
        "who": who,
        "visit": visit,
        "vital": str(api.create({**measured(who, ["a"], "2026-01-01", 1), **at})["id"]),
        "lab": str(api.create({**measured(who, ["b"], "2026-01-02", 2), **LAB, **at})["id"]),
    }


def limited(api: Practice, scopes: str = f"{VITALS} user/Patient.rs user/Encounter.rs") -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token(Role.LEAD_MA, scopes=scopes)}"}


@pytest.mark.parametrize(
    "asked",
    [
        "Observation", "Observation?patient={who}", "Observation?_id={vital},{lab}", "Observation?category:not=x",
        "Observation?code=a,b&_sort=-date", "Observation?encounter:Encounter.status=finished", "Observation/_history",
        "Observation/$lastn?patient={who}&code=a,b", "Patient/{who}/$everything", "_history",
        "Patient?_id={who}&_revinclude=Observation:subject", "Encounter?_revinclude=Observation:encounter",
        "Patient/{who}/Observation", "Observation?_filter=code eq a or code eq b",
    ],
)  # fmt: skip
def test_no_way_of_asking_tells_of_what_is_left_out(api: Practice, chart: dict[str, str], asked: str) -> None:
    answer = api.client.get(f"/fhir/{asked.format(**chart)}", headers=limited(api))
    assert answer.status_code == 200, answer.text
    said = str(answer.json()["entry"])
    assert chart["vital"] in said
    assert chart["lab"] not in said


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Patient?_has:Observation:subject:code=a", 1), ("Patient?_has:Observation:subject:code=b", 0),
        ("Encounter?_has:Observation:encounter:code:not=a", 0),
        ("Encounter?_has:Observation:encounter:date=2026-01-02", 0),
        ("Observation?code=b", 0), ("Observation?code:not=a", 0), ("Observation", 1),
    ],
)  # fmt: skip
def test_nothing_follows_from_what_is_left_out(api: Practice, chart: dict[str, str], asked: str, found: int) -> None:
    answer = api.client.get(f"/fhir/{asked}&_total=accurate" if "?" in asked else f"/fhir/{asked}?_total=accurate",
                            headers=limited(api))  # fmt: skip
    assert answer.json()["total"] == found


def test_what_is_left_out_is_not_there_by_its_id(api: Practice, chart: dict[str, str]) -> None:
    headers = limited(api)
    for path in ("", "/_history", "/_history/1", "/$meta"):
        assert api.client.get(f"/fhir/Observation/{chart['lab']}{path}", headers=headers).status_code == 404, path
        assert api.client.get(f"/fhir/Observation/{chart['vital']}{path}", headers=headers).status_code == 200, path


def test_of_a_record_that_has_come_within_the_limit_its_past_is_not_shown(api: Practice, chart: dict[str, str]) -> None:
    body = api.ask("GET", f"/Observation/{chart['lab']}").json()
    body["category"], body["valueQuantity"]["value"] = measured("x", [], "2026", 0)["category"], 77
    assert api.ask("PUT", f"/Observation/{chart['lab']}", json=body).status_code == 200
    headers = limited(api)
    assert api.client.get(f"/fhir/Observation/{chart['lab']}/_history/2", headers=headers).status_code == 200
    assert api.client.get(f"/fhir/Observation/{chart['lab']}/_history/1", headers=headers).status_code == 404
    history = api.client.get(f"/fhir/Observation/{chart['lab']}/_history", headers=headers).json()
    assert [e["resource"]["valueQuantity"]["value"] for e in history["entry"]] == [77]


def test_writes_stay_within_the_limit_before_and_after(api: Practice, chart: dict[str, str]) -> None:
    headers = limited(api)

    def put(resource_id: str, body: dict[str, Any]) -> int:
        path = f"/fhir/Observation/{resource_id}"
        return int(api.client.put(path, headers=headers, json={**body, "id": resource_id}).status_code)

    vital, lab = measured(chart["who"], ["a"], "2026-03-01", 3), {**measured(chart["who"], ["a"], "2026", 4), **LAB}
    assert api.client.post("/fhir/Observation", headers=headers, json=vital).status_code == 201
    assert api.client.post("/fhir/Observation", headers=headers, json=lab).status_code == 403
    assert put(chart["vital"], vital) == 200
    assert put(chart["vital"], lab) == 403, "it would leave the limit"
    assert put(chart["lab"], vital) in (403, 404), "it was never within"
    standing = api.ask("GET", f"/Observation/{chart['lab']}").json()
    assert standing["meta"]["versionId"] == "1"
    assert api.ask("GET", f"/Observation/{chart['vital']}").json()["category"] == vital["category"]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": body, "request": {"method": "POST", "url": "Observation"}} for body in (vital, lab)
    ]}  # fmt: skip
    before = api.ask("GET", "/Observation?_total=accurate").json()["total"]
    assert api.client.post("/fhir", headers=headers, json=bundle).status_code == 403
    assert api.ask("GET", "/Observation?_total=accurate").json()["total"] == before, "all or nothing"


def test_scopes_add_up_and_one_without_a_query_lifts_the_others(api: Practice, chart: dict[str, str]) -> None:
    def found(scopes: str) -> int:
        answer = api.client.get("/fhir/Observation?_total=accurate", headers=limited(api, scopes))
        return int(answer.json()["total"])

    assert found("user/Observation.rs?category=vital-signs user/Observation.rs?category=laboratory") == 2
    assert found("user/Observation.rs?category=vital-signs user/Observation.r") == 1, "search is still held to it"
    assert found("user/Observation.rs?category=vital-signs user/*.rs") == 2
    assert found("user/Observation.rs?category=vital-signs&code=b") == 0
    assert found("user/Observation.rs?code=a,b&category=laboratory") == 1
    assert found(f"user/Observation.rs?patient=Patient/{chart['who']}&date=gt2026-01-01") == 1
