"""The books show what is wrong: each kind of fault, once made, is found."""

from typing import Any

import pytest

from carewright.core.fhir.model import Resource
from carewright.project.player.ledger import Entry
from tests.proofs.books import Books

DUE = {"period": {"end": "2026-11-24T10:00:00-06:00"}}


def record(kind: str, **values: Any) -> Resource:
    return {"resourceType": kind, "id": "r", "status": "final", **values}


def task(**values: Any) -> Resource:
    return {
        "resourceType": "Task", "id": "t", "status": "requested", "focus": {"reference": "DiagnosticReport/r"},
        "owner": {"reference": "Practitioner/p"}, "restriction": DUE, **values,
    }  # fmt: skip


REVIEWED = {"url": "x/result-step", "extension": [{"url": "step", "valueCode": "reviewed"}]}
MANAGED: list[tuple[Resource, Resource | None, bool]] = [
    (record("DiagnosticReport"), None, False),
    (record("DiagnosticReport"), task(), True),
    (record("DiagnosticReport"), task(status="completed"), False),
    (record("DiagnosticReport"), task(owner={}), False),
    (record("DiagnosticReport"), task(restriction={}), False),
    (record("DiagnosticReport", extension=[REVIEWED]), None, True),
    (record("DiagnosticReport", status="preliminary", extension=[REVIEWED]), None, False),
    (record("DiagnosticReport", status="entered-in-error"), None, True),
    (record("ServiceRequest", status="active"), None, False),
    (record("ServiceRequest", status="completed"), None, True),
    (record("MedicationRequest", status="draft"), None, False),
    (record("Communication", status="in-progress"), None, False),
    (record("Communication", status="in-progress", encounter={"reference": "Encounter/e"}), None, True),
]


@pytest.mark.parametrize(("about", "owed", "attended"), MANAGED)
def test_what_is_not_at_its_end_needs_an_open_task_with_somebody_and_a_date(
    about: Resource, owed: Resource | None, attended: bool
) -> None:
    books = Books({about["resourceType"]: [about], "Task": [owed] if owed else []})
    assert (books.unattended() == []) is attended


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("test", record("ServiceRequest", reasonCode=[{"text": "Look (k)"}])),
        ("result", record("DiagnosticReport", id="k")),
        ("refill", record("MedicationRequest", extension=[{"extension": [{"url": "w", "valueString": "Asked (k)"}]}])),
        ("message", record("Communication", payload=[{"contentString": "Cup (k)"}])),
    ],
)
def test_what_was_acknowledged_is_there_once(kind: str, found: Resource) -> None:
    told, other = Entry(kind=kind, key="k", is_promised=True), Entry(kind=kind, key="other", is_promised=True)
    books = Books({found["resourceType"]: [found]})
    assert books.lost([told, other]) == [f"{kind} other"]
    assert books.twice([told]) == []
    assert Books({found["resourceType"]: [found, found]}).twice([told]) == [f"{kind} k"]


def test_an_ask_is_known_by_its_visit_and_its_job() -> None:
    job = {"code": {"coding": [{"code": "ekg"}]}, "encounter": {"reference": "Encounter/v"}}
    books = Books({"Task": [task(**job)]})
    asked = [Entry(kind="ask", key=key, is_promised=True) for key in ("v:ekg", "v:other", "w:ekg")]
    assert books.lost(asked) == ["ask v:other", "ask w:ekg"]
