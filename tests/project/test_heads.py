"""A request's head that is too long or does not come, over a real connection."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from carewright.project import heads
from carewright.project.heads import MAX_HEAD_BYTES, BoundedHead


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await PlainTextResponse("here")(scope, receive, send)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(heads, "HEAD_SECONDS", 0.5)
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=BoundedHead, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(timeout=10)


def said(address: tuple[str, int], *parts: bytes, wait: float = 0.0) -> bytes:
    """What comes back until the server closes the connection or 5 seconds are over."""
    with socket.create_connection(address, timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(wait)
        found = b""
        while part := connection.recv(65_536):
            found += part
        return found


def test_a_head_without_end_is_431(address: tuple[str, int]) -> None:
    begun = b"GET / HTTP/1.1\r\nhost: x\r\nx-long: "
    answer = said(address, begun + b"a" * (MAX_HEAD_BYTES + 1))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"OperationOutcome" in answer


def test_a_head_that_does_not_come_closes_the_connection(address: tuple[str, int]) -> None:
    assert said(address) == b""
    assert said(address, b"GET / HTTP/1.1\r\nhost: x\r\n") == b""


def test_what_comes_in_time_is_answered_and_a_body_is_no_head(address: tuple[str, int]) -> None:
    whole = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 200000\r\n\r\n" + b"a" * 200_000
    assert said(address, whole).startswith(b"HTTP/1.1 200 ")
    kept = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert said(address, kept, kept, last, wait=0.3).count(b"HTTP/1.1 200 ") == 3
