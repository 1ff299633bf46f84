"""A search within a compartment: what belongs to a patient or a visit, whichever of R4's parameters says so."""

import pytest

from tests.fhirapi.practice import Practice, issue
from tests.store.people import heart_rate, patient


@pytest.fixture
def people(api: Practice) -> tuple[str, str]:
    """Two patients: the first has two heart rates of her own, and has taken one of the other's."""
    one, two = (str(api.create(patient())["id"]) for _ in range(2))
    api.create({**heart_rate(f"Patient/{one}"), "effectiveDateTime": "2026-01-05"})
    api.create({**heart_rate(f"Patient/{one}"), "effectiveDateTime": "2026-02-05"})
    api.create({**heart_rate(f"Patient/{two}"), "performer": [{"reference": f"Patient/{one}"}]})
    return one, two


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("?date=ge2026-02&date=lt2026-03", 1), ("?code=http://loinc.org|8867-4", 3), ("?status=cancelled", 0)],
)
def test_what_is_about_a_patient_and_what_the_patient_did(
    api: Practice, people: tuple[str, str], query: str, count: int
) -> None:
    path = f"/Patient/{people[0]}/Observation"
    found = api.pages(path + query)
    assert len(found) == count
    form = dict(part.split("=") for part in query[1:].split("&")) if query.count("=") == 1 else None
    if form:
        posted = api.ask("POST", f"{path}/_search", data=form).json()
        assert len(posted.get("entry", ())) == count
    entry = {"request": {"method": "GET", "url": path[1:] + query}}
    batch = api.ask("POST", "", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]}).json()
    assert len(batch["entry"][0]["resource"].get("entry", ())) == count


def test_the_other_patient_has_one(api: Practice, people: tuple[str, str]) -> None:
    assert len(api.pages(f"/Patient/{people[1]}/Observation")) == 1
    assert api.pages(f"/Patient/{people[1]}/Condition") == []
    assert api.pages("/Patient/nobody/Observation") == []


def test_pages_stay_within_it(api: Practice, people: tuple[str, str]) -> None:
    first = api.ask("GET", f"/Patient/{people[0]}/Observation?_count=2&_total=accurate").json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    assert first["total"] == 3
    assert f"/Patient/{people[0]}/Observation?" in links["next"]
    assert len(api.pages(f"/Patient/{people[0]}/Observation?_count=2")) == 3


def test_what_belongs_to_a_visit_is_the_visit_and_its_records(api: Practice, people: tuple[str, str]) -> None:
    about = {"subject": {"reference": f"Patient/{people[0]}"}}
    visit = api.create({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, **about})
    within = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    api.create({**heart_rate(f"Patient/{people[0]}"), **within})
    assert len(api.pages(f"/Encounter/{visit['id']}/Observation")) == 1
    assert [one["resource"]["id"] for one in api.pages(f"/Encounter/{visit['id']}/Encounter")] == [visit["id"]]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/Observation/x/Patient", "no compartment of this type"),
        ("/Patient/x/*", "$everything"),
        ("/Patient/x/Location", "Search Location itself"),
        ("/Patient/x/Nonsense", "no resource type of this name"),
    ],
)
def test_what_has_no_compartment_says_what_to_do(api: Practice, path: str, says: str) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == 404
    assert says in issue(answer)["diagnostics"]


def test_an_unknown_parameter_is_refused_there_too(api: Practice, people: tuple[str, str]) -> None:
    assert api.ask("GET", f"/Patient/{people[0]}/Observation?shoe-size=44").status_code == 400
    lenient = {"Prefer": "handling=lenient"}
    answer = api.ask("GET", f"/Patient/{people[0]}/Observation?shoe-size=44", headers=lenient).json()
    assert [entry["search"]["mode"] for entry in answer["entry"]] == ["match"] * 3 + ["outcome"]
