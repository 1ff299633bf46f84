"""A small practice for the API's tests: who may do what, and clients that carry their tokens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from starlette.testclient import TestClient

from carewright.core.access.manifest import MANIFEST
from carewright.core.access.model import Interaction, Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.registry import Manifest, Permission, Registry
from carewright.core.store.store import Store
from carewright.fhirapi.app import create_app
from tests.store.people import REGISTRY as STORE_REGISTRY

C, R, U, D, S = Interaction
CLINICAL = ("Patient", "Observation", "Encounter", "ServiceRequest", "Task", "Condition", "Flag", "Device")
REGISTRY = Registry((
    MANIFEST,
    *STORE_REGISTRY.manifests,
    Manifest(
        name="chart",
        doc="Who may do what with patients' records in these tests.",
        permissions=(
            Permission(
                action="chart.work",
                roles=frozenset({Role.MA}),
                doc="Read and write the chart.",
                grants=dict.fromkeys(CLINICAL, frozenset({C, R, U, S})),
            ),
            Permission(
                action="chart.retire",
                roles=frozenset({Role.LEAD_MA}),
                doc="Also ask for a deletion, which is refused for records of care.",
                grants=dict.fromkeys(CLINICAL, frozenset(Interaction)),
            ),
            Permission(
                action="patient.find",
                roles=frozenset({Role.FRONT_DESK}),
                doc="Find a patient.",
                grants={"Patient": frozenset({R, S})},
            ),
        ),
    ),
))  # fmt: skip


@dataclass
class Practice:
    """A practice with the API running on it."""

    store: Store
    name: str
    client: TestClient
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, *roles: Role, **changes: Any) -> str:
        fields: dict[str, Any] = {
            "practice": self.name, "actor": "Practitioner/maria", "display": "Maria Silva", "user_name": "maria",
            "roles": roles, "kind": SessionKind.TOKEN, "scopes": "user/*.cruds",
            "expires_at": self.store.clock.wall() + timedelta(hours=1),
        }  # fmt: skip
        return open_session(self.store, **{**fields, **changes})

    def ask(self, method: str, path: str, *, role: Role = Role.MA, base: str = "/fhir", **more: Any) -> httpx.Response:
        """A request as somebody in `role`."""
        if role.value not in self.headers:
            self.headers[role.value] = {"Authorization": f"Bearer {self.token(role)}"}
        headers: Mapping[str, str] = {**self.headers[role.value], **more.pop("headers", {})}
        response: httpx.Response = self.client.request(method, base + path, headers=dict(headers), **more)
        return response

    def pages(self, path: str, *, role: Role = Role.MA, **more: Any) -> list[dict[str, Any]]:
        """The entries of a search, a history or an operation, from page to page."""
        found: list[dict[str, Any]] = []
        answer = self.ask("GET", path, role=role, **more)
        while True:
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body.get("entry", [])
            following = [link["url"] for link in body["link"] if link["relation"] == "next"]
            if not following:
                return found
            answer = self.client.get(following[0], headers=self.headers[role.value])

    def create(self, resource: dict[str, Any], **more: Any) -> dict[str, Any]:
        response = self.ask("POST", f"/{resource['resourceType']}", json=resource, **more)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created


@contextmanager
def running(store: Store, name: str) -> Iterator[Practice]:
    with TestClient(create_app(store)) as client:
        yield Practice(store=store, name=name, client=client)


def issue(response: httpx.Response) -> dict[str, Any]:
    """The first issue of an answer that must be an OperationOutcome."""
    body = response.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert response.headers["content-type"] == "application/fhir+json"
    found: dict[str, Any] = body["issue"][0]
    assert found["diagnostics"]
    return found
