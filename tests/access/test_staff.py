"""The staff's projections, on both engines: what they make of the records, and the decision that stands on them."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carewright.core.access.delegation import decide
from carewright.core.access.manifest import MANIFEST
from carewright.core.access.model import Interaction, Role
from carewright.core.access.staff import credential_rows, first_day, last_day, staff_role_rows
from carewright.core.registry import Manifest, Registry, TaskCode
from carewright.core.store.store import Store, migrate_database
from carewright.core.store.writer import Writer
from tests.postgresql_server import Database
from tests.store.people import everything

REGISTRY = Registry((
    MANIFEST,
    Manifest(
        name="doses",
        doc="One task that needs a credential.",
        task_codes=(TaskCode(code="inject", display="Injection", roles=frozenset({Role.MA}), competency="CMA"),),
    ),
))  # fmt: skip
PRACTITIONER: dict[str, Any] = {
    "resourceType": "Practitioner",
    "id": "dana",
    "qualification": [
        {
            "code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0360", "code": "CMA"}],
                     "text": "Certified Medical Assistant"},
            "period": {"start": "2021-12", "end": "2026-11"},
            "issuer": {"display": "American Association of Medical Assistants"},
        },
        {"code": {"text": "Speaks Hmong"}},
    ],
}  # fmt: skip
ROLE: dict[str, Any] = {
    "resourceType": "PractitionerRole",
    "id": "dana-role",
    "active": True,
    "practitioner": {"reference": "Practitioner/dana"},
    "code": [
        {"coding": [{"system": "https://carewright.org/fhir/CodeSystem/role", "code": code}]}
        for code in ("ma", "front-desk", "astronaut")
    ],
    "location": [{"reference": "Location/main"}, {"reference": "Location/lakeview"}],
    "period": {"start": "2026-01-01"},
}


@pytest.fixture
def staffed(request: pytest.FixtureRequest, store: Store) -> Store:
    """The store with the staff's projections in its database."""
    if store.driver.dialect.name == "postgresql":
        database: Database = request.getfixturevalue("migrated_postgresql")
        migrate_database(database.app_url, REGISTRY, owner_url=database.owner_url)
    else:
        migrate_database(request.getfixturevalue("sqlite_url"), REGISTRY)
    return replace(store, registry=REGISTRY)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (None, None, None),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-11-30", "2026-11-30", "2026-11-30"),
        ("2026-11-30T23:59:59-06:00", "2026-11-30", "2026-11-30"),
    ],
)
def test_a_partial_date_covers_its_first_to_its_last_day(text: str | None, first: str | None, last: str | None) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


def test_a_role_record_gives_a_row_for_each_known_role_at_each_place() -> None:
    rows = list(staff_role_rows(ROLE))
    assert [(row["role"], row["site"]) for row in rows] == [
        ("ma", "main"), ("ma", "lakeview"), ("front-desk", "main"), ("front-desk", "lakeview"),
    ]  # fmt: skip
    assert {(row["active"], row["starts_on"], row["ends_on"]) for row in rows} == {(1, "2026-01-01", None)}
    assert [row["site"] for row in staff_role_rows({**ROLE, "location": []})] == [None, None]
    assert list(staff_role_rows({**ROLE, "practitioner": {"display": "Dana"}})) == []


def test_a_qualification_without_a_code_is_no_credential() -> None:
    (row,) = credential_rows(PRACTITIONER)
    assert (row["code"], row["name"], row["starts_on"], row["ends_on"]) == (
        "CMA", "Certified Medical Assistant", "2021-12-01", "2026-11-30",
    )  # fmt: skip


def test_a_decision_stands_on_what_is_on_record_now(staffed: Store, practice: str) -> None:
    access = everything(practice)
    last_day_noon = datetime(2026, 11, 30, 12, tzinfo=ZoneInfo("America/Chicago"))
    with Writer(staffed, access).transaction(reason="test.hire") as tx:
        tx.put(PRACTITIONER)
        tx.put(ROLE)

    def decision(task_code: str, at: datetime) -> tuple[bool, str]:
        with staffed.reader(access, reason="test.decide") as reader:
            found = decide(reader, registry=REGISTRY, practitioner="dana", task_code=task_code, at=at)
        return found.allowed, str(found.reason)

    assert decision("inject", last_day_noon)[0]
    assert not decision("inject", last_day_noon.replace(month=12, day=1))[0]
    assert decision("fly", last_day_noon) == (False, "Nobody is named for the task “fly”. Ask the manager.")
    with Writer(staffed, access).transaction(reason="test.leave") as tx:
        tx.put({**ROLE, "active": False})
    assert not decision("inject", last_day_noon)[0]


def test_everybody_sees_the_staff_and_only_the_manager_changes_it() -> None:
    for role in Role:
        grants = REGISTRY.grants_for([role])
        assert Interaction.SEARCH in grants["Practitioner"]
        assert (Interaction.UPDATE in grants["Practitioner"]) == (role is Role.MANAGER)
        assert ("AuditEvent" in grants) == (role in (Role.PRIVACY_OFFICER, Role.AUDITOR))
        assert "Patient" not in grants
