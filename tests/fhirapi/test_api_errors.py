"""Every way a request can be wrong: the status, an OperationOutcome with the place and what to do, no patient data."""

import logging
from typing import Any

import pytest

from carewright.core.access.model import Role
from carewright.core.access.sessions import authenticate, lock, revoke
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.fhirapi.calls import MAX_BODY_BYTES
from tests.fhirapi.practice import Practice, issue
from tests.store.people import heart_rate, patient

JSON = {"Content-Type": "application/fhir+json"}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz"])
def test_without_a_valid_token_the_answer_is_401(api: Practice, header: str | None) -> None:
    response = api.client.get("/fhir/Patient", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="Carewright"')
    assert issue(response)["code"] == "login"
    assert ('error="invalid_token"' in response.headers["www-authenticate"]) == (header == "Bearer wrong")


def test_a_revoked_token_and_the_secret_of_a_screen_open_nothing(api: Practice) -> None:
    from carewright.core.access.sessions import SessionKind

    token, screen = api.token(Role.MA), api.token(Role.MA, kind=SessionKind.SCREEN)
    session = authenticate(api.store, token)
    assert session is not None
    assert api.client.get("/fhir/Patient", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    revoke(api.store, session)
    for secret in (token, screen):
        assert api.client.get("/fhir/Patient", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_locked_token_is_refused(api: Practice) -> None:
    token = api.token(Role.MA)
    session = authenticate(api.store, token)
    assert session is not None
    lock(api.store, session)
    assert api.client.get("/fhir/Patient", headers={"Authorization": f"Bearer {token}"}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/Patient/x", None),
        ("GET", "/Patient/x/_history", None),
        ("GET", "/Patient/x/_history/1", None),
        ("GET", "/Patient", None),
        ("POST", "/Patient", {"resourceType": "Patient"}),
        ("PUT", "/Patient/x", {"resourceType": "Patient", "id": "x"}),
        ("DELETE", "/Patient/x", None),
    ],
)
def test_what_the_roles_do_not_hold_is_refused_and_audited(
    api: Practice, method: str, path: str, body: dict[str, Any] | None
) -> None:
    response = api.ask(method, path, role=Role.BILLER, json=body)
    assert response.status_code == 403
    assert "Ask a manager" in issue(response)["diagnostics"]
    assert refusals(api.store, api.name) == 1


def refusals(store: Store, practice: str) -> int:
    with store.driver.reading(practice) as connection:
        return len(connection.rows(Sql("SELECT id FROM audit WHERE practice = ? AND outcome = '4'", (practice,))))


def test_a_scope_narrows_what_a_token_may_do(api: Practice) -> None:
    headers = {"Authorization": f"Bearer {api.token(Role.MA, scopes='user/Patient.rs')}"}
    assert api.client.get("/fhir/Patient", headers=headers).status_code == 200
    assert api.client.get("/fhir/Observation", headers=headers).status_code == 403
    assert api.client.post("/fhir/Patient", headers=headers, json=patient()).status_code == 403


def test_a_patient_token_sees_one_chart(api: Practice) -> None:
    ada, jonas = api.create(patient(given="Ada"))["id"], api.create(patient(given="Jonas"))["id"]
    theirs = api.create(heart_rate(f"Patient/{jonas}"))
    mine = api.create(heart_rate(f"Patient/{ada}"))
    token = api.token(Role.MA, scopes="patient/*.crus", patient=ada)
    headers = {"Authorization": f"Bearer {token}"}

    def ids(path: str) -> list[str]:
        bundle = api.client.get(f"/fhir{path}", headers=headers).json()
        return [e["resource"]["id"] for e in bundle.get("entry", [])]

    assert ids("/Patient") == [ada]
    assert ids("/Observation") == [mine["id"]]
    assert ids(f"/Observation?subject=Patient/{jonas}") == []
    assert api.client.get(f"/fhir/Observation/{theirs['id']}", headers=headers).status_code == 404
    wrong = api.client.post("/fhir/Observation", headers=headers, json=heart_rate(f"Patient/{jonas}"))
    assert wrong.status_code == 403


@pytest.mark.parametrize(
    "path", ["/Patient/none", "/Patient/none/_history", "/Patient/none/_history/1", "/Patient/a_b"]
)
def test_what_is_not_there_is_404(api: Practice, path: str) -> None:
    response = api.ask("GET", path)
    assert (response.status_code, issue(response)["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/Elephant", "/Elephant/1", "/Patient/1/$graph", "/Patient/1/2/3/4", "/patient"])
def test_an_address_that_leads_nowhere_is_404(api: Practice, path: str) -> None:
    response = api.ask("GET", path)
    assert (response.status_code, issue(response)["code"]) == (404, "not-supported")


def test_a_version_is_a_number(api: Practice) -> None:
    person = api.create(patient())
    for version in ("2", "one", "1.0", "9" * 40, "٣"):
        assert api.ask("GET", f"/Patient/{person['id']}/_history/{version}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/Patient/x", "PUT"), ("DELETE", "/Patient/x/_history", "GET"), ("PUT", "/metadata", "GET")],
)
def test_a_method_that_is_not_offered_is_405_with_those_that_are(
    api: Practice, method: str, path: str, allowed: str
) -> None:
    response = api.ask(method, path)
    assert response.status_code == 405
    assert allowed in response.headers["allow"]
    assert issue(response)["code"] == "not-supported"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Accept": "application/fhir+xml"}, ""),
        ({"Accept": "text/html"}, ""),
        ({"Accept": "*/*"}, "?_format=xml"),
        ({}, "?_format=application/fhir%2Bxml"),
    ],
)
def test_other_formats_than_json_are_406(api: Practice, headers: dict[str, str], query: str) -> None:
    response = api.ask("GET", f"/Patient{query}", headers=headers)
    assert (response.status_code, issue(response)["code"]) == (406, "not-supported")
    assert api.client.get(f"/fhir/metadata{query}", headers=headers).status_code == 406


@pytest.mark.parametrize("wanted", ["json", "application/json", "application/fhir%2Bjson", "application/fhir+json"])
def test_format_json_is_understood(api: Practice, wanted: str) -> None:
    headers = {"Accept": "application/fhir+xml"}
    assert api.ask("GET", f"/Patient?_format={wanted}", headers=headers).status_code == 200
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert api.ask("GET", "/Patient", headers=browser).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/fhir+xml"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/fhir+json", "Content-Encoding": "gzip"},
    ],
)
def test_other_content_than_json_is_415(api: Practice, headers: dict[str, str]) -> None:
    assert api.ask("POST", "/Patient", content=b"{}", headers=headers).status_code == 415


def test_a_body_beyond_the_bound_is_413_announced_or_not(api: Practice) -> None:
    announced = api.ask("POST", "/Patient", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    assert (announced.status_code, issue(announced)["code"]) == (413, "too-long")
    parts = (b" " * 1024 * 1024 for _ in range(9))
    assert api.ask("POST", "/Patient", content=parts, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "JSON object"),
        (b'{"resourceType":"Patient","gender":"male","gender":"female"}', "same name"),
        (b'{"resourceType":"Patient","id":"\\u0000"}', "U+0000"),
        (b'{"resourceType":"Pat\xff"}', "UTF-8"),
        (b"", "not valid JSON"),
    ],
)
def test_what_is_not_json_is_400_with_the_place(api: Practice, content: bytes, says: str) -> None:
    response = api.ask("POST", "/Patient", content=content, headers=JSON)
    assert response.status_code == 400
    assert says in issue(response)["diagnostics"]


def test_the_body_is_of_the_type_and_id_of_the_address(api: Practice) -> None:
    other_type = api.ask("POST", "/Patient", json={"resourceType": "Observation"})
    assert (other_type.status_code, issue(other_type)["expression"]) == (400, ["Patient.resourceType"])
    other_id = api.ask("PUT", "/Patient/a", json=patient(id="b"))
    assert (other_id.status_code, issue(other_id)["expression"]) == (400, ["Patient.id"])
    assert api.ask("PUT", "/Patient/a", json=patient()).status_code == 400


def test_invalid_fhir_is_422_with_the_path_and_without_what_was_sent(api: Practice) -> None:
    wrong = {"resourceType": "Patient", "gender": "Verysecretword", "birthDate": "2025-08-21"}
    response = api.ask("POST", "/Patient", json=wrong)
    assert response.status_code == 422
    assert any("Patient.gender" in i.get("expression", [""])[0] for i in response.json()["issue"])
    assert "Verysecretword" not in response.text
    assert refusals(api.store, api.name) == 1


def test_a_guards_refusal_is_422_with_its_reason(api: Practice) -> None:
    person = api.create(patient())
    visit = {"resourceType": "Encounter", "status": "cancelled", "class": {"code": "AMB"},
             "subject": {"reference": f"Patient/{person['id']}"}}  # fmt: skip
    encounter = api.create(visit)
    rate = heart_rate(f"Patient/{person['id']}", encounter={"reference": f"Encounter/{encounter['id']}"})
    response = api.ask("POST", "/Observation", json=rate)
    assert (response.status_code, issue(response)["code"]) == (422, "business-rule")
    assert "Reopen it" in issue(response)["diagnostics"]


def test_a_key_that_is_taken_is_409(api: Practice) -> None:
    ada = patient(identifier=[{"system": "urn:test:mrn", "value": "17"}])
    api.create(ada)
    response = api.ask("POST", "/Patient", json=ada)
    assert (response.status_code, issue(response)["code"]) == (409, "duplicate")
    assert "17" not in issue(response)["diagnostics"]


@pytest.mark.parametrize("etag", ["3", 'W/"a"', "*", 'W/"1", W/"2"'])
def test_if_match_names_one_version(api: Practice, etag: str) -> None:
    person = api.create(patient())
    body = {**patient(), "id": person["id"]}
    assert api.ask("PUT", f"/Patient/{person['id']}", json=body, headers={"If-Match": etag}).status_code == 400


@pytest.mark.parametrize(
    "query", ["_count=many", "birthdate=yesterday", "name:wild=x", "_sort=shoe", "_after=@@", "_include=Patient"]
)
def test_a_search_that_is_not_understood_is_400(api: Practice, query: str) -> None:
    response = api.ask("GET", f"/Patient?{query}")
    assert response.status_code == 400
    assert issue(response)["diagnostics"]


@pytest.mark.parametrize("query", ["birthdate=Verysecret", "birthdate=2020,gtVerysecret", "family:missing=Verysecret"])
def test_an_error_does_not_repeat_what_was_searched_for(api: Practice, query: str) -> None:
    response = api.ask("GET", f"/Patient?{query}")
    assert response.status_code == 400
    assert "Verysecret" not in response.text
    batch = {"resourceType": "Bundle", "type": "batch",
             "entry": [{"request": {"method": "GET", "url": f"Patient?{query}"}}]}  # fmt: skip
    assert "Verysecret" not in api.ask("POST", "", json=batch).text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "Verysecret" not in api.ask("POST", "/Patient/_search", content=query, headers=form).text
    condition = api.ask("POST", "/Patient", json=patient(), headers={"If-None-Exist": query})
    assert condition.status_code == 400
    assert "Verysecret" not in condition.text
    for entry in (
        {"request": {"method": "POST", "url": "Patient", "ifNoneExist": query}, "resource": patient()},
        {"request": {"method": "POST", "url": "Observation"}, "resource": heart_rate(f"Patient?{query}")},
    ):
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        transaction = api.ask("POST", "", json=bundle)
        assert transaction.status_code == 400
        assert "Verysecret" not in transaction.text


def test_nobody_writes_an_audit_event(api: Practice) -> None:
    event = {"resourceType": "AuditEvent"}
    assert api.ask("POST", "/AuditEvent", json=event, role=Role.AUDITOR).status_code == 405


def test_an_error_of_ours_tells_an_id_and_nothing_else(
    api: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **named: object) -> None:
        raise ZeroDivisionError(f"could not divide {patient()}")

    monkeypatch.setattr(Writer, "_commit", broken)
    with caplog.at_level(logging.DEBUG):
        response = api.ask("POST", "/Patient", json=patient(), headers={"X-Request-Id": "request-0001"})
    assert (response.status_code, issue(response)["severity"]) == (500, "fatal")
    assert "request-0001" in issue(response)["diagnostics"]
    assert response.headers["x-request-id"] == "request-0001"
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("carewright"))
    assert "request-0001" in logged
    assert "ZeroDivisionError" in logged
    assert "Okafor" not in logged
    assert "Okafor" not in response.text


def test_a_search_leaves_no_value_in_the_log(api: Practice, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="carewright"):
        api.ask("GET", "/Patient?family=Verysecretname")
        api.ask("GET", "/Patient?birthdate=Verysecretname")
    assert not [r for r in caplog.records if r.name.startswith("carewright") and "Verysecret" in r.getMessage()]


def test_each_request_leaves_one_audit_row(api: Practice) -> None:
    def rows() -> int:
        api.store.audit_queue.flush()
        with api.store.driver.reading(api.name) as connection:
            return len(connection.rows(Sql("SELECT id FROM audit WHERE practice = ?", (api.name,))))

    person = api.create(patient())
    before = rows()
    path = f"/Patient/{person['id']}"
    requests = [("GET", path), ("GET", f"{path}/_history"), ("GET", f"{path}/_history/1"), ("GET", "/Patient")]
    for number, (method, address) in enumerate(requests, start=1):
        assert api.ask(method, address).status_code == 200
        assert rows() == before + number
    api.ask("PUT", path, json={**patient(given="B"), "id": person["id"]})
    assert rows() == before + len(requests) + 1
