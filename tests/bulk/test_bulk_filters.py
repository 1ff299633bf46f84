"""What a `_typeFilter` takes is what a search finds: the same parser, the same statement, record for record."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carewright.core.access.model import Role
from tests.bulk.warehouse import Warehouse, observation, patient, warehouse

CRITERIA = {
    "Observation": [
        "status=final", "status=final,amended", "status:not=final", "code=8867-4", "code=http://loinc.org|29463-7",
        "code:not=8867-4", "date=ge2026-04", "date=lt2026-03-15", "date=2026-02", "subject=Patient/p1",
        "patient=p1,p2", "subject:Patient.gender=male", "subject:Patient.birthdate=lt1930", "value-string=value",
        "_id=o1,o2,o3", "category:missing=true", "subject.name=family0003", "_lastUpdated=gt2020-01-01",
    ],
    "Patient": [
        "gender=male", "gender=male,female", "birthdate=lt1950", "name=family", "family:exact=Family0002",
        "_id=p1,p4", "_has:Observation:subject:code=8867-4", "_has:Observation:subject:status=amended",
        "name:contains=0003", "gender:missing=true",
    ],
}  # fmt: skip
one_filter = st.sampled_from(sorted(CRITERIA)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.lists(st.sampled_from(CRITERIA[name]), min_size=1, max_size=3, unique=True)
    )
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder: Path = tmp_path_factory.mktemp("filters")
    with warehouse(request.getfixturevalue(f"{request.param}_bulk"), folder) as found:
        found.fill(*(patient(n) for n in range(8)))
        found.fill(*(
            observation(n, of=n % 8, status="final" if n % 3 else "amended", category=[{"text": "x"}])
            for n in range(40)
        ))  # fmt: skip
        yield found


def searched(api: Warehouse, resource_type: str, query: str) -> set[str]:
    found, path = set(), f"/{resource_type}?{query}&_count=7"
    while path:
        answer = api.program("GET", path, role=Role.PROVIDER)
        assert answer.status_code == 200, answer.text
        found |= {entry["resource"]["id"] for entry in answer.json().get("entry", ())}
        path = next((link["url"] for link in answer.json()["link"] if link["relation"] == "next"), "")
    return found


@given(filters=st.lists(one_filter, min_size=1, max_size=3))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_filter_takes_what_a_search_finds(filled: Warehouse, filters: list[tuple[str, list[str]]]) -> None:
    wanted: dict[str, set[str]] = {}
    for name, criteria in filters:
        wanted.setdefault(name, set()).update(searched(filled, name, "&".join(criteria)))
    text = ",".join(f"{name}?{'&'.join(criteria)}" for name, criteria in filters)
    found = filled.export(f"/$export?_type={','.join(wanted)}&_typeFilter={quote(text)}").ids()
    assert found == {name: ids for name, ids in wanted.items() if ids}
