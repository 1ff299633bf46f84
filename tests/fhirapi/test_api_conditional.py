"""Conditional update, patch and delete, alone and in Bundles: one resource is meant, or nothing is done."""

import threading
from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

SYSTEM = "urn:mrn"
PATCH = {"Content-Type": "application/json-patch+json"}
CHANGE = b'[{"op": "add", "path": "/gender", "value": "other"}]'


def known(number: str, **values: Any) -> dict[str, Any]:
    return {**patient(), "identifier": [{"system": SYSTEM, "value": number}], **values}


def at(number: str) -> str:
    return f"/Patient?identifier={SYSTEM}|{number}"


def bundle(kind: str, *entries: tuple[str, str, dict[str, Any] | None]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [
        {"request": {"method": method, "url": url.lstrip("/")}, **({"resource": body} if body else {})}
        for method, url, body in entries
    ]}  # fmt: skip


def test_what_is_not_there_is_created_and_what_is_there_is_updated(api: Practice) -> None:
    made = api.ask("PUT", at("1"), json=known("1"))
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    again = api.ask("PUT", at("1"), json=known("1", gender="female"))
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    assert again.json()["id"] == made.json()["id"]
    assert api.ask("GET", f"{at('1')}&_total=accurate").json()["total"] == 1


def test_an_id_in_the_body_is_the_one_of_what_is_found_or_a_free_one(api: Practice) -> None:
    made = api.ask("PUT", at("2"), json=known("2", id="two"))
    assert (made.status_code, made.json()["id"]) == (201, "two")
    assert api.ask("PUT", at("2"), json=known("2", id="two")).status_code == 200
    other = api.ask("PUT", at("2"), json=known("2", id="three"))
    assert other.status_code == 400
    assert issue(other)["expression"] == ["Patient.id"]
    for taken in (
        api.ask("PUT", at("3"), json=known("3", id="two")),
        api.ask("POST", "/", json=bundle("transaction", ("PUT", at("3"), known("3", id="two")))),
    ):
        assert taken.status_code == 409
        assert issue(taken)["expression"] == ["Patient.id"]
    assert api.ask("GET", "/Patient/two").json()["identifier"][0]["value"] == "2"


def test_several_are_never_touched(api: Practice) -> None:
    for _ in range(2):
        api.create(known("4"))
    before = api.ask("GET", at("4")).json()["entry"]
    assert api.ask("PUT", at("4"), json=known("4")).status_code == 412
    assert api.ask("PATCH", at("4"), content=CHANGE, headers=PATCH).status_code == 412
    assert api.ask("POST", "/", json=bundle("transaction", ("PUT", at("4"), known("4")))).status_code == 412
    assert api.ask("GET", at("4")).json()["entry"] == before


@pytest.mark.parametrize("path", ["/Patient", "/Patient?_count=1", "/Patient?color=red"])
def test_a_condition_says_something_that_is_understood(api: Practice, path: str) -> None:
    assert api.ask("PUT", path, json=known("5")).status_code == 400
    assert api.ask("PATCH", path, content=CHANGE, headers=PATCH).status_code == 400
    assert api.ask("DELETE", path, role=Role.LEAD_MA).status_code == 400


def test_what_is_wrong_with_a_condition_is_told_without_its_values(api: Practice) -> None:
    response = api.ask("PUT", "/Patient?birthdate=19800203x", json=known("5"))
    assert response.status_code == 400
    assert "19800203x" not in response.text


def test_a_version_that_does_not_stand_is_not_changed(api: Practice) -> None:
    api.ask("PUT", at("6"), json=known("6"))
    old = {"If-Match": 'W/"7"'}
    assert api.ask("PUT", at("6"), json=known("6"), headers=old).status_code == 412
    assert api.ask("PUT", at("none"), json=known("none"), headers=old).status_code == 412
    assert api.ask("PUT", at("6"), json=known("6"), headers={"If-Match": 'W/"1"'}).status_code == 200


def test_a_patch_of_the_one_that_is_meant(api: Practice) -> None:
    api.ask("PUT", at("7"), json=known("7"))
    changed = api.ask("PATCH", at("7"), content=CHANGE, headers=PATCH)
    assert (changed.status_code, changed.json()["gender"]) == (200, "other")
    assert api.ask("PATCH", at("none"), content=CHANGE, headers=PATCH).status_code == 404


def test_a_deletion_keeps_records_of_care(api: Practice) -> None:
    api.ask("PUT", at("8"), json=known("8"))
    assert api.ask("DELETE", at("8"), role=Role.LEAD_MA).status_code == 405
    assert api.ask("DELETE", at("none"), role=Role.LEAD_MA).status_code == 204
    assert api.ask("DELETE", at("8")).status_code == 403
    assert api.ask("GET", at("8")).json()["entry"]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_in_a_bundle(api: Practice, kind: str) -> None:
    api.ask("PUT", at("9"), json=known("9"))
    sent = bundle(kind, ("PUT", at("9"), known("9", gender="male")), ("PUT", at("10"), known("10")))
    answer = api.ask("POST", "/", json=sent).json()
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["200", "201"]
    assert api.ask("GET", at("9")).json()["entry"][0]["resource"]["gender"] == "male"
    again = api.ask("POST", "/", json=sent).json()
    assert [entry["response"]["status"][:3] for entry in again["entry"]] == ["200", "200"]


def test_a_transaction_that_means_one_resource_twice_writes_nothing(api: Practice) -> None:
    api.ask("PUT", at("11"), json=known("11"))
    sent = bundle("transaction", ("PUT", at("11"), known("11")), ("PUT", at("11"), known("11")))
    assert api.ask("POST", "/", json=sent).status_code == 400
    assert api.ask("GET", at("11")).json()["entry"][0]["resource"]["meta"]["versionId"] == "1"


def test_a_transaction_refers_to_what_a_condition_means(api: Practice) -> None:
    person = "urn:uuid:6f4d9a9e-1111-4a4a-8a8a-000000000001"
    flag = {
        "resourceType": "Flag", "status": "active", "code": {"text": "Falls"}, "subject": {"reference": person},
    }  # fmt: skip
    sent = bundle("transaction", ("PUT", at("14"), known("14")), ("POST", "/Flag", flag))
    sent["entry"][0]["fullUrl"] = person
    for _ in range(2):
        answer = api.ask("POST", "/", json=sent).json()
        made = answer["entry"][0]["resource"]["id"]
        assert answer["entry"][1]["resource"]["subject"]["reference"] == f"Patient/{made}"


def test_who_may_find_may_not_change(api: Practice) -> None:
    api.ask("PUT", at("12"), json=known("12"))
    desk = {"role": Role.FRONT_DESK}
    assert api.ask("PUT", at("12"), json=known("12"), **desk).status_code == 403
    assert api.ask("PUT", at("none"), json=known("none"), **desk).status_code == 403
    assert api.ask("PATCH", at("12"), content=CHANGE, headers=PATCH, **desk).status_code == 403


def test_of_many_at_the_same_moment_one_creates_and_the_others_update(api: Practice) -> None:
    answers: list[int] = []
    api.ask("GET", at("13"))  # the token is made before the threads begin

    def send() -> None:
        answers.append(api.ask("PUT", at("13"), json=known("13")).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(201) == 1
    assert set(answers) <= {200, 201, 409}
    assert api.ask("GET", f"{at('13')}&_total=accurate").json()["total"] == 1
