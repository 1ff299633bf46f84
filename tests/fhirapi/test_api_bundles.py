"""Batch and transaction: references inside a Bundle, all or nothing, one answer for each entry."""

import uuid
from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice, issue
from tests.store.people import heart_rate, patient


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **request: str) -> dict[str, Any]:
    full_url = request.pop("full_url", None)
    found: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        found["resource"] = resource
    return {**({"fullUrl": full_url} if full_url else {}), **found}


def urn() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def send(api: Practice, kind: str, *entries: dict[str, Any], **more: Any) -> Any:
    return api.ask("POST", "", json={"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **more)


def count(api: Practice, resource_type: str) -> int:
    total: int = api.ask("GET", f"/{resource_type}?_summary=count").json()["total"]
    return total


@pytest.mark.parametrize("address", ["", "/"])
def test_references_inside_a_transaction_lead_to_the_new_resources(api: Practice, address: str) -> None:
    person, visit = urn(), urn()
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        entry("POST", "Observation", heart_rate(person, encounter={"reference": visit})),
        entry("POST", "Patient", patient(), full_url=person),
        entry("POST", "Encounter", {"resourceType": "Encounter", "status": "arrived", "class": {"code": "AMB"},
                                    "subject": {"reference": person}}, full_url=visit),
    ]}  # fmt: skip
    response = api.ask("POST", address, json=bundle)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["type"] == "transaction-response"
    rate, who, encounter = body["entry"]
    assert [e["response"]["status"] for e in body["entry"]] == ["201 Created"] * 3
    assert rate["resource"]["subject"]["reference"] == f"Patient/{who['resource']['id']}"
    assert rate["resource"]["encounter"]["reference"] == f"Encounter/{encounter['resource']['id']}"
    assert who["response"]["location"] == f"Patient/{who['resource']['id']}/_history/1"
    assert who["response"]["etag"] == 'W/"1"'
    assert who["response"]["lastModified"] == who["resource"]["meta"]["lastUpdated"]
    assert who["fullUrl"] == f"http://testserver/fhir/Patient/{who['resource']['id']}"
    assert api.ask("GET", f"/Observation?subject=Patient/{who['resource']['id']}").json()["entry"]


def test_a_fullurl_from_elsewhere_is_followed_in_both_its_forms(api: Practice) -> None:
    response = send(
        api, "transaction",
        entry("POST", "Patient", patient(id="7"), full_url="http://elsewhere.example/fhir/Patient/7"),
        entry("POST", "Observation", heart_rate("Patient/7")),
        entry("POST", "Observation", heart_rate("http://elsewhere.example/fhir/Patient/7")),
    )  # fmt: skip
    who, *rates = response.json()["entry"]
    assert who["resource"]["id"] != "7"
    assert {r["resource"]["subject"]["reference"] for r in rates} == {f"Patient/{who['resource']['id']}"}


BROKEN: list[tuple[str, int, dict[str, Any]]] = [
    ("invalid", 422, entry("POST", "Patient", {"resourceType": "Patient", "gender": "girl"})),
    ("stale", 412, entry("PUT", "Patient/standing", patient(id="standing"), ifMatch='W/"9"')),
    ("deletion", 405, entry("DELETE", "Patient/standing")),
    ("missing", 404, entry("PUT", "Patient/none", patient(id="none"), ifMatch='W/"1"')),
    ("urn", 400, entry("POST", "Observation", heart_rate(urn()))),
    ("reference", 412, entry("POST", "Observation", heart_rate("Patient?identifier=urn:x|none"))),
    ("type", 400, entry("POST", "Patient", heart_rate("Patient/standing"))),
    ("no resource", 400, entry("POST", "Patient")),
    ("read", 400, entry("GET", "Patient/standing")),
    ("method", 400, entry("PATCH", "Patient/standing", patient())),
    ("url", 400, entry("POST", "http://elsewhere.example/Patient", patient())),
    ("id", 400, entry("PUT", "Patient/other", patient(id="standing"))),
    ("condition", 400, entry("POST", "Patient", patient(), ifNoneExist="shoe=44")),
    ("forbidden", 403, entry("POST", "Organization", {"resourceType": "Organization", "name": "x"})),
]


@pytest.mark.parametrize(("status", "bad"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_entry_and_nothing_is_written(api: Practice, status: int, bad: dict[str, Any], first: bool) -> None:
    api.ask("PUT", "/Patient/standing", json=patient(id="standing"), role=Role.LEAD_MA)
    good = [
        entry("POST", "Patient", patient()),
        entry("PUT", "Patient/new", patient(id="new")),
        entry("POST", "Observation", heart_rate("Patient/standing")),
    ]
    entries = [bad, *good] if first else [*good, bad]
    response = send(api, "transaction", *entries, role=Role.LEAD_MA)
    assert response.status_code == status, response.text
    assert issue(response)["severity"] == "error"
    assert (count(api, "Patient"), count(api, "Observation")) == (1, 0)
    assert api.ask("GET", "/Patient/standing").headers["etag"] == 'W/"1"'


def test_an_invalid_entry_is_named_with_its_place_in_the_bundle(api: Practice) -> None:
    response = send(
        api, "transaction",
        entry("POST", "Patient", patient()),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "girl"}),
    )  # fmt: skip
    expressions = [where for i in response.json()["issue"] for where in i.get("expression", [])]
    assert any(where.startswith("Bundle.entry[1].resource.gender") for where in expressions)


def test_two_entries_on_one_resource_or_one_fullurl_are_refused(api: Practice) -> None:
    twice = send(api, "transaction", entry("PUT", "Patient/a", patient(id="a")), entry("DELETE", "Patient/a"))
    assert (twice.status_code, issue(twice)["expression"]) == (400, ["Bundle.entry[1]"])
    name = urn()
    same = [entry("POST", "Patient", patient(), full_url=name) for _ in range(2)]
    assert send(api, "transaction", *same).status_code == 400


def test_conditional_create_and_reference_inside_a_transaction(api: Practice) -> None:
    known = api.create(patient(identifier=[{"system": "urn:x", "value": "1"}]))
    name = urn()
    response = send(
        api, "transaction",
        entry("POST", "Patient", patient(identifier=[{"system": "urn:x", "value": "1"}]), full_url=name,
              ifNoneExist="identifier=urn:x|1"),
        entry("POST", "Observation", heart_rate(name)),
        entry("POST", "Observation", heart_rate("Patient?identifier=urn:x|1")),
    )  # fmt: skip
    who, *rates = response.json()["entry"]
    assert who["response"]["status"] == "200 OK"
    assert who["response"]["location"] == f"Patient/{known['id']}/_history/1"
    assert {r["resource"]["subject"]["reference"] for r in rates} == {f"Patient/{known['id']}"}
    assert count(api, "Patient") == 1


def test_updates_and_deletions_in_a_transaction(api: Practice) -> None:
    room = api.create({"resourceType": "Location", "name": "4"}, role=Role.MANAGER)
    other = api.create({"resourceType": "Location", "name": "5"}, role=Role.MANAGER)
    response = send(
        api, "transaction",
        entry("PUT", f"Location/{other['id']}", {**other, "name": "6"}, ifMatch='W/"1"'),
        entry("DELETE", f"Location/{room['id']}"),
        role=Role.MANAGER,
    )  # fmt: skip
    assert [e["response"]["status"] for e in response.json()["entry"]] == ["200 OK", "204 No Content"]
    assert api.ask("GET", f"/Location/{room['id']}").status_code == 410
    assert api.ask("GET", f"/Location/{other['id']}").json()["name"] == "6"


def test_a_stale_entry_gets_the_changed_elements(api: Practice) -> None:
    person = api.create(patient())
    api.ask("PUT", f"/Patient/{person['id']}", json={**patient(given="B"), "id": person["id"]})
    stale = send(api, "transaction", entry("PUT", f"Patient/{person['id']}", person, ifMatch='W/"1"'))
    assert stale.status_code == 412
    assert issue(stale)["expression"] == ["Patient.name"]


def test_minimal_answers_hold_no_resources(api: Practice) -> None:
    response = send(api, "transaction", entry("POST", "Patient", patient()), headers={"Prefer": "return=minimal"})
    (answer,) = response.json()["entry"]
    assert "resource" not in answer
    assert answer["response"]["location"]


def test_a_batch_answers_each_entry_for_itself(api: Practice) -> None:
    person = api.create(patient())
    response = send(
        api, "batch",
        entry("POST", "Patient", patient(name="Silva")),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "girl"}),
        entry("GET", f"Patient/{person['id']}"),
        entry("GET", "Patient?family=silva"),
        entry("GET", f"Patient/{person['id']}/_history"),
        entry("GET", f"Patient/{person['id']}/_history/1"),
        entry("GET", "Patient/none"),
        entry("PUT", f"Patient/{person['id']}", patient(id=person["id"], given="B"), ifMatch='W/"7"'),
        entry("DELETE", f"Patient/{person['id']}"),
        entry("POST", f"Patient/{person['id']}", patient()),
        role=Role.LEAD_MA,
    )  # fmt: skip
    body = response.json()
    assert (response.status_code, body["type"]) == (200, "batch-response")
    statuses = [e["response"]["status"].partition(" ")[0] for e in body["entry"]]
    assert statuses == ["201", "422", "200", "200", "200", "200", "404", "412", "405", "404"]
    assert body["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert body["entry"][2]["resource"] == person
    assert body["entry"][3]["resource"]["entry"][0]["resource"]["name"][0]["family"] == "Silva"
    assert count(api, "Patient") == 2


def test_a_batch_does_not_send_what_the_client_has(api: Practice) -> None:
    person = api.create(patient())
    url, at = f"Patient/{person['id']}", person["meta"]["lastUpdated"]
    asked: list[tuple[dict[str, Any], str]] = [
        ({"ifNoneMatch": 'W/"1"'}, "304"), ({"ifNoneMatch": 'W/"2"'}, "200"), ({"ifModifiedSince": at}, "304"),
        ({"ifModifiedSince": "2020-01-01T00:00:00Z"}, "200"), ({"ifNoneMatch": 'W/"2"', "ifModifiedSince": at}, "200"),
    ]  # fmt: skip
    answer = send(api, "batch", *(entry("GET", url, **known) for known, _ in asked)).json()["entry"]
    assert [one["response"]["status"][:3] for one in answer] == [status for _, status in asked]
    assert "resource" not in answer[0]
    assert answer[0]["response"]["etag"] == 'W/"1"'
    for wrong in (entry("GET", url, ifModifiedSince="yesterday"), entry("DELETE", url, ifNoneMatch='W/"1"')):
        assert send(api, "batch", wrong).status_code == 400


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"resourceType": "Patient"}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "collection"}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": {}}, "Bundle.entry"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": ["x"]}, "Bundle.entry[0]"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {}}]}, "Bundle.entry[0]"),
    ],
)
def test_what_is_no_batch_or_transaction_is_400(api: Practice, body: dict[str, Any], where: str) -> None:
    response = api.ask("POST", "", json=body)
    assert (response.status_code, issue(response)["expression"]) == (400, [where])


def test_an_empty_transaction_does_nothing(api: Practice) -> None:
    response = send(api, "transaction")
    assert response.json() == {"resourceType": "Bundle", "type": "transaction-response"}
