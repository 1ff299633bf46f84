"""What a client may send or ask for at most, and that odd input is answered in words, never by a broken server."""

import base64
import json

import pytest

from carewright.core.access.model import Role
from carewright.core.store.search import compile as compiler
from carewright.fhirapi import batch
from tests.fhirapi.practice import Practice, issue
from tests.store.people import heart_rate, patient

KEY = "027d01136591b5e68774097424459f49"


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def ask(api: Practice, path: str) -> tuple[int, str]:
    response = api.client.get(f"/fhir/{path}", headers=bearer(api))
    return response.status_code, issue(response)["diagnostics"] if response.status_code != 200 else ""


def bearer(api: Practice) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token(Role.MA)}"}


@pytest.mark.parametrize(
    "path",
    [
        "Patient?name=a%00", "Patient?identifier=%00", "Patient?identifier=s|%00", "Patient?_id=%00",
        "Observation?subject:Patient.name=%00", "Patient?_has:Observation:subject:code=%00",
        f"Patient?_sort=birthdate&_after={cursor(10**30, KEY)}", f"Patient?_sort=family&_after={cursor(5, KEY)}",
        f"Patient?_sort=family&_after={cursor(chr(0), KEY)}", f"Patient?_sort=family&_after={cursor(chr(0xD800), KEY)}",
        f"Patient?_sort=birthdate&_after={cursor({'at': '2020-01-01'}, KEY)}",
        f"Patient?_sort=family&_after={cursor({'at': '2020-01-01'}, KEY)}",
        f"Patient?_after={base64.urlsafe_b64encode(b'[' * 5_000).decode()}",
    ],
)  # fmt: skip
def test_odd_values_are_refused_in_words(api: Practice, path: str) -> None:
    status, text = ask(api, path)
    assert status == 400
    assert "character" in text or "next page" in text


def test_a_position_of_either_database_is_taken_by_both(api: Practice) -> None:
    for value in (1_600_000_000_000_000, -5, {"at": "2020-09-13T12:26:40+00:00"}):
        assert ask(api, f"Patient?_sort=birthdate&_after={cursor(value, KEY)}") == (200, "")


def test_a_large_count_is_cut_and_an_endless_one_refused(api: Practice) -> None:
    assert ask(api, "Patient?_count=100000000") == (200, "")
    assert ask(api, f"Patient?_count={'9' * 30}")[0] == 400


def test_an_entry_s_address_that_cannot_be_taken_apart_is_named(api: Practice) -> None:
    entry = {"request": {"method": "GET", "url": "http://[::1/Patient"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    response = api.client.post("/fhir", json=bundle, headers=bearer(api))
    assert response.status_code == 400
    assert "Entry 0" in issue(response)["diagnostics"]


def test_a_batch_is_answered_up_to_its_bound(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_ANSWER_BYTES", 10)
    read = {"request": {"method": "GET", "url": "Patient?_count=1"}}
    write = {"request": {"method": "POST", "url": "Patient"}, "resource": patient()}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [read, read, write]}
    found = api.client.post("/fhir", json=bundle, headers=bearer(api)).json()["entry"]
    assert [entry["response"]["status"][:3] for entry in found] == ["200", "413", "201"]


def test_a_page_includes_up_to_its_bound(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = bearer(api)
    someone = api.client.post("/fhir/Patient", json=patient(), headers=headers).json()["id"]
    for _ in range(3):
        api.client.post("/fhir/Observation", json=heart_rate(f"Patient/{someone}"), headers=headers)
    path = f"Patient?_id={someone}&_revinclude=Observation:subject"
    assert ask(api, path) == (200, "")
    monkeypatch.setattr(compiler, "MAX_INCLUDED", 2)
    status, text = ask(api, path)
    assert status == 400
    assert "_count" in text
