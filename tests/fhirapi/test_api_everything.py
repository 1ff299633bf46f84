"""Patient/$everything: the whole chart of one patient, and nothing of another."""

from typing import Any

import pytest

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parameter
from carewright.core.store.whole_chart import CARE_DATES
from tests.fhirapi.practice import Practice, issue
from tests.store.people import everything as operator
from tests.store.people import heart_rate, patient

DATES = ("2026-01-05", "2026-02-05", "2026-03-05")


def chart(api: Practice, **more: Any) -> str:
    """A patient with three heart rates, a problem, and somebody who measured."""
    person = str(api.create({**patient(), **more})["id"])
    about = {"reference": f"Patient/{person}"}
    for date in DATES:
        api.create({**heart_rate(f"Patient/{person}"), "effectiveDateTime": date})
    api.create({"resourceType": "Condition", "subject": about, "code": {"text": "Asthma"}, "onsetDateTime": "2001"})
    return person


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(entry["resource"]["resourceType"] for entry in entries)


WHOLE = ["Condition", "Observation", "Observation", "Observation", "Patient"]


@pytest.mark.parametrize("query", ["", "?_count=1", "?_count=2"])
def test_the_whole_chart_and_nobody_elses_in_pages_of_any_size(api: Practice, query: str) -> None:
    person, other = chart(api), chart(api)
    found = api.pages(f"/Patient/{person}/$everything{query}")
    assert kinds(found) == WHOLE
    assert len({entry["fullUrl"] for entry in found}) == len(WHOLE)
    assert other not in str(found)
    assert {entry["search"]["mode"] for entry in found} == {"match"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("start=2026-02-01", ["Condition", "Observation", "Observation", "Patient"]),
        ("start=2026-02-01&end=2026-02-28", ["Condition", "Observation", "Patient"]),
        ("end=2025", ["Condition", "Patient"]),
        ("_type=Observation", ["Observation"] * 3),
        ("_type=Observation,Condition&start=2026-03", ["Condition", "Observation"]),
        ("_type=Device", []),
        ("_since=2100-01-01T00:00:00Z", []),
        ("_since=2020-01-01T00:00:00Z", WHOLE),
    ],
)
def test_a_part_of_it(api: Practice, query: str, expected: list[str]) -> None:
    assert kinds(api.pages(f"/Patient/{chart(api)}/$everything?{query}")) == expected


def test_the_charts_that_were_merged_are_one(api: Practice) -> None:
    old, new = chart(api), chart(api)
    writer = api.store.writer(operator(api.name))
    with writer.transaction(reason="test") as tx:
        tx.merge(Ref("Patient", old), survivor=Ref("Patient", new))
    assert kinds(api.pages(f"/Patient/{new}/$everything")).count("Observation") == 6


def test_who_is_referred_to_comes_with_it(api: Practice) -> None:
    person = chart(api)
    with api.store.writer(operator(api.name)).transaction(reason="test") as tx:
        tx.put({"resourceType": "Practitioner", "id": "nora", "name": [{"family": "Stone"}]})
        tx.put({"resourceType": "Practitioner", "id": "other", "name": [{"family": "Reed"}]})
        tx.put({**heart_rate(f"Patient/{person}"), "id": "one", "performer": [{"reference": "Practitioner/nora"}]})
    entries = api.pages(f"/Patient/{person}/$everything")
    assert [entry["resource"]["id"] for entry in entries if entry["search"]["mode"] == "include"] == ["nora"]
    assert "Practitioner" not in kinds(api.pages(f"/Patient/{person}/$everything?_type=Observation"))


def test_a_patients_own_device_is_a_record_and_a_device_of_the_practice_is_not(api: Practice) -> None:
    person, other = chart(api), chart(api)
    with api.store.writer(operator(api.name)).transaction(reason="test") as tx:
        for name, whose in (("stent", person), ("pump", other), ("scale", "")):
            about = {"patient": {"reference": f"Patient/{whose}"}} if whose else {}
            tx.put({"resourceType": "Device", "id": name, **about})
        for name in ("pump", "scale", "stent"):
            measured = {"device": {"reference": f"Device/{name}"}}
            tx.put({**heart_rate(f"Patient/{person}"), "id": f"by-{name}", **measured})
    entries = api.pages(f"/Patient/{person}/$everything")
    found = {(e["resource"]["id"], e["search"]["mode"]) for e in entries if e["resource"]["resourceType"] == "Device"}
    assert found == {("stent", "match"), ("scale", "include")}


def test_every_date_of_care_is_one_that_is_searched() -> None:
    assert {parameter(kind, code).kind for kind, code in CARE_DATES.items()} == {"date"}


def test_who_may_find_but_not_read_the_chart_gets_what_they_may_see(api: Practice) -> None:
    person = chart(api)
    answer = api.ask("GET", f"/Patient/{person}/$everything", role=Role.FRONT_DESK)
    assert kinds(answer.json()["entry"]) == ["Patient"]
    assert api.client.get(f"/fhir/Patient/{person}/$everything").status_code == 401


def test_in_a_batch_and_in_the_statement(api: Practice) -> None:
    url = f"Patient/{chart(api)}/$everything"
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": url}}]}
    answer = api.ask("POST", "/", json=batch).json()
    assert kinds(answer["entry"][0]["resource"]["entry"]) == WHOLE
    listed = api.client.get("/fhir/metadata").json()["rest"][0]["resource"]
    (offered,) = [one["operation"] for one in listed if one["type"] == "Patient"]
    assert "everything" in [one["name"] for one in offered]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Patient/none/$everything", 404),
        ("Encounter/none/$everything", 404),
        ("Patient/{}/$everything?color=red", 400),
        ("Patient/{}/$everything?_type=Chart", 400),
        ("Patient/{}/$everything?start=soon", 400),
        ("Patient/{}/$everything?_count=0", 400),
        ("Patient/{}/$everything?_after=x", 400),
    ],
)
def test_what_there_is_not_is_said(api: Practice, path: str, status: int) -> None:
    answer = api.ask("GET", f"/{path.format(chart(api))}")
    assert answer.status_code == status
    issue(answer)
