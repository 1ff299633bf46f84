"""A receiver on this machine, and a practice with the API and the worker's part that delivers."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from starlette.testclient import TestClient

from carewright.core.access.model import Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.outward import Outward
from carewright.core.subscriptions import model
from carewright.core.subscriptions.topics import BASE as TOPIC
from carewright.fhirapi.app import create_app
from carewright.project.subscriptions import SubscriptionRunner
from tests.clinic import Clinic

Json = dict[str, Any]


@dataclass
class Receiver:
    """Keeps what it is sent. `answers` are the statuses of the next requests; then 200."""

    url: str = ""
    got: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return self.url.rpartition("/")[0]

    def kinds(self) -> list[str]:
        return [parameter(bundle, "type") for bundle in self.got]

    def events(self) -> list[tuple[int, str]]:
        """(number, focus) of every event of every notice, in the order in which they came."""
        found = []
        for bundle in self.got:
            for one in bundle["entry"][0]["resource"]["parameter"]:
                if one["name"] == "notification-event":
                    parts = {part["name"]: part for part in one["part"]}
                    focus = parts.get("focus", {}).get("valueReference", {}).get("reference", "")
                    found.append((int(parts["event-number"]["valueString"]), focus))
        return found


def parameter(bundle: Json, name: str) -> str:
    listed = bundle["entry"][0]["resource"]["parameter"]
    one = next(p for p in listed if p["name"] == name)
    return str(next(value for key, value in one.items() if key.startswith("value")))


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.gate.wait(timeout=30)
            status = receiver.answers.pop(0) if receiver.answers else 200
            if status < 300:
                receiver.got.append(json.loads(body))
                receiver.headers.append(dict(self.headers))
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


def subscription(endpoint: str, topic: str = "task-change", **more: Any) -> Json:
    """A Subscription as a client sends it. `content`, `filters`, `headers` and `channel` go where they belong."""
    filters = [{"url": model.FILTER, "valueString": text} for text in more.pop("filters", ())]
    content = {"extension": [{"url": model.CONTENT, "valueCode": more.pop("content", "id-only")}]}
    headers = more.pop("headers", None)
    return {
        "resourceType": "Subscription", "status": "requested", "reason": "Tests", "criteria": f"{TOPIC}/{topic}",
        **({"_criteria": {"extension": filters}} if filters else {}),
        "channel": {
            "type": "rest-hook", "endpoint": endpoint, "payload": "application/fhir+json", "_payload": content,
            **({"header": headers} if headers else {}), **more.pop("channel", {}),
        },
        **more,
    }  # fmt: skip


@dataclass
class Subscribing:
    """A practice, its API, and the runner that delivers."""

    clinic: Clinic
    client: TestClient
    runner: SubscriptionRunner

    def token(self, *roles: Role, **more: Any) -> str:
        fields: dict[str, Any] = {
            "practice": self.clinic.practice, "actor": "Device/receiver", "display": "Receiver", "user_name": "r",
            "roles": roles or (Role.PROVIDER,), "kind": SessionKind.TOKEN, "scopes": "user/*.cruds",
            "expires_at": self.clinic.store.clock.wall() + timedelta(days=30),
        }  # fmt: skip
        return open_session(self.clinic.store, **{**fields, **more})

    def ask(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        answer: httpx.Response = self.client.request(method, f"/fhir{path}", headers=headers, **more)
        return answer

    def subscribe(self, token: str, body: Json) -> str:
        answer = self.ask("POST", "/Subscription", token, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def status(self, subscription_id: str) -> tuple[str, str]:
        found = self.ask("GET", f"/Subscription/{subscription_id}", self.token(Role.MANAGER)).json()
        return found["status"], found.get("error", "")

    def task(self, patient: str = "p1", **more: Any) -> str:
        task = {"resourceType": "Task", "status": "requested", "intent": "order", "code": {"text": "Call"},
                "for": {"reference": f"Patient/{patient}"}, **more}  # fmt: skip
        return str(self.clinic.have(task)[0])

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.runner.step(wait=True)


@contextmanager
def subscribing(clinic: Clinic, *receivers: Receiver) -> Iterator[Subscribing]:
    before = clinic.store.outward
    clinic.store.outward = Outward(frozenset(receiver.origin for receiver in receivers))
    runner = SubscriptionRunner(clinic.store, f"test-{uuid.uuid4().hex[:6]}")
    with TestClient(create_app(clinic.store)) as client:
        yield Subscribing(clinic, client, runner)
    runner.close()
    clinic.store.outward = before
