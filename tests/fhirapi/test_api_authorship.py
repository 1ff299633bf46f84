"""Nobody can say that somebody else wrote it, and nobody can take it away.

Who wrote a version is the store's to say (AuditEvent, the virtual Provenance); what a body says of its author is only
what a body says. Records of care cannot be deleted by any way that the API has.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Interaction, Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.store.model import Ref
from carewright.core.store.transaction import RETRACTABLE
from carewright.fhirapi.app import create_app
from carewright.project.wiring import registry
from tests.clinic import Clinic
from tests.fhirapi.practice import Practice, issue
from tests.store.people import everything, heart_rate, patient

FORGED = "Practitioner/somebody-else"
CARE = ("Patient", "Observation", "Encounter", "ServiceRequest", "Task", "Condition", "Flag")


def authors(api: Practice, ref: str) -> set[str]:
    """Who wrote the versions of a record, as the store knows it."""
    with api.store.reader(everything(api.name), reason="test.authors") as reader:
        found = reader.authors([Ref(*ref.split("/"))])
    return set(found.values())


def test_what_a_body_says_of_its_author_does_not_change_who_wrote_it(api: Practice) -> None:
    person = api.create(patient())
    forged = heart_rate(
        f"Patient/{person['id']}",
        performer=[{"reference": FORGED}],
        meta={"versionId": "77", "lastUpdated": "2001-01-01T00:00:00Z", "source": FORGED},
        contained=[{"resourceType": "Provenance", "id": "p", "recorded": "2001-01-01T00:00:00Z",
                    "target": [{"reference": "#"}], "agent": [{"who": {"reference": FORGED}}]}],
        extension=[{"url": "urn:author", "valueReference": {"reference": "#p"}}],
    )  # fmt: skip
    made = api.create(forged)
    assert (made["meta"]["versionId"], made["meta"]["lastUpdated"][:4] != "2001") == ("1", True)
    assert authors(api, f"Observation/{made['id']}") == {"Practitioner/maria"}
    changed = api.ask("PUT", f"/Observation/{made['id']}", json={**made, "meta": {"source": FORGED, "versionId": "9"}})
    assert (changed.status_code, changed.json()["meta"]["versionId"]) == (200, "2")
    entry = {
        "request": {"method": "PUT", "url": f"Observation/{made['id']}"},
        "resource": {**made, "meta": {"source": FORGED}},
    }
    assert api.ask("POST", "", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).is_success
    patch = [{"op": "add", "path": "/meta/source", "value": FORGED}]
    kind = {"Content-Type": "application/json-patch+json"}
    assert api.ask("PATCH", f"/Observation/{made['id']}", content=json.dumps(patch), headers=kind).status_code == 200
    assert authors(api, f"Observation/{made['id']}") == {"Practitioner/maria"}


@pytest.fixture
def wired(clinic: Clinic) -> Iterator[tuple[TestClient, dict[Role, dict[str, str]]]]:
    """The API as the product is wired, and a token with every scope for each role."""

    def token(role: Role) -> str:
        return open_session(
            clinic.store, practice=clinic.practice, actor="Device/forger", display="Forger", user_name="f",
            roles=[role], kind=SessionKind.TOKEN, scopes="user/*.cruds",
            expires_at=clinic.store.clock.wall() + timedelta(hours=1),
        )  # fmt: skip

    with TestClient(create_app(clinic.store)) as client:
        yield client, {role: {"Authorization": f"Bearer {token(role)}"} for role in Role}


@pytest.mark.parametrize("resource_type", ["Provenance", "AuditEvent"])
def test_no_role_writes_what_the_store_says_of_authors(
    wired: tuple[TestClient, dict[Role, dict[str, str]]], resource_type: str
) -> None:
    client, tokens = wired
    provenance = {
        "resourceType": resource_type, "id": "x", "recorded": "2026-11-23T10:40:00Z",
        "target": [{"reference": "Patient/x"}], "agent": [{"who": {"reference": FORGED}}],
    }  # fmt: skip
    for headers in tokens.values():
        address = f"/fhir/{resource_type}"
        entry = {"request": {"method": "PUT", "url": f"{resource_type}/x"}, "resource": provenance}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        found = [
            client.post(address, json=provenance, headers=headers),
            client.put(f"{address}/x", json=provenance, headers=headers),
            client.put(f"{address}?_id=x", json=provenance, headers=headers),
            client.post("/fhir", json=bundle, headers=headers),
            client.delete(f"{address}/x", headers=headers),
        ]
        assert {answer.status_code for answer in found} <= {403, 405}, [answer.text for answer in found]


def test_no_role_may_delete_a_record_of_care() -> None:
    for role in Role:
        held = registry().grants_for({role})
        assert not [name for name in RETRACTABLE if Interaction.DELETE in held.get(name, ())], role


@pytest.mark.parametrize("resource_type", CARE)
def test_not_even_who_may_delete_deletes_a_record_of_care(api: Practice, resource_type: str) -> None:
    """By its address, by a condition, in a batch and in a transaction: 405 with what to do instead."""
    person = api.create(patient())["id"]
    bodies: dict[str, dict[str, Any]] = {
        "Patient": patient(), "Observation": heart_rate(f"Patient/{person}"),
        "Encounter": {"status": "finished", "class": {"code": "AMB"}}, "Task": {"status": "draft", "intent": "order"},
        "ServiceRequest": {"status": "active", "intent": "order", "subject": {"reference": f"Patient/{person}"}},
        "Condition": {"subject": {"reference": f"Patient/{person}"}},
        "Flag": {"status": "active", "code": {"text": "x"}, "subject": {"reference": f"Patient/{person}"}},
    }  # fmt: skip
    made = api.create({"resourceType": resource_type, **bodies[resource_type]})["id"]
    lead = Role.LEAD_MA
    for answer in (
        api.ask("DELETE", f"/{resource_type}/{made}", role=lead),
        api.ask("DELETE", f"/{resource_type}?_id={made}", role=lead),
        api.ask("POST", "", json=_deleting("transaction", resource_type, made), role=lead),
    ):
        assert answer.status_code == 405
        assert "entered-in-error" in issue(answer)["diagnostics"]
    in_batch = api.ask("POST", "", json=_deleting("batch", resource_type, made), role=lead).json()
    assert in_batch["entry"][0]["response"]["status"].startswith("405")
    assert api.ask("GET", f"/{resource_type}/{made}").json()["meta"]["versionId"] == "1"


def _deleting(kind: str, resource_type: str, resource_id: str) -> dict[str, Any]:
    entry = {"request": {"method": "DELETE", "url": f"{resource_type}/{resource_id}"}}
    return {"resourceType": "Bundle", "type": kind, "entry": [entry]}
