"""Patches inside Bundles: as a Binary with a JSON Patch, or as Parameters; in a transaction all or nothing."""

import base64
import json
from typing import Any

import pytest

from carewright.core.access.model import Role
from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

SYSTEM = "urn:mrn"
OTHER = [{"op": "add", "path": "/gender", "value": "other"}]
BY_PATH: dict[str, Any] = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
    {"name": "type", "valueCode": "add"}, {"name": "path", "valueString": "Patient"},
    {"name": "name", "valueString": "gender"}, {"name": "value", "valueCode": "other"},
]}]}  # fmt: skip


def binary(operations: object, **changes: str) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data, **changes}


def bundle(kind: str, *entries: tuple[str, str, dict[str, Any] | None], **request: str) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [
        {"request": {"method": method, "url": url, **request}, **({"resource": body} if body else {})}
        for method, url, body in entries
    ]}  # fmt: skip


def known(api: Practice, number: str = "1") -> str:
    return str(api.create({**patient(), "identifier": [{"system": SYSTEM, "value": number}]})["id"])


def gender(api: Practice, person: str) -> object:
    return api.ask("GET", f"/Patient/{person}").json().get("gender")


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("change", [binary(OTHER), BY_PATH], ids=["json", "fhirpath"])
def test_a_patch_in_a_bundle(api: Practice, kind: str, change: dict[str, Any]) -> None:
    one, other = known(api, "1"), known(api, "2")
    sent = bundle(
        kind, ("PATCH", f"Patient/{one}", change), ("PATCH", f"Patient?identifier={SYSTEM}|2", change),
        ("POST", "Patient", patient()),
    )  # fmt: skip
    answer = api.ask("POST", "/", json=sent)
    assert [entry["response"]["status"][:3] for entry in answer.json()["entry"]] == ["200", "200", "201"]
    assert (gender(api, one), gender(api, other)) == ("other", "other")


def test_a_transaction_with_a_patch_that_cannot_be_made_writes_nothing(api: Practice) -> None:
    one = known(api)
    for wrong, status in (
        (binary([{"op": "test", "path": "/gender", "value": "male"}]), 409),
        (binary([{"op": "remove", "path": "/photo"}]), 422),
        (binary([{"op": "replace", "path": "/id", "value": "x"}]), 422),
        (binary(OTHER, data="%%"), 400), (binary({"op": "add"}), 400), (binary(OTHER, contentType="text/plain"), 415),
        ({"resourceType": "Parameters"}, 400),
    ):  # fmt: skip
        sent = bundle("transaction", ("POST", "Patient", patient()), ("PATCH", f"Patient/{one}", wrong))
        answer = api.ask("POST", "/", json=sent)
        assert answer.status_code == status, answer.text
        sent["type"] = "batch"
        sent["entry"].pop(0)
        assert api.ask("POST", "/", json=sent).json()["entry"][0]["response"]["status"].startswith(str(status))
    assert api.ask("GET", "/Patient?_total=accurate").json()["total"] == 1
    assert gender(api, one) is None


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_patch_of_a_version_that_does_not_stand(api: Practice, kind: str) -> None:
    one = known(api)
    for version, status in (("7", "412"), ("1", "200")):
        sent = bundle(kind, ("PATCH", f"Patient/{one}", binary(OTHER)), ifMatch=f'W/"{version}"')
        answer = api.ask("POST", "/", json=sent)
        found = answer.json()["entry"][0]["response"]["status"] if answer.status_code == 200 else answer.status_code
        assert str(found)[:3] == status


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_patch_of_nothing_and_of_several(api: Practice, kind: str) -> None:
    for number in ("1", "1"):
        known(api, number)
    for url, status in ((f"Patient?identifier={SYSTEM}|9", 404), (f"Patient?identifier={SYSTEM}|1", 412),
                        ("Patient/none", 404), ("Patient", 404 if kind == "batch" else 400)):  # fmt: skip
        answer = api.ask("POST", "/", json=bundle(kind, ("PATCH", url, binary(OTHER))))
        found = answer.json()["entry"][0]["response"]["status"] if answer.status_code == 200 else answer.status_code
        assert str(found)[:3] == str(status), (url, answer.text)


def test_who_may_not_change_does_not_patch(api: Practice) -> None:
    one = known(api)
    sent = bundle("transaction", ("PATCH", f"Patient/{one}", binary(OTHER)))
    answer = api.ask("POST", "/", json=sent, role=Role.FRONT_DESK)
    assert (answer.status_code, issue(answer)["code"]) == (403, "forbidden")
    assert gender(api, one) is None
