"""Operations: how they are asked, and $meta and $validate."""

from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

TAG = {"system": "urn:tags", "code": "vip-lounge"}
WRONG = {"resourceType": "Patient", "gender": "lady", "birthDate": "23.11.2026"}


def parameters(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(listed)}


def places(response: Any) -> list[str]:
    return sorted(where for one in response.json()["issue"] for where in one.get("expression", []))


def test_meta_is_that_of_the_version_that_stands(api: Practice) -> None:
    made = api.create({**patient(), "meta": {"tag": [TAG]}})
    answer = api.ask("GET", f"/Patient/{made['id']}/$meta").json()
    assert answer == parameters({"name": "return", "valueMeta": made["meta"]})
    assert answer["parameter"][0]["valueMeta"]["tag"] == [TAG]
    assert api.ask("GET", "/Patient/none/$meta").status_code == 404


@pytest.mark.parametrize("sent", [WRONG, parameters({"name": "resource", "resource": WRONG})])
def test_what_would_be_wrong_is_said_and_nothing_is_written(api: Practice, sent: dict[str, Any]) -> None:
    answer = api.ask("POST", "/Patient/$validate", json=sent)
    assert answer.status_code == 200
    assert places(answer) == ["Patient.birthDate", "Patient.gender"]
    assert "lady" not in answer.text
    assert api.ask("GET", "/Patient?_summary=count").json()["total"] == 0


def test_what_is_right_is_said_to_be(api: Practice) -> None:
    answer = api.ask("POST", "/Patient/$validate", json=patient())
    assert [one["severity"] for one in answer.json()["issue"]] == ["information"]
    made = api.create(patient())
    path = f"/Patient/{made['id']}/$validate"
    for answer in (api.ask("GET", path), api.ask("POST", path, json=made), api.ask("POST", path, json=parameters())):
        assert [one["severity"] for one in answer.json()["issue"]] == ["information"]
    other = api.ask("POST", f"/Patient/{made['id']}/$validate", json={**patient(), "id": "another"})
    assert (other.status_code, issue(other)["expression"]) == (400, ["Patient.id"])


def test_a_profile_is_checked_where_it_is_asked_for_or_claimed(api: Practice) -> None:
    us_core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    bare = {"resourceType": "Patient", "gender": "female"}
    assert places(api.ask("POST", "/Patient/$validate", json=bare)) == []
    asked: list[dict[str, Any]] = [{"name": "resource", "resource": bare}, {"name": "profile", "valueUri": us_core}]
    for answer in (
        api.ask("POST", f"/Patient/$validate?profile={us_core}", json=bare),
        api.ask("POST", "/Patient/$validate", json=parameters(*asked)),
        api.ask("POST", "/Patient/$validate", json={**bare, "meta": {"profile": [us_core]}}),
    ):
        assert places(answer) == ["Patient.identifier", "Patient.name"]
    assert api.ask("POST", "/Patient/$validate?profile=urn:nothing", json=bare).status_code == 404
    wrong = api.ask("POST", f"/Patient/$validate?profile={us_core}", json={**bare, "gender": "lady"})
    assert places(wrong) == ["Patient.gender"], "a profile is asked once R4 is met"


def test_a_validation_is_of_the_type_in_the_address(api: Practice) -> None:
    assert api.ask("POST", "/Observation/$validate", json=patient()).status_code == 400
    assert api.ask("POST", "/Observation/$validate", json=parameters()).status_code == 400
    assert api.ask("POST", "/Patient/$validate?mode=delete", json=patient()).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Patient/$lastn", 404), ("/Patient/$nothing", 404), ("/Patient/x/$expand", 404), ("/Patient/$meta", 404),
        ("/Patient/$everything", 404), ("/Observation/x/$lastn", 404), ("/Nothing/$validate", 404),
        ("/Patient/$validate?colour=red", 400), ("/Patient/a_b/$meta", 404),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_told(api: Practice, path: str, status: int) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == status
    assert issue(answer)["diagnostics"]


@pytest.mark.parametrize(
    "listed",
    [
        {"name": "x"}, [1], [{"valueString": "x"}], [{"name": "mode"}],
        [{"name": "mode", "valueString": "x", "valueCode": "y"}],
        [{"name": "resource", "resource": {}}, {"name": "resource", "resource": {}}],
    ],
)  # fmt: skip
def test_parameters_that_are_none_are_refused(api: Practice, listed: object) -> None:
    sent = {"resourceType": "Parameters", "parameter": listed}
    assert api.ask("POST", "/Patient/$validate", json=sent).status_code == 400


def test_operations_are_asked_in_a_batch_and_not_in_a_transaction(api: Practice) -> None:
    made = api.create(patient())
    entries = [
        {"request": {"method": "GET", "url": f"Patient/{made['id']}/$meta"}},
        {"request": {"method": "POST", "url": "Patient/$validate"}, "resource": WRONG},
        {"request": {"method": "GET", "url": "Patient/$nothing"}},
    ]
    sent = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = api.ask("POST", "/", json=sent).json()["entry"]
    assert [one["response"]["status"][:3] for one in answer] == ["200", "200", "404"]
    assert answer[0]["resource"]["resourceType"] == "Parameters"
    assert answer[1]["resource"]["resourceType"] == "OperationOutcome"
    assert api.ask("POST", "/", json={**sent, "type": "transaction", "entry": entries[:2]}).status_code == 400


def test_who_may_not_read_learns_nothing(api: Practice) -> None:
    desk = {"role": Role.FRONT_DESK}
    assert api.ask("GET", "/Observation/$lastn?patient=x&code=y", **desk).status_code == 403
    assert api.ask("GET", "/Observation/x/$meta", **desk).status_code == 403
    assert api.ask("POST", "/Observation/$validate", json={"resourceType": "Observation"}, **desk).status_code == 403
    assert api.ask("POST", "/Observation/x/$validate", json={"resourceType": "Observation"}, **desk).status_code == 403


def test_the_statement_lists_what_is_offered(api: Practice) -> None:
    listed = api.ask("GET", "/metadata").json()["rest"][0]["resource"]
    supported = {one["type"]: one.get("supportedProfile", []) for one in listed}
    assert supported["Patient"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]
    assert len(supported["Observation"]) == 16
    assert supported["Task"] == []
    offered = {one["type"]: {found["name"] for found in one.get("operation", [])} for one in listed}
    assert offered["Patient"] == {"everything", "export", "meta", "validate"}
    assert offered["Observation"] == {"lastn", "meta", "validate"}
    assert offered["Task"] == {"meta", "validate"}
