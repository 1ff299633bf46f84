"""A browser's side of the live feed: opens streams and reads their events."""

import asyncio
import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from carewright.core.access.model import Interaction, Role
from carewright.core.access.sessions import SESSION_COOKIE, open_session
from carewright.core.registry import Manifest, Permission, Registry, Topic
from carewright.core.store.model import Ref, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.store.people import REGISTRY as STORE_REGISTRY
from tests.store.people import everything

SEE = frozenset({Interaction.READ, Interaction.SEARCH})
REGISTRY = Registry((
    *STORE_REGISTRY.manifests,
    Manifest(
        name="live",
        doc="Who sees what, and one topic.",
        permissions=(
            Permission(action="chart.see", roles=frozenset({Role.MA}), doc="See the chart.",
                       grants=dict.fromkeys(("Patient", "Encounter", "Observation"), SEE)),
            Permission(action="patient.see", roles=frozenset({Role.FRONT_DESK}), doc="See patients.",
                       grants={"Patient": SEE}),
        ),
        topics=(Topic(name="board", types=frozenset({"Encounter", "Patient"})),),
    ),
))  # fmt: skip


@dataclass
class Event:
    kind: str
    data: dict[str, Any]
    id: str
    at: float


@dataclass
class Stream:
    """An open stream; `lines` is everything that came, as it came."""

    status: int
    content_type: str
    arrived: "queue.Queue[Event | None]" = field(default_factory=queue.Queue)
    lines: list[str] = field(default_factory=list)
    id: str = ""

    def next(self, seconds: float = 3.0) -> Event | None:
        """The next event, None if the stream ended; an error if neither comes."""
        return self.arrived.get(timeout=seconds)

    def quiet(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.arrived.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@dataclass
class Feed:
    store: Store
    practice: str
    url: str
    app: Starlette | None = None
    server: uvicorn.Server | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's event loop."""
        assert self.server is not None
        return self.server.servers[0].get_loop()

    def open_streams(self) -> int:
        """How many streams the server counts as open."""
        assert self.app is not None
        return int(self.app.state.open.total())

    def stop(self) -> None:
        """Ask the server to stop, without a signal."""
        assert self.server is not None
        self.server.should_exit = True

    def secret(self, *roles: Role, **changes: Any) -> str:
        fields: dict[str, Any] = {
            "practice": self.practice, "actor": "Practitioner/maria", "display": "Maria Silva", "user_name": "maria",
            "roles": roles or (Role.MA,), "expires_at": self.store.clock.wall() + timedelta(hours=1),
        }  # fmt: skip
        return open_session(self.store, **{**fields, **changes})

    def write(self, resource: Resource, *, practice: str | None = None) -> Ref:
        with Writer(self.store, everything(practice or self.practice)).transaction(reason="test.write") as tx:
            return tx.create(resource)

    @contextlib.contextmanager
    def listen(
        self, secret: str, *, path: str = "/live/events", headers: dict[str, str] | None = None
    ) -> Iterator[Stream]:
        """An open stream, whose first lines have arrived."""
        cookies = {"Cookie": f"{SESSION_COOKIE}={secret}"}
        with (
            httpx.Client(timeout=httpx.Timeout(5, read=30)) as client,
            client.stream("GET", self.url + path, headers={**cookies, **(headers or {})}) as response,
        ):
            stream = Stream(status=response.status_code, content_type=response.headers["content-type"])
            begun = threading.Event()
            reading = threading.Thread(target=_read, args=(response, stream, begun), daemon=True)
            reading.start()
            assert begun.wait(5)
            try:
                yield stream
            finally:
                # A connection that another thread reads from is not closed by closing it.
                with contextlib.suppress(OSError):
                    response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                reading.join(5)


def _read(response: httpx.Response, stream: Stream, begun: threading.Event) -> None:
    fields: dict[str, str] = {}
    with contextlib.suppress(httpx.HTTPError):
        for line in response.iter_lines():
            stream.lines.append(line)
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            stream.id = fields.get("id", stream.id)
            if "event" in fields:
                event = Event(fields["event"], json.loads(fields["data"]), fields["id"], time.monotonic())
                stream.arrived.put(event)
            fields = {}
            begun.set()
    begun.set()
    stream.arrived.put(None)
