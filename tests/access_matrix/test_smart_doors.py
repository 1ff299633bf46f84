"""What tokens of registered programs open × every role × every type: what who.py says, within one chart for `patient/`
scopes, and never more than the scopes. The tokens are asked for at the doors that programs use.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Role
from carewright.core.store.store import Store
from carewright.fhirapi.app import create_app
from tests.access_matrix import exchange, who
from tests.fhirapi.practice import Practice
from tests.fhirapi.smart_app import App, app, backend

ASKED = sorted({*who.READS, "Binary", "Claim", "Basic"})
OF_ONE = ("Patient", "Observation", "Task", "Encounter")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def programs(request: pytest.FixtureRequest) -> Iterator[Practice]:
    """A practice with records of every type, and the API running on it."""
    store: Store = request.getfixturevalue(f"{request.param}_clinic_store")
    name = f"s{uuid.uuid4().hex[:12]}"
    store.ensure_practice(name, "Practice")
    exchange.fill(store, name, exchange.practice_a())
    with TestClient(create_app(store)) as client:
        yield Practice(store=store, name=name, client=client)


def open_types(api: Practice, token: str, types: list[str]) -> set[str]:
    """The types that a token may search; every other one is refused, and never breaks."""
    found = set()
    for kind in types:
        answer = api.client.get(f"/fhir/{kind}?_count=1", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 403), (kind, answer.text)
        found |= {kind} if answer.status_code == 200 else set()
    return found


def token_of(of: App, scope: str, patient: str | None = None) -> str:
    return str(of.redeem(of.code(scope=scope, patient=patient)).json()["access_token"])


@pytest.mark.parametrize("role", list(Role))
def test_a_program_opens_what_its_role_may_see(programs: Practice, role: Role) -> None:
    expected = {kind for kind in ASKED if role in who.READS.get(kind, ())}
    of = app(programs, scopes="user/*.cruds", role=role)
    assert open_types(programs, token_of(of, "user/*.rs"), ASKED) == expected
    program = backend(programs, scopes="system/*.rs", role=role)
    token = program.ask(program.assertion()).json()["access_token"]
    assert open_types(programs, token, ASKED) == expected


@pytest.mark.parametrize("role", list(Role))
def test_a_scope_only_narrows(programs: Practice, role: Role) -> None:
    of = app(programs, scopes="user/Patient.rs user/Task.r", role=role)
    expected = {"Patient"} if role in who.READS["Patient"] else set()
    assert open_types(programs, token_of(of, "user/*.cruds"), ASKED) == expected


def bodies(api: Practice, token: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in OF_ONE:
        headers = {"Authorization": f"Bearer {token}"}
        answer = api.client.get(f"/fhir/{kind}?_count=200", headers=headers)
        found[kind] = [entry["resource"] for entry in answer.json().get("entry", ())]
    return found


@pytest.mark.parametrize("role", [Role.LEAD_MA, Role.FRONT_DESK, Role.PROVIDER])
def test_a_patient_scope_opens_one_chart(programs: Practice, role: Role) -> None:
    of = app(programs, scopes="launch/patient patient/*.rs user/*.rs", role=role)
    everybody = bodies(programs, token_of(of, "user/*.rs"))["Patient"]
    assert len(everybody) > 1, "the matrix does not look"
    chosen = str(everybody[0]["id"])
    confined = bodies(programs, token_of(of, "launch/patient patient/*.rs user/*.rs", chosen))
    assert [one["id"] for one in confined["Patient"]] == [chosen]
    others = {f"Patient/{one['id']}" for one in everybody} - {f"Patient/{chosen}"}
    for kind in ("Observation", "Task", "Encounter"):
        for record in confined[kind]:
            about = (record.get("subject") or record.get("for") or {}).get("reference")
            assert about not in others, (kind, record["id"])
