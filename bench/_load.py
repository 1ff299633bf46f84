"""A closed loop of HTTP clients in one process: each connection sends its next request when it has the last answer.

HTTP/1.1 with keep-alive over plain sockets, because a client that parses like a browser would be what is measured.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import uvloop

OK = (b"HTTP/1.1 200", b"HTTP/1.1 201")
END_OF_HEAD = b"\r\n\r\n"


class WrongAnswer(Exception):
    """The server answered with something else than 200 or 201; the text is the beginning of it."""


@dataclass
class Load:
    """What a run of some clients saw: the seconds that each answer took, and how long the run was."""

    seconds: float
    taken: list[float] = field(default_factory=list)
    answers: int = 0
    """All of them, those of the warm-up too."""

    @property
    def rate(self) -> float:
        """Answers per second of all clients together."""
        return len(self.taken) / self.seconds

    def percentile(self, part: float) -> float:
        """The seconds within which this part (0.95) of the answers came."""
        return sorted(self.taken)[min(len(self.taken) - 1, int(len(self.taken) * part))]


def request(
    method: str, path: str, *, host: str, token: str = "", body: bytes = b"", kind: str = "", cookies: str = ""
) -> bytes:
    """The bytes of a request. `path` is percent-encoded already."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if cookies:
        head.append(f"Cookie: {cookies}")
    if body:
        head += [f"Content-Type: {kind or 'application/fhir+json'}", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + END_OF_HEAD + body


def drive(port: int, make: Callable[[int], bytes], *, clients: int, seconds: float, warm_up: float = 1.0) -> Load:
    """`clients` connections to a port of this machine for `seconds`, behind a warm-up that is not counted.

    `make` is the request of a number; numbers count up over all connections. WrongAnswer.
    """
    return uvloop.run(_drive(port, make, clients=clients, seconds=seconds, warm_up=warm_up))


async def _drive(port: int, make: Callable[[int], bytes], *, clients: int, seconds: float, warm_up: float) -> Load:
    run = _Run(make)
    loop = asyncio.get_running_loop()
    for _ in range(clients):
        await loop.create_connection(lambda: _Client(run), "127.0.0.1", port)
    await run.last(warm_up)
    warm, run.taken = len(run.taken), []
    began = time.perf_counter()
    await run.last(seconds)
    found = Load(time.perf_counter() - began, run.taken, warm + len(run.taken))
    run.over = True
    for client in run.clients:
        client.close()
    return found


class _Run:
    """What the connections of one run share."""

    def __init__(self, make: Callable[[int], bytes]) -> None:
        self.make, self.number, self.over = make, 0, False
        self.taken: list[float] = []
        self.clients: list[_Client] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next_request(self) -> bytes:
        self.number += 1
        return self.make(self.number)

    def fail(self, error: Exception) -> None:
        if not self._failed.done() and not self.over:
            self._failed.set_exception(error)

    async def last(self, seconds: float) -> None:
        """Go on for so long, or raise what went wrong."""
        await asyncio.wait([self._failed], timeout=seconds)
        if self._failed.done():
            self._failed.result()


class _Client(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._got = bytearray()
        self._whole = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._run.clients.append(self)
        self._send()

    def _send(self) -> None:
        self._got.clear()
        self._whole = 0
        self._sent = time.perf_counter()
        self._transport.write(self._run.next_request())

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._whole and not self._has_head():
            return
        if len(self._got) >= self._whole:
            self._run.taken.append(time.perf_counter() - self._sent)
            self._send()

    def _has_head(self) -> bool:
        """Whether the head is there; then it is known how long the answer is."""
        end = self._got.find(END_OF_HEAD)
        if end < 0:
            return False
        head = bytes(self._got[:end])
        if not head.startswith(OK):
            self._run.fail(WrongAnswer(self._got[:600].decode(errors="replace")))
            self.close()
            return False
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self._whole = end + len(END_OF_HEAD) + int(length.partition(b":")[2])
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._run.fail(WrongAnswer(f"The server closed the connection ({error})."))

    def close(self) -> None:
        self._transport.abort()
