"""Exports and imports × every role: the files hold what the role's searches find, and nothing else is told.

What is expected is in who.py and exchange.py, apart from the code.
"""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Role
from carewright.core.bulk.files import BulkFiles
from carewright.core.clock import Clock
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.store import Store
from carewright.fhirapi.app import create_app
from carewright.project.bulk_running import BulkRunner
from carewright.project.wiring import registry
from tests.access_matrix import exchange, who
from tests.access_matrix.exchange import FOREIGN, STORED, VARIANTS, Asker, Situation

ASYNC = {"Prefer": "respond-async"}
SITUATIONS = [*(Situation(role=role) for role in Role), Situation(role=Role.LEAD_MA, confined=True)]
TYPES_SHORTLY = ("Patient", "Observation", "Group", "Practitioner", "PlanDefinition")
SHORT_ON_POSTGRESQL = (Role.FRONT_DESK, Role.PRIVACY_OFFICER)


def cases() -> Iterator[Any]:
    """All situations on SQLite; on PostgreSQL some in the suite, all in the long proof."""
    for engine in ("sqlite", "postgresql"):
        for situation in SITUATIONS:
            marks = [] if engine == "sqlite" else [pytest.mark.postgresql]
            if marks and situation.role not in SHORT_ON_POSTGRESQL:
                marks.append(pytest.mark.slow)
            name = f"{engine}-{situation.role}" + ("-confined" if situation.confined else "")
            yield pytest.param(engine, situation, marks=marks, id=name)


class Doors:
    """Practices a and b on one store, with the API and the worker's side."""

    def __init__(self, store: Store, client: TestClient, files: BulkFiles) -> None:
        self.store, self.client, self.files = store, client, files
        self.a, self.b = (f"x{uuid.uuid4().hex[:12]}" for _ in range(2))
        exchange.fill(store, self.a, exchange.practice_a())
        exchange.fill(store, self.b, exchange.practice_b())

    def asker(self, situation: Situation, *, practice: str = "") -> Asker:
        scopes = "patient/*.cruds system/*.cruds" if situation.confined else "system/*.cruds"
        return Asker(
            client=self.client, store=self.store, practice=practice or self.a, situation=situation, scopes=scopes
        )

    def work(self) -> None:
        for kind in Kind:
            BulkRunner(self.store, self.files, kind, "matrix").drain(self.a)


@pytest.fixture(scope="module")
def doors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    store: Store = request.getfixturevalue(f"{request.param}_clinic_store")
    files = BulkFiles(Path(tmp_path_factory.mktemp("exports")), key=b"k" * 32)
    clock, store.clock = store.clock, Clock()
    with TestClient(create_app(store, files=files)) as client:
        yield Doors(store, client, files)
    store.clock = clock


def markers(asker: Asker, status: str) -> set[tuple[str, str, str]]:
    """(practice, type, variant) of every record in the files."""
    manifest = asker.ask("GET", status.partition("/fhir")[2]).json()
    found: set[tuple[str, str, str]] = set()
    for listed in manifest["output"]:
        text = asker.ask("GET", listed["url"].partition("/fhir")[2]).text
        found |= set(re.findall(r"zq([ab])x(\w+?)x(\w+?)x", text))
        assert {json.loads(line)["resourceType"] for line in text.splitlines()} == {listed["type"]}
    return found


@pytest.mark.parametrize(("doors", "situation"), list(cases()), indirect=["doors"])
def test_files_hold_what_the_role_may_see_of_its_own_practice(doors: Doors, situation: Situation) -> None:
    asker = doors.asker(situation)
    kicked = asker.ask("GET", "/$export", headers=ASYNC)
    if situation.confined:
        assert kicked.status_code == 403
        return
    assert kicked.status_code == 202, kicked.text
    doors.work()
    seen = {("a", t, v) for t in STORED for v in VARIANTS if situation.sees(t, v)}
    assert markers(asker, kicked.headers["Content-Location"]) == seen


@pytest.mark.parametrize(("doors", "situation"), list(cases()), indirect=["doors"])
def test_nothing_is_told_of_types_groups_and_people_that_are_not_seen(doors: Doors, situation: Situation) -> None:
    asker = doors.asker(situation)
    for t in TYPES_SHORTLY:
        wanted = 202 if situation.reads(t) and not situation.confined else 403
        kicked = asker.ask("GET", f"/$export?_type={t}&_typeFilter={t}%3F_id%3Dopen,secret", headers=ASYNC)
        assert kicked.status_code == wanted, t
        if wanted == 202:
            doors.work()
            found = markers(asker, kicked.headers["Content-Location"])
            assert found == {("a", t, v) for v in ("open", "secret") if situation.sees(t, v)}
            asker.ask("DELETE", kicked.headers["Content-Location"].partition("/fhir")[2])
    if situation.confined or not situation.reads("Patient"):
        return
    for variant in (*VARIANTS, FOREIGN, "missing"):
        there = situation.reads("Group") and situation.sees("Group", variant)
        kicked = asker.ask("GET", f"/Group/{variant}/$export?_type=Patient", headers=ASYNC)
        assert kicked.status_code == (202 if there else 404), variant
        if there:
            asker.ask("DELETE", kicked.headers["Content-Location"].partition("/fhir")[2])
        named = [{"name": "patient", "valueReference": {"reference": f"Patient/{variant}"}}]
        body = {"resourceType": "Parameters", "parameter": named}
        kicked = asker.ask("POST", "/Patient/$export", headers=ASYNC, json=body)
        assert kicked.status_code == (202 if situation.sees("Patient", variant) else 400), variant
        if kicked.status_code == 202:
            asker.ask("DELETE", kicked.headers["Content-Location"].partition("/fhir")[2])


def test_the_table_and_the_declared_permissions_agree() -> None:
    declared = {name: found.roles for name, found in registry().permissions.items() if name.startswith("bulk.")}
    assert declared == who.ACTIONS


@pytest.mark.parametrize(("doors", "situation"), list(cases()), indirect=["doors"])
def test_an_import_is_for_who_may(doors: Doors, situation: Situation) -> None:
    asker = doors.asker(situation)
    headers = {**ASYNC, "Content-Type": "application/fhir+ndjson"}
    line = json.dumps(exchange.record("Questionnaire", "open", "a")).encode()
    kicked = asker.ask("POST", "/$import", headers=headers, content=line)
    allowed = situation.role in who.ACTIONS["bulk.import"] and not situation.confined
    assert kicked.status_code == (202 if allowed else 403)
    doors.work()


@pytest.mark.parametrize("doors", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_the_jobs_of_another_practice_are_not_there(doors: Doors) -> None:
    """The same actor in another practice: row-level security and the practice's key both say no."""
    provider = Situation(role=Role.PROVIDER)
    here, there = doors.asker(provider), doors.asker(provider, practice=doors.b)
    status = here.ask("GET", "/$export", headers=ASYNC).headers["Content-Location"].partition("/fhir")[2]
    doors.work()
    file = here.ask("GET", status).json()["output"][0]["url"].partition("/fhir")[2]
    for method, path in (("GET", status), ("GET", file), ("DELETE", status)):
        assert there.ask(method, path).status_code == 404
    assert here.ask("GET", file).status_code == 200
    for url in ("$export", "Patient/$export", status[1:]):  # no door by way of a batch
        entry = {"request": {"method": "GET", "url": url}}
        answer = here.ask("POST", "", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
        listed = answer.json().get("entry", [{"response": {"status": str(answer.status_code)}}])
        assert listed[0]["response"]["status"].startswith("4"), url
