"""Clients at the same time: one condition has one winner, one version one successor, and nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.fhirapi.practice import Practice
from tests.store.people import heart_rate, patient

CLIENTS = 8


def together(ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(ask, range(CLIENTS)))


def test_a_conditional_create_has_one_winner(api: Practice) -> None:
    ada = patient(identifier=[{"system": "urn:x", "value": "1"}])
    api.ask("GET", "/Patient")
    condition = {"If-None-Exist": "identifier=urn:x|1"}
    answers = together(lambda number: api.ask("POST", "/Patient", json=ada, headers=condition))
    assert sorted(a.status_code for a in answers) == [200] * (CLIENTS - 1) + [201]
    assert len({a.headers["location"] for a in answers}) == 1


def test_one_of_many_updates_of_a_version_is_the_next(api: Practice) -> None:
    person = api.create(patient())
    path = f"/Patient/{person['id']}"

    def update(number: int) -> httpx.Response:
        body = {**patient(given=f"Number {number}"), "id": person["id"]}
        return api.ask("PUT", path, json=body, headers={"If-Match": 'W/"1"'})

    answers = together(update)
    assert sorted(a.status_code for a in answers) == [200] + [412] * (CLIENTS - 1)
    (won,) = [a for a in answers if a.status_code == 200]
    assert api.ask("GET", path).content == won.content


def test_transactions_that_claim_one_key_leave_one_patient_with_all_of_its_records(api: Practice) -> None:
    def send(number: int) -> httpx.Response:
        name = f"urn:uuid:00000000-0000-4000-8000-00000000000{number}"
        ada = patient(identifier=[{"system": "urn:test:mrn", "value": "17"}])
        entries = [
            {"fullUrl": name, "request": {"method": "POST", "url": "Patient"}, "resource": ada},
            {"request": {"method": "POST", "url": "Observation"}, "resource": heart_rate(name)},
        ]
        return api.ask("POST", "", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})

    api.ask("GET", "/Patient")
    answers = together(send)
    assert sorted(a.status_code for a in answers) == [200] + [409] * (CLIENTS - 1)
    totals = [api.ask("GET", f"/{name}?_summary=count").json()["total"] for name in ("Patient", "Observation")]
    assert totals == [1, 1]
