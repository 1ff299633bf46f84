"""A practice whose records programs take out and bring in, with the worker's side run by hand."""

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from carewright.core.access.model import Interaction, Role
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.manifest import MANIFEST as BULK
from carewright.core.fhir.structures import resource_types
from carewright.core.registry import Manifest, Permission, Registry
from carewright.core.settings import values
from carewright.core.settings.model import Setting
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.model import Origin, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.fhirapi.app import create_app
from carewright.project.bulk_running import BulkRunner
from tests.fhirapi.practice import REGISTRY as API_REGISTRY
from tests.fhirapi.practice import Practice
from tests.store.people import everything

TYPES = ("Patient", "Observation", "Encounter", "Condition", "Group", "Practitioner", "Organization", "Location",
         "Medication", "MedicationRequest", "Questionnaire", "List", "Provenance")  # fmt: skip
REGISTRY = Registry((
    *API_REGISTRY.manifests,
    BULK,
    Manifest(
        name="warehouse",
        doc="What the programs of these tests may do.",
        permissions=(
            Permission(action="warehouse.all", roles=frozenset({Role.PROVIDER}), doc="Read and write it all.",
                       grants=dict.fromkeys(TYPES, frozenset(Interaction))),
        ),
    ),
))  # fmt: skip
KEY = b"k" * 32
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ASYNC = {"Prefer": "respond-async"}


@dataclass
class Warehouse(Practice):
    """`program` asks as Device/warehouse, a provider's program with `system/*.cruds`."""

    folder: Path = Path()
    runners: dict[Kind, BulkRunner] = field(default_factory=dict)

    @property
    def files(self) -> BulkFiles:
        return self.runners[Kind.EXPORT].files

    def program(
        self, method: str, path: str, *, role: Role = Role.PROVIDER, actor: str = "Device/warehouse",
        scopes: str = "system/*.cruds", headers: dict[str, str] | None = None, **more: Any,
    ) -> httpx.Response:  # fmt: skip
        named = f"{role} {actor} {scopes}"
        if named not in self.headers:
            secret = self.token(role, actor=actor, scopes=scopes, user_name="", display="Warehouse")
            self.headers[named] = {"Authorization": f"Bearer {secret}"}
        url = path if path.startswith("http") else f"/fhir{path}"
        asked = {**self.headers[named], **(headers or {})}
        response: httpx.Response = self.client.request(method, url, headers=asked, **more)
        return response

    def kick_off(self, path: str, **more: Any) -> str:
        """The address of the status of an export that was accepted."""
        answer = self.program(more.pop("method", "GET"), path, headers=ASYNC, **more)
        assert answer.status_code == 202, answer.text
        return answer.headers["Content-Location"]

    def export(self, path: str, **more: Any) -> "Exported":
        """An export from beginning to end."""
        status = self.kick_off(path, **more)
        self.work()
        return self.exported(status, **{k: v for k, v in more.items() if k in ("role", "actor", "scopes")})

    def exported(self, status: str, **who: Any) -> "Exported":
        answer = self.program("GET", status, **who)
        assert answer.status_code == 200, answer.text
        check_shape(answer.json())
        return Exported(self, answer.json(), who)

    def work(self, kind: Kind = Kind.EXPORT) -> int:
        return self.runners[kind].drain(self.name)

    def step(self, kind: Kind = Kind.EXPORT) -> bool:
        return self.runners[kind].step(self.name)

    def fill(self, *resources: Resource) -> None:
        writer = Writer(self.store, everything(self.name), origin=Origin.IMPORT)
        for start in range(0, len(resources), 500):
            with writer.transaction(reason="test.fill") as tx:
                for resource in resources[start : start + 500]:
                    tx.put(resource)

    def choose(self, setting: Setting[Any], value: object) -> None:
        access = everything(self.name, actions=frozenset({"settings.change"}))
        values.change(self.store, setting, access, scope=values.practice_scope(), value=value)

    def send(self, lines: bytes, **more: Any) -> httpx.Response:
        headers = {**ASYNC, "Content-Type": "application/fhir+ndjson", **more.pop("headers", {})}
        return self.program("POST", "/$import", role=Role.MANAGER, content=lines, headers=headers, **more)

    def load(self, lines: bytes, **more: Any) -> dict[str, Any]:
        """An import from beginning to end; its manifest."""
        answer = self.send(lines, **more)
        assert answer.status_code == 202, answer.text
        self.work(Kind.IMPORT)
        found = self.program("GET", answer.headers["Content-Location"], role=Role.MANAGER)
        assert found.status_code == 200, found.text
        manifest: dict[str, Any] = found.json()
        check_shape(manifest)
        return manifest


def check_shape(manifest: dict[str, Any]) -> None:
    """A manifest as the specification has it: what must be there, of which kind, and nothing of another name.

    https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status
    """
    kinds = {"transactionTime": str, "request": str, "requiresAccessToken": bool, "output": list, "error": list,
             "deleted": list, "link": list, "extension": dict}  # fmt: skip
    assert manifest.keys() >= {"transactionTime", "request", "requiresAccessToken", "output", "error"}
    assert all(isinstance(value, kinds[name]) for name, value in manifest.items())
    assert INSTANT.fullmatch(manifest["transactionTime"])
    assert manifest["request"].startswith("http")
    for part, types in (("output", resource_types()), ("deleted", {"Bundle"}), ("error", {"OperationOutcome"})):
        for file in manifest.get(part, ()):
            assert file.keys() <= {"type", "url", "count", "extension"}
            assert file["type"] in types
            assert file["url"].startswith("http")
            assert isinstance(file["count"], int)
            assert file["count"] > 0
    urls = [file["url"] for part in ("output", "deleted", "error") for file in manifest.get(part, ())]
    assert len(set(urls)) == len(urls)


@dataclass
class Exported:
    """A finished export and its files."""

    practice: Warehouse
    manifest: dict[str, Any]
    who: dict[str, Any] = field(default_factory=dict)

    def file(self, url: str) -> bytes:
        answer = self.practice.program("GET", url, headers={"Accept": "application/fhir+ndjson"}, **self.who)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/fhir+ndjson")
        return answer.content

    def lines(self, part: str = "output") -> dict[str, list[bytes]]:
        """The lines by type; each file holds what the manifest says."""
        found: dict[str, list[bytes]] = {}
        for listed in self.manifest[part]:
            lines = self.file(listed["url"]).splitlines()
            assert len(lines) == listed["count"]
            found.setdefault(listed["type"], []).extend(lines)
        return found

    def ids(self) -> dict[str, set[str]]:
        return {name: {json.loads(line)["id"] for line in lines} for name, lines in self.lines().items()}

    def deleted(self) -> set[str]:
        bundles = [json.loads(line) for line in self.lines("deleted").get("Bundle", [])]
        assert all(bundle["type"] == "transaction" for bundle in bundles)
        return {entry["request"]["url"] for bundle in bundles for entry in bundle["entry"]}


@contextmanager
def warehouse(store: Store, folder: Path) -> Iterator[Warehouse]:
    """A new practice with the API running."""
    with TestClient(create_app(store, files=BulkFiles(folder, key=KEY))) as client:
        yield another(store, folder, client)


def another(store: Store, folder: Path, client: TestClient) -> Warehouse:
    """A new practice on the API that is running."""
    name = f"p{uuid.uuid4().hex[:12]}"
    store.ensure_practice(name, "Test practice")
    runners = {kind: BulkRunner(store, BulkFiles(folder, key=KEY), kind, f"worker-{name}") for kind in Kind}
    return Warehouse(store=store, name=name, client=client, folder=folder, runners=runners)


def patient(number: int, **more: Any) -> Resource:
    names = [{"family": f"Family{number:04}"}]
    return {"resourceType": "Patient", "id": f"p{number}", "name": names,
            "gender": "female" if number % 2 else "male",
            "birthDate": f"19{number % 90 + 10}-01-01", **more}  # fmt: skip


def observation(number: int, *, of: int, status: str = "final", **more: Any) -> Resource:
    return {"resourceType": "Observation", "id": f"o{number}", "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": ["8867-4", "29463-7", "8310-5"][number % 3]}]},
            "subject": {"reference": f"Patient/p{of}"}, "effectiveDateTime": f"2026-0{number % 9 + 1}-01",
            "valueString": f"Value of {number}", **more}  # fmt: skip


def group(name: str, *members: int, **more: Any) -> Resource:
    listed: list[Resource] = [{"entity": {"reference": f"Patient/p{number}"}} for number in members]
    held = {"member": listed} if listed else {}
    return {"resourceType": "Group", "id": name, "type": "person", "actual": True, **held, **more}


def ndjson(resources: Sequence[Resource]) -> bytes:
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)


def a_practice(api: Warehouse, *, patients: int = 4, each: int = 3) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Rao"}]}
    stranger = {"resourceType": "Practitioner", "id": "d2", "name": [{"family": "Berg"}]}
    people = [patient(n, generalPractitioner=[{"reference": "Practitioner/d1"}]) for n in range(patients)]
    values = [observation(n, of=n % patients) for n in range(patients * each)]
    api.fill(doctor, stranger, *people, *values, group("g1", 0, 1))
