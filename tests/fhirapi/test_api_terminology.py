"""ValueSet/$expand and CodeSystem/$lookup: what is loaded is said, and of the rest that it is not."""

from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice, issue

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SYSTEM = "http://hl7.org/fhir/administrative-gender"
MIME = "http://hl7.org/fhir/ValueSet/mimetypes"


def value_set(*include: dict[str, Any], **more: Any) -> dict[str, Any]:
    exclude = more.pop("exclude", None)
    compose = {"include": list(include), **({"exclude": exclude} if exclude else {})}
    return {"resourceType": "ValueSet", "status": "active", **more, "compose": compose}


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [one["code"] for one in response.json()["expansion"].get("contains", [])]


def sent(resource: dict[str, Any], **values: str) -> dict[str, Any]:
    listed = [{"name": "valueSet", "resource": resource}]
    listed += [{"name": name, "valueString": value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": listed}


def test_a_value_set_of_fhir(api: Practice) -> None:
    answer = api.ask("GET", f"/ValueSet/$expand?url={GENDER}")
    assert codes(answer) == ["male", "female", "other", "unknown"]
    assert answer.json()["expansion"]["total"] == 4
    assert answer.json()["expansion"]["contains"][0] == {"system": SYSTEM, "code": "male", "display": "Male"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [("&filter=fem", ["female"]), ("&filter=OTH", ["other"]), ("&count=1&offset=1", ["female"]), ("&offset=9", [])],
)
def test_a_part_of_it(api: Practice, more: str, expected: list[str]) -> None:
    assert codes(api.ask("GET", f"/ValueSet/$expand?url={GENDER}{more}")) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (value_set({"system": SYSTEM}), ["male", "female", "other", "unknown"]),
        (value_set({"system": SYSTEM}, exclude=[{"system": SYSTEM, "concept": [{"code": "male"}]}]),
         ["female", "other", "unknown"]),
        (value_set({"system": "urn:mine", "concept": [{"code": "x", "display": "X"}]}, {"valueSet": [GENDER]}),
         ["x", "male", "female", "other", "unknown"]),
        (value_set({"system": SYSTEM, "concept": [{"code": "male"}, {"code": "new"}], "valueSet": [GENDER]}), ["male"]),
    ],
)  # fmt: skip
def test_what_a_value_set_is_made_of(api: Practice, resource: dict[str, Any], expected: list[str]) -> None:
    assert codes(api.ask("POST", "/ValueSet/$expand", json=sent(resource))) == expected


@pytest.mark.parametrize(
    "include",
    [
        {"system": "http://snomed.info/sct"},
        {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "male"}]},
        {"valueSet": ["urn:nowhere"]}, {"valueSet": [MIME]}, {},
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_no_expansion(api: Practice, include: dict[str, Any]) -> None:
    answer = api.ask("POST", "/ValueSet/$expand", json=sent(value_set({"valueSet": [GENDER]}, include)))
    assert answer.status_code == 422
    assert "expansion" not in answer.json()


@pytest.mark.parametrize("query", ["", "?url=urn:nowhere", f"?url={GENDER}&count=x", f"?url={GENDER}&colour=red"])
def test_what_is_asked_wrongly(api: Practice, query: str) -> None:
    answer = api.ask("GET", f"/ValueSet/$expand{query}")
    assert answer.status_code in (400, 422)
    assert issue(answer)["diagnostics"]


def test_a_resource_that_is_wrong_is_not_expanded(api: Practice) -> None:
    assert api.ask("POST", "/ValueSet/$expand", json=sent({"resourceType": "Patient"})).status_code == 400
    answer = api.ask("POST", "/ValueSet/$expand", json=sent(value_set({"system": 1})))
    assert answer.status_code == 422
    assert issue(answer)["expression"] == ["ValueSet.compose.include[0].system"]


def test_value_sets_that_are_made_of_too_much(api: Practice) -> None:
    answer = api.ask("POST", "/ValueSet/$expand", json=sent(value_set(*[{"valueSet": [GENDER]}] * 300)))
    assert (answer.status_code, issue(answer)["code"]) == (422, "not-supported")


def test_a_code(api: Practice) -> None:
    answer = api.ask("GET", f"/CodeSystem/$lookup?system={SYSTEM}&code=female").json()
    assert {one["name"]: one["valueString"] for one in answer["parameter"]} == {
        "name": "administrative-gender", "display": "Female",
    }  # fmt: skip
    coding = {"name": "coding", "valueCoding": {"system": SYSTEM, "code": "female"}}
    posted = api.ask("POST", "/CodeSystem/$lookup", json={"resourceType": "Parameters", "parameter": [coding]})
    assert posted.json() == answer


@pytest.mark.parametrize(
    ("query", "status"),
    [(f"system={SYSTEM}&code=lady", 404), ("system=http://snomed.info/sct&code=1", 404), ("code=1", 400), ("", 400)],
)
def test_a_code_that_there_is_not(api: Practice, query: str, status: int) -> None:
    assert api.ask("GET", f"/CodeSystem/$lookup?{query}").status_code == status


def test_a_token_that_may_not_read_value_sets(api: Practice) -> None:
    headers = {"Authorization": f"Bearer {api.token(Role.MA, scopes='user/Patient.rs')}"}
    assert api.client.get(f"/fhir/ValueSet/$expand?url={GENDER}", headers=headers).status_code == 403
    assert api.client.get(f"/fhir/CodeSystem/$lookup?system={SYSTEM}&code=male", headers=headers).status_code == 403
