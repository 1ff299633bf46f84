"""Asking other servers: whom, how long, how much."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import carewright
from carewright.core.outward import NoAnswer, NotAsked, Outward, Request

OPENS = re.compile(r"urlopen|create_connection|open_connection|http\.client|urllib\.request|import (httpx|requests)\b")
OWN_PAGES = {"project/player/browser.py"}
"""The demonstration's people look at the server's own pages on this machine."""


@contextmanager
def speaking(words: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers each connection with what `words` says."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                try:
                    words(connection)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    stop.set()
    listening.close()


def asking(origin: str, **more: Any) -> bytes:
    reply = Outward(frozenset({origin})).ask(Request(url=f"{origin}/x", body=b"{}", **more))
    return str(reply.status).encode() + b" " + reply.body


def test_an_answer_comes_back_with_its_status() -> None:
    words = b"HTTP/1.1 302 Found\r\nlocation: http://x/\r\ncontent-length: 2\r\n\r\nhi"
    with speaking(lambda c: c.sendall(words)) as origin:
        assert asking(origin) == b"302 hi"


def test_an_answer_that_drips_is_cut_off_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            connection.sendall(b"x-drip: a\r\n")
            time.sleep(0.1)

    begun = time.monotonic()
    with speaking(drip) as origin, pytest.raises(NoAnswer, match="in time"):
        asking(origin, seconds=0.5)
    assert time.monotonic() - begun < 5


def test_an_endless_answer_is_not_read() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 100_000)

    with speaking(pour) as origin, pytest.raises(NoAnswer, match="too long"):
        asking(origin, most=1000)


def test_what_is_no_http_is_no_answer() -> None:
    with speaking(lambda c: c.sendall(b"what?\r\n\r\n")) as origin, pytest.raises(NoAnswer):
        asking(origin)
    with pytest.raises(NoAnswer, match="cannot be reached"):
        asking("http://127.0.0.1:1")


def test_a_name_that_stands_for_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: object, **named: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.216.34", 443)), (*kind, ("192.168.1.5", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NotAsked, match="public"):
        Outward().ask(Request(url="https://receiver.example/x"))


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) gains nothing: it is looked up once."""
    asked: list[object] = []

    def resolve(*args: object, **named: object) -> list[tuple[object, ...]]:
        asked.append(args)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert address == ("93.184.216.34", 443)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswer):
        Outward().ask(Request(url="https://receiver.example/x"))
    assert len(asked) == 1


@pytest.mark.parametrize("url", ["https://127.0.0.1:9/x", "http://127.0.0.1:10/x", "http://127.0.0.1/x"])
def test_an_origin_is_allowed_as_it_is_written(url: str) -> None:
    allowed = Outward(frozenset({"http://127.0.0.1:9"}))
    allowed.check("http://127.0.0.1:9/anything?x=1")
    with pytest.raises(NotAsked):
        allowed.check(url)


def test_the_next_address_of_a_name_is_tried_if_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    with speaking(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")) as origin:
        port = int(origin.rpartition(":")[2])
        found = [(*kind, ("127.0.0.2", port)), (*kind, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert asking(f"http://receiver.example:{port}") == b"200 hi"


def test_a_look_up_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        answered.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NoAnswer, match="in time"):
        Outward().ask(Request(url="https://receiver.example/x", seconds=0.2))
    answered.set()


def test_a_handshake_that_drips_is_cut_off_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB that never comes to its end
            time.sleep(0.1)

    begun = time.monotonic()
    with speaking(drip) as origin, pytest.raises(NoAnswer, match="in time"):
        asking(origin.replace("http://", "https://"), seconds=0.5)
    assert time.monotonic() - begun < 5


def test_nothing_else_opens_a_connection_to_another_server() -> None:
    """Whoever asks an address by another way has no guard: it goes through `Outward`, or says here why not."""
    source = Path(carewright.__file__).parent
    found = {str(path.relative_to(source)) for path in source.rglob("*.py") if OPENS.search(path.read_text())}
    assert found == {"core/outward.py", *OWN_PAGES}
